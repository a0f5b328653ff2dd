import fc from 'fast-check'
import type { CannedReply, ReceivedRequest } from '../../support/canned.ts'
import { listOf, user } from './scim-at.ts'

export interface Person {
  id: string
  userName: string
  externalId?: string | undefined
  emails: string[]
}

const NAMES = ['ana', 'bo', 'cy', 'di', 'Eve', "o'hara"]
const anyAddress = fc.constantFrom(
  ...NAMES.flatMap((name) => [`${name}@example.com`, `${name}.x@example.org`]),
)
const ownNames = (people: readonly Omit<Person, 'id'>[]) =>
  people.flatMap(({ userName, externalId = `none of ${userName}` }) => [userName.toLowerCase(), externalId])

/** People of whom no two have the same user name or external id, as in any app that keeps to RFC 7643. */
const anyPeople = fc
  .array(
    fc.record({
      userName: fc.oneof(anyAddress, fc.constantFrom(...NAMES)),
      externalId: fc.option(fc.constantFrom('E1', 'E2', 'E3', ...NAMES), { nil: undefined }),
      emails: fc.uniqueArray(anyAddress, { maxLength: 3 }),
    }),
    { maxLength: 8 },
  )
  .filter((people) => new Set(ownNames(people)).size === 2 * people.length)

/** What somebody may be asked for by, in whatever letter case. */
export const anyName = fc
  .tuple(
    fc.oneof(anyAddress, fc.constantFrom(...NAMES, 'E1', 'E2', '1001', 'u1', 'id1@example.com')),
    fc.constantFrom('as it is', 'as it is', 'in capitals', 'in small letters'),
  )
  .map(([name, how]) =>
    how === 'in capitals' ? name.toUpperCase() : how === 'as it is' ? name : name.toLowerCase(),
  )

const filterHabit = fc.oneof(
  { weight: 6, arbitrary: fc.constant('honoured') },
  {
    weight: 5,
    arbitrary: fc.constantFrom('refused', 'unknown', 'ignored', 'nobody', 'exact case', 'first value'),
  },
)

/** How an app may serve a list of people, by what others' apps were seen to do. */
const anyHabits = fc
  .record({
    idForm: fc.constantFrom('number', 'uuid', 'address', 'short'),
    externalIds: fc.constantFrom('names', 'names', 'addresses', 'one address'),
    filters: fc.record({ userName: filterHabit, 'emails.value': filterHabit, externalId: filterHabit }),
    unknownFilters: fc.constantFrom('nobody', 'refused', 'ignored'),
    or: fc.constantFrom('honoured', 'honoured', 'refused', 'first', 'last', 'nobody'),
    rows: fc.constantFrom('whole', 'whole', 'whole', 'first email', 'no emails', 'no externalId', 'ids'),
    paging: fc.constantFrom('index', 'index', 'index', 'ignored', 'all', 'small pages'),
    /** The most rows of a small page. */
    cutAt: fc.constantFrom<number[]>(1, 2, 4, 5, 7),
    total: fc.constantFrom('right', 'right', 'right', 'absent', 'of page', 'zero'),
    byId: fc.constantFrom('answers', 'answers', 'answers', '404'),
    pageSize: fc.constantFrom(2, 3, 100),
    quoteBreaks: fc.boolean(),
  })
  // Only a record tells of a second email.
  .filter(({ rows, byId }) => rows !== 'first email' || byId === 'answers')

export type Habits = typeof anyHabits extends fc.Arbitrary<infer Value> ? Value : never

const idOf = ({ idForm }: Habits, index: number): string =>
  ({ number: `${1000 + index}`, uuid: `6f1c9a52-0d3e-4a77-9b21-5e0c8f3a1d1${index}`, short: `u${index}` })[
    idForm as string
  ] ?? `id${index}@example.com`

