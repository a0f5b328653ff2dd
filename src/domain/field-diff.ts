import { sameText } from '../text/text.ts'
import type { AccountFields } from './operations.ts'

export type FieldValue = string | boolean | string[]

/** Fields one by one, a custom attribute as `custom.name`. */
export const flat = ({ custom = {}, ...plain }: AccountFields): Readonly<Record<string, FieldValue>> =>
  Object.fromEntries([
    ...Object.entries(plain).filter(([, value]) => value !== undefined),
    ...Object.entries(custom).map(([name, value]) => [`custom.${name}`, value] as const),
  ])

/** A field that changed without being asked to; null stands for a value that the app did not show. */
export interface AlsoChanged {
  field: string
  before: FieldValue | null
  after: FieldValue | null
}

type Values = Readonly<Record<string, FieldValue | undefined>>

/** What differs between two readings of the same record, apart from the fields that were `expected` to. */
export const alsoChanged = (
  before: Values,
  after: Values,
  expected: (field: string, after: FieldValue | undefined) => boolean,
): AlsoChanged[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((field) => {
    const [was, is] = [before[field], after[field]]
    if (sameValue(field, was, is) || expected(field, is)) return []
    return [{ field, before: was ?? null, after: is ?? null }]
  })

/** The inverse of `flat`. */
export const unflat = (values: readonly (readonly [string, FieldValue])[]): AccountFields => {
  const custom = values.flatMap(([name, value]) =>
    name.startsWith('custom.') ? [[name.slice('custom.'.length), value] as const] : [],
  )
  const plain = values.filter(([name]) => !name.startsWith('custom.'))
  return { ...Object.fromEntries(plain), ...(custom.length > 0 && { custom: Object.fromEntries(custom) }) }
}

/** Whether two values of a field are the same; user names and emails ignore case. */
export const sameValue = (name: string, a: FieldValue | undefined, b: FieldValue | undefined): boolean =>
  (name === 'email' || name === 'userName') && typeof a === 'string' && typeof b === 'string'
    ? sameText(a, b)
    : JSON.stringify(a) === JSON.stringify(b)

/** Flat names of the fields of `wanted` whose values differ from those `shown`. */
export function differingFields(wanted: AccountFields, shown: AccountFields): string[] {
  const current = flat(shown)
  return Object.entries(flat(wanted)).flatMap(([name, value]) =>
    sameValue(name, value, current[name]) ? [] : [name],
  )
}
