import fc from 'fast-check'
import fixtures from '../../fixtures/entra.json' with { type: 'json' }
import { type CannedReply, type ReceivedRequest, serveCanned } from '../../support/canned.ts'
import { vendorAt } from '../vendor-at.ts'
import { simulated } from './claims.ts'
import { existing, folded, indexed, type Person, peopleWith } from './people.ts'
import { anyTrouble, troubled } from './trouble.ts'

const habits = fc.record({
  pages: fc.constantFrom('kept', 'kept', 'kept', 'repeated', 'short', 'elsewhere'),
  emptyPage: fc.boolean(),
  hides: fc.constantFrom(
    'nothing',
    'nothing',
    'nothing',
    'accountEnabled',
    'proxyAddresses',
    'otherMails',
    'employeeId',
  ),
  /** What it tells of the groups, the roles and the last sign-in of somebody. */
  more: fc.constantFrom('answers', 'forbidden', 'not found', 'gateway'),
  byName: fc.constantFrom('answers', 'answers', 'answers', 'forbidden', 'gateway'),
  /** More terms in one filter are refused. */
  maxTerms: fc.constantFrom(100, 100, 15, 3),
  pageSize: fc.constantFrom(1, 2, 3, 100),
  trouble: anyTrouble,
})
type Habits = typeof habits extends fc.Arbitrary<infer Value> ? Value : never

const lower = (text: unknown) => String(text).toLowerCase()
const GATEWAY: CannedReply = { status: 404, body: { message: 'no such host' } }

/** The first address is the mailbox, the second an alias, the third another mail; the external id may be the anchor. */
function recordOf({ id, userName, emails: [mail, alias, other], ...person }: Person, { hides }: Habits) {
  const record: Record<string, unknown> = {
    id,
    userPrincipalName: userName,
    accountEnabled: person.active,
    mail: mail ?? null,
    proxyAddresses: [
      ...(mail === undefined ? [] : [`SMTP:${mail}`]),
      ...(alias === undefined ? [] : [`smtp:${alias}`]),
    ],
    otherMails: other === undefined ? [] : [other],
    employeeId: person.externalId ?? null,
    onPremisesImmutableId: person.otherId ?? null,
    userType: Number(id.at(-1)) % 2 === 0 ? 'Guest' : 'Member',
  }
  delete record[hides]
  return record
}

type Clause = { by: string; value: string }

const clausesIn = (part: string): Clause[] =>
  [...part.matchAll(/(\w+)(?:\/any\(x:x)? eq ('(?:''|[^'])*'|true|false)/g)].map(
    ([, by = '', value = '']) => ({
      by,
      value: lower(value.replace(/^'(.*)'$/s, '$1').replaceAll("''", "'")),
    }),
  )

/** Serves the people with these habits. */
export const entra = simulated<Habits>({
  name: 'entra',
  usual: {
    pages: 'kept',
    emptyPage: false,
    hides: 'nothing',
    more: 'answers',
    byName: 'answers',
    maxTerms: 100,
    pageSize: 2,
    trouble: undefined,
  },
  cases: fc
    .tuple(
      peopleWith((index) => `aaaaaaaa-1111-4222-8333-bbbbbbbbbbb${index}`),
      habits,
    )
    .map(([people, own]) => ({ people, habits: own })),

  async open({ people, habits }: { people: Person[]; habits: Habits }) {
    const records = existing(people)
    const index = indexed(people)
    const whole = { ...habits, hides: 'nothing' as const }

    const fits = (person: Person, { by, value }: Clause): boolean => {
      const held = recordOf(person, whole)[by]
      return (Array.isArray(held) ? held : [held]).some((one) => one !== null && lower(one) === value)
    }
    const list = ({ path, query }: ReceivedRequest, host: string): CannedReply => {
      const parts = (query.$filter ?? '').split(' and ').map(clausesIn)
      if (parts.flat().length > habits.maxTerms) return fixtures.unsupportedQuery
      const found = index.filter((person) =>
        parts.every((part) => part.length === 0 || part.some((clause) => fits(person, clause))),
      )
      const size = habits.pages === 'short' ? 1 : Number(query.$top)
      const start = query.$skiptoken === undefined ? (habits.emptyPage ? -size : 0) : Number(query.$skiptoken)
      const value = start < 0 ? [] : found.slice(start, start + size)
      const next = habits.pages === 'repeated' ? start : start + size
      const at = `${habits.pages === 'elsewhere' ? 'http://graph.example' : host}${path}`
      const link = `${at}?${new URLSearchParams({ ...query, $skiptoken: String(next) })}`
      return {
        body: {
          value: value.map((one) => recordOf(one, habits)),
          ...(start + size < found.length && { '@odata.nextLink': link }),
        },
      }
    }
    const one = (name: string): CannedReply => {
      if (habits.byName === 'forbidden') return fixtures.forbidden
      if (habits.byName === 'gateway') return GATEWAY
      const found = records.find(({ id, userName }) =>
        [id, userName].some((own) => lower(own) === lower(name)),
      )
      return found ? { body: recordOf(found, habits) } : fixtures.notFound
    }
    const more = (): CannedReply => {
      if (habits.more === 'answers') return { body: { value: [] } }
      if (habits.more === 'gateway') return GATEWAY
      return habits.more === 'forbidden' ? fixtures.forbidden : fixtures.notFound
    }
    const answer = (asked: ReceivedRequest): CannedReply => {
      if (isToken(asked)) return fixtures.token
      const [, rest = ''] = /^\/v1\.0\/(.*)$/.exec(asked.path) ?? []
      if (rest === 'users') return list(asked, `http://${asked.headers.host}`)
      if (!rest.startsWith('users/') || rest.includes('/memberOf')) return more()
      return one(decodeURIComponent(rest.slice('users/'.length)))
    }
    const app = await serveCanned(troubled(answer, habits.trouble, (asked) => !isToken(asked)))
    const operations = vendorAt('entra', app.url, {
      directory: 'acme.onmicrosoft.com',
      clientId: 'client-id',
      tokens: { clientSecret: 'client-secret-0' },
      loginUrl: app.url,
      pageSize: habits.pageSize,
    })
    return {
      operations,
      people: records,
      isBehind: ({ index, id, userName }, name) =>
        index !== 'as it is' &&
        // A quote has no form in the path of a user.
        (name.includes("'") || ![id, userName].some((own) => folded(own) === folded(name))),
      listsFromIndex: true,
      [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
    }
  },
})

const isToken = ({ path }: ReceivedRequest) => path.endsWith('/oauth2/v2.0/token')
