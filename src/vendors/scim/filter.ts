import { InvalidInput } from '../../errors.ts'

/** A filter that was put together here, never text that came from elsewhere. */
export interface Filter {
  readonly text: string
}

export type FilterAttribute = 'userName' | 'emails.value' | 'externalId' | 'displayName' | 'active'

/** `attribute eq value` (RFC 7644 §3.4.2.2); throws `InvalidInput` for a value that no filter can hold. */
export function eq(attribute: FilterAttribute, value: string | boolean): Filter {
  if (typeof value === 'boolean') return { text: `${attribute} eq ${value}` }
  if (/[\p{Cc}\p{Cs}]/u.test(value)) {
    throw new InvalidInput(
      'A value to search for must not hold control characters or broken letters.',
      'Type it anew, without pasting.',
    )
  }
  return { text: `${attribute} eq ${quoted(value)}` }
}

/** A value as a filter holds it. */
export const quoted = (value: string): string => `"${value.replace(/["\\]/g, '\\$&')}"`

/** All of the filters at once. Only `eq` and `and` are made here, since some apps know no more. */
export const and = (first: Filter, ...others: Filter[]): Filter => ({
  text: [first, ...others].map((filter) => filter.text).join(' and '),
})
