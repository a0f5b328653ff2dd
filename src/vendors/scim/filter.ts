import { InvalidInput } from '../../errors.ts'
import type { AppBehaviour, FilterField } from './behaviour.ts'
import type { FilterAttribute, LearnedCapabilities } from './capabilities.ts'

/** A filter built by this module, never text from outside. */
export interface Filter {
  readonly text: string
}

/** The settings' name of an attribute that apps filter by. */
const FIELD_OF: Partial<Record<FilterAttribute, FilterField>> = {
  userName: 'userName',
  'emails.value': 'email',
  externalId: 'externalId',
  active: 'status',
}

/** How the settings say that the app spells an attribute of users in a filter; `false` if it does not filter by it. */
export const spelling = (
  { filters }: Pick<AppBehaviour, 'filters'>,
  attribute: FilterAttribute,
): string | false => {
  const field = FIELD_OF[attribute]
  return (field && filters?.[field]) ?? attribute
}

/** The same for the name of a group. */
export const groupNameIn = ({ filters }: Pick<AppBehaviour, 'filters'>): string | false =>
  filters?.groupName ?? 'displayName'

/**
 * Characters of a value that common apps read wrongly: a quotation mark and a backslash are not unescaped, a percent sign
 * is decoded twice, an apostrophe ends the value.
 */
const MARKS = /["\\%']/g

export const marksIn = (value: string): string[] => value.match(MARKS) ?? []

/** Whether an empty answer to a filter by this value can be believed. */
export const readsRightly = ({ marks = '' }: LearnedCapabilities = {}, value: string): boolean =>
  marksIn(value).every((mark) => marks.includes(mark))

/** `attribute eq value` (RFC 7644 §3.4.2.2). Throws `InvalidInput` for a value that a filter cannot contain. */
export function eq(attribute: string, value: string | boolean): Filter {
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

/** Combines filters with `or`. Not every app supports it; `evidence.ts` finds out. */
export const anyOf = (filters: readonly Filter[]): Filter => ({
  text: filters.map(({ text }) => text).join(' or '),
})

/** Combines filters with `and`. Some apps support only `eq` and `and`. */
export const and = (first: Filter, ...others: Filter[]): Filter => ({
  text: [first, ...others].map((filter) => filter.text).join(' and '),
})