/** An app with people. What a list leaves out, and that external ids are addresses, is true of everybody in it. */
export const anyApp = fc.tuple(anyPeople, anyHabits).map(([some, habits]) => ({
  habits,
  people: some.map((person, index): Person => {
    const own = person.externalId ?? `${index}`
    const isAddress =
      habits.externalIds === 'addresses' ||
      (habits.externalIds === 'one address' && index === some.length - 1)
    const externalId = isAddress ? `${own}@example.com` : own
    const isBorne = habits.rows !== 'whole' || isAddress
    return {
      ...person,
      id: idOf(habits, index),
      ...(isBorne && { externalId }),
      ...(habits.rows !== 'whole' && {
        // Only who has several shows whether a filter looks at all of them.
        emails: [`first${index}@example.net`, ...person.emails, `last${index}@example.net`],
      }),
    }
  }),
}))

const recordOf = ({ id, userName, externalId, emails }: Person) =>
  user(id, userName, { externalId, ...(emails.length > 0 && { emails: emails.map((value) => ({ value })) }) })

function rowOf(person: Person, { rows }: Habits) {
  const { emails, externalId, ...rest } = recordOf(person) as Record<string, unknown>
  if (rows === 'ids') return rest
  if (rows === 'first email') return { ...rest, externalId, emails: (emails as unknown[]).slice(0, 1) }
  return { ...rest, ...(rows !== 'no emails' && { emails }), ...(rows !== 'no externalId' && { externalId }) }
}

/** Answers as an app with these habits does. */
export function answersOf(people: readonly Person[], habits: Habits) {
  const { filters, unknownFilters, or, paging, cutAt, total, byId, quoteBreaks } = habits
  const habitOf = (by: string) => filters[by as keyof typeof filters] ?? unknownFilters

  const fits = (person: Person, { by, value }: { by: string; value: string }): boolean => {
    const all =
      by === 'emails.value' ? person.emails : [by === 'userName' ? person.userName : person.externalId]
    const isExact = habitOf(by) === 'exact case' || by === 'externalId'
    return (habitOf(by) === 'first value' ? all.slice(0, 1) : all).some(
      (one) => one !== undefined && (isExact ? one === value : one.toLowerCase() === value.toLowerCase()),
    )
  }

  const page = (
    found: readonly Person[],
    { startIndex = '1', count, filter }: ReceivedRequest['query'],
  ): CannedReply => {
    const size = paging === 'small pages' ? Math.min(cutAt, Number(count)) : Number(count)
    const from = paging === 'ignored' ? 0 : Number(startIndex) - 1
    const shown = (paging === 'all' ? found : found.slice(from, from + size)).map((one) => rowOf(one, habits))
    // Nothing could tell that there are more who fit.
    const isFull = filter !== undefined && shown.length === size
    const told = { absent: undefined, 'of page': shown.length, zero: 0, right: found.length }[
      isFull ? 'right' : (total as 'right')
    ]
    const { totalResults: _, ...list } = listOf(shown)
    return { body: { ...list, ...(told !== undefined && { totalResults: told }) } }
  }

  return ({ path, query }: ReceivedRequest): CannedReply => {
    if (path.startsWith('/Users/') && byId === 'answers') {
      const one = people.find(({ id }) => path === `/Users/${encodeURIComponent(id)}`)
      if (one) return { body: recordOf(one) }
    }
    if (path !== '/Users') return { status: 404, body: {} }
    if (query.filter === undefined) return page(people, query)
    const clauses = [...query.filter.matchAll(/([\w.]+) eq ("(?:[^"\\]|\\.)*")/g)].map(
      ([, by = '', value = '']) => ({ by, value: JSON.parse(value) as string }), // a string in quotes
    )
    const isJoined = clauses.length > 1
    if (isJoined && or === 'refused') return { status: 400, body: { scimType: 'invalidFilter' } }
    const read = or === 'first' ? clauses.slice(0, 1) : or === 'last' ? clauses.slice(-1) : clauses
    const breaks = quoteBreaks && read.some(({ value }) => value.includes("'"))
    if (breaks || (isJoined && or === 'nobody')) return page([], query)
    const does = read.map(({ by }) => habitOf(by))
    if (does.includes('refused')) return { status: 400, body: { scimType: 'invalidFilter' } }
    if (does.includes('unknown')) return { status: 501, body: {} }
    if (does.includes('ignored')) return page(people, query)
    const used = read.filter(({ by }) => habitOf(by) !== 'nobody')
    return page(
      people.filter((person) => used.some((clause) => fits(person, clause))),
      query,
    )
  }
}
