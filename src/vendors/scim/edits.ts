import { isRecord, keyOf, type Rec } from '../http/values.ts'

/** One attribute and the value that it should get. */
export interface Edit {
  /** Names that lead to it; the first is the URN of its schema where it belongs to an extension. */
  at: readonly [string, ...string[]]
  value: unknown
}

/** The attribute as a path of a PATCH (RFC 7644 §3.10). */
export const pathTo = ({ at: [first, ...rest] }: Edit): string =>
  rest.length === 0 ? first : `${first}${first.startsWith('urn:') ? ':' : '.'}${rest.join('.')}`

/** `record` with the edits made, and all else as it is. */
export const edited = (record: Rec, edits: readonly Edit[]): Rec =>
  edits.reduce((made, { at, value }) => put(made, at, value), record)

function put(record: Rec, [name, next, ...rest]: Edit['at'], value: unknown): Rec {
  const key = keyOf(record, name) ?? name
  if (next === undefined) return { ...record, [key]: value }
  const inner = record[key]
  return { ...record, [key]: put(isRecord(inner) ? inner : {}, [next, ...rest], value) }
}
