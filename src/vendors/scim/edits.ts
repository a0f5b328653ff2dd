import { isRecord, keyOf, type Rec } from '../http/values.ts'

/** One attribute and its new value. */
export interface Edit {
  /** The attribute's path; it starts with the schema URN for an extension. */
  at: readonly [string, ...string[]]
  value: unknown
}

/** The attribute as a PATCH path (RFC 7644 §3.10). */
export const pathTo = ({ at: [first, ...rest] }: Edit): string =>
  rest.length === 0 ? first : `${first}${first.startsWith('urn:') ? ':' : '.'}${rest.join('.')}`

/** The objects of `record` of which the edits change a part. */
export const partsOf = (record: Rec, edits: readonly Edit[]): Rec =>
  Object.fromEntries(
    edits.flatMap(({ at: [name, ...inner] }) => {
      const key = keyOf(record, name)
      return inner.length > 0 && key !== undefined && isRecord(record[key]) ? [[key, record[key]]] : []
    }),
  )

/** A copy of `record` with the edits applied. */
export const edited = (record: Rec, edits: readonly Edit[]): Rec =>
  edits.reduce((made, { at, value }) => put(made, at, value), record)

function put(record: Rec, [name, next, ...rest]: Edit['at'], value: unknown): Rec {
  const key = keyOf(record, name) ?? name
  if (next === undefined) return { ...record, [key]: value }
  const inner = record[key]
  return { ...record, [key]: put(isRecord(inner) ? inner : {}, [next, ...rest], value) }
}
