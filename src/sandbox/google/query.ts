import { invalid } from './errors.ts'

type Row = Record<string, unknown>

/** `field=value`, `field:value` or `field:prefix*`; a value with blanks stands in single quotes. */
const CLAUSE = /\s*(\w+)(=|:)(?:'((?:[^'\\]|\\.)*)'|([^\s']+))/y

/** What the search of users knows of each (developers.google.com, "Search for users"). */
const USER_FIELDS: Readonly<Record<string, (row: Row) => unknown[]>> = {
  email: (row) => list(row.emails).map(({ address }) => address),
  name: ({ name }) => [of(name, 'fullName')],
  givenName: ({ name }) => [of(name, 'givenName')],
  familyName: ({ name }) => [of(name, 'familyName')],
  isAdmin: ({ isAdmin }) => [String(isAdmin)],
  isDelegatedAdmin: ({ isDelegatedAdmin }) => [String(isDelegatedAdmin)],
  isSuspended: ({ suspended }) => [String(suspended)],
  isArchived: ({ archived }) => [String(archived)],
  externalId: (row) => list(row.externalIds).map(({ value }) => value),
  orgTitle: (row) => list(row.organizations).map(({ title }) => title),
  orgDepartment: (row) => list(row.organizations).map(({ department }) => department),
}
const GROUP_FIELDS: typeof USER_FIELDS = { name: ({ name }) => [name], email: ({ email }) => [email] }

const list = (value: unknown): Row[] => (Array.isArray(value) ? value : [])
const of = (value: unknown, name: string): unknown => (value as Row | undefined)?.[name]

/** Whether a row fits all clauses of a query. Throws for one that Google does not understand. */
export function matcherFor(query: string | null, kind: 'users' | 'groups'): (row: Row) => boolean {
  const fields = kind === 'users' ? USER_FIELDS : GROUP_FIELDS
  const tests: ((row: Row) => boolean)[] = []
  const text = query?.trim() ?? ''
  CLAUSE.lastIndex = 0
  while (CLAUSE.lastIndex < text.length) {
    const [, name = '', operator, inQuotes, bare = ''] = CLAUSE.exec(text) ?? []
    const values = fields[name]
    if (!values) throw invalid(kind === 'users' ? 'query' : 'Bad request for query')
    const wanted = (inQuotes?.replace(/\\(.)/g, '$1') ?? bare).toLowerCase()
    tests.push((row) =>
      values(row).some((value) => {
        const has = String(value ?? '').toLowerCase()
        if (operator === '=') return has === wanted
        return wanted.endsWith('*') ? has.startsWith(wanted.slice(0, -1)) : has.includes(wanted)
      }),
    )
  }
  return (row) => tests.every((test) => test(row))
}
