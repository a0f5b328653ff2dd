import { InvalidInput } from '../../errors.ts'
import type { FilterAttribute } from './capabilities.ts'

/** A filter built by this module, never text from outside. */
export interface Filter {
  readonly text: string
}

/** `attribute eq value` (RFC 7644 §3.4.2.2). Throws `InvalidInput` for a value that a filter cannot contain. */
export function eq(attribute: FilterAttribute, value: string | boolean): Filter {
  if (typeof value === 'boolean') return { text: `${attribute} eq ${value}` }
  if (/[\p{Cc}\p{Cs}]/u.test(value)) {
    throw new InvalidInput(
      'A search value must not contain control characters or broken letters.',
      'Type it again, without pasting.',
    )
  }
  return { text: `${attribute} eq ${quoted(value)}` }
}

/** A quoted and escaped filter value. */
export const quoted = (value: string): string => `"${value.replace(/["\\]/g, '\\$&')}"`

/** Combines filters with `and`. Some apps support only `eq` and `and`. */
export const and = (first: Filter, ...others: Filter[]): Filter => ({
  text: [first, ...others].map((filter) => filter.text).join(' and '),
})
