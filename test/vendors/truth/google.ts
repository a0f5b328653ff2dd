import fc from 'fast-check'
import { startGoogle } from '../../../src/sandbox/google.ts'
import fixtures from '../../fixtures/google.json' with { type: 'json' }
import { type CannedReply, type ReceivedRequest, serveCanned } from '../../support/canned.ts'
import { vendorAt } from '../vendor-at.ts'
import { simulated } from './claims.ts'
import { existing, folded, indexed, type Person, peopleWith } from './people.ts'
import { anyTrouble, troubled } from './trouble.ts'

const sandbox = await startGoogle({ people: [] })
await sandbox.close()
const keyFile = sandbox.tokens.serviceAccount.value

const habits = fc.record({
  /** What the external id is, beside the kind that the settings name. */
  idType: fc.constantFrom('organization', 'organization', 'custom'),
  pages: fc.constantFrom('kept', 'kept', 'kept', 'repeated', 'short'),
  emptyPage: fc.boolean(),
  hides: fc.constantFrom('nothing', 'nothing', 'nothing', 'suspended', 'emails', 'externalIds', 'aliases'),
  byKey: fc.constantFrom('answers', 'answers', 'answers', 'forbidden', 'away', 'gateway'),
  /** What it answers for an address of a domain that it does not have. */
  otherDomain: fc.constantFrom('forbidden', 'notFound'),
  domains: fc.constantFrom('one', 'both', 'forbidden'),
  roles: fc.constantFrom('answers', 'forbidden', 'gateway'),
  pageSize: fc.constantFrom(1, 2, 3, 100),
  trouble: anyTrouble,
})
type Habits = typeof habits extends fc.Arbitrary<infer Value> ? Value : never

/** A Workspace: the user name is an address, and nobody else has it. */
const asIn = (people: readonly Person[], { idType }: Habits): Person[] => {
  const taken = new Set(people.map(({ userName }) => folded(userName)))
  return people.map(({ emails, externalId, ...person }) => {
    const own = emails.filter((email) => !taken.has(folded(email)))
    for (const email of own) taken.add(folded(email))
    return {
      ...person,
      emails: [person.userName, ...own],
      [idType === 'custom' ? 'otherId' : 'externalId']: externalId,
    }
  })
}

const isPlain = (address: string) => /^[!-~]+$/.test(address)
const lower = (text: unknown) => String(text).toLowerCase()
const GATEWAY: CannedReply = { status: 404, body: { message: 'no such host' } }

function recordOf({ id, userName, emails, externalId, otherId, active }: Person, { hides }: Habits) {
  const [first, ...more] = emails.filter((email) => email !== userName)
  // An alias has no accents (support.google.com, "Guidelines for creating usernames and group email addresses").
  const alias = first !== undefined && isPlain(first) ? first : undefined
  const others = alias === undefined && first !== undefined ? [first, ...more] : more
  const record: Record<string, unknown> = {
    kind: 'admin#directory#user',
    id,
    primaryEmail: userName,
    name: { givenName: 'Some', familyName: 'Body', fullName: 'Some Body' },
    isAdmin: false,
    isDelegatedAdmin: false,
    ...(active ? { suspended: false, archived: false } : { suspended: Number(id) % 2 === 0, archived: true }),
    ...(alias !== undefined && { aliases: [alias] }),
    emails: [{ address: userName, primary: true }, ...others.map((address) => ({ address, type: 'home' }))],
    ...(externalId !== undefined && { externalIds: [{ value: externalId, type: 'organization' }] }),
    ...(otherId !== undefined && { externalIds: [{ value: otherId, type: 'custom', customType: 'badge' }] }),
  }
  delete record[hides]
  if (hides === 'suspended') delete record.archived
  return record
}

export const google = simulated<Habits>({
  name: 'google',
  usual: {
    idType: 'organization',
    pages: 'kept',
    emptyPage: false,
    hides: 'nothing',
    byKey: 'answers',
    otherDomain: 'forbidden',
    domains: 'one',
    roles: 'answers',
    pageSize: 2,
    trouble: undefined,
  },
  cases: fc
    .tuple(
      peopleWith((index) => `11421119969500281624${index}`),
      habits,
    )
    .map(([people, own]) => ({ people: asIn(people, own), habits: own })),

  async open({ people, habits }: { people: Person[]; habits: Habits }) {
    const records = existing(people)
    const index = indexed(people)
    const keysOf = ({ id, emails: [primary = '', alias = ''] }: Person) => [
      id,
      primary,
      ...(isPlain(alias) ? [alias] : []),
    ]
    const hasOther =
      habits.domains === 'both' ||
      records.some((one) => keysOf(one).some((key) => /example\.org$/i.test(key)))

    const fits = (person: Person, [, by = '', quoted = '']: RegExpMatchArray): boolean => {
      const value = lower(quoted.replace(/^'(.*)'$/s, '$1').replace(/\\(.)/g, '$1'))
      if (by === 'email') return person.emails.some((email) => lower(email) === value)
      if (by === 'externalId') return lower(person.externalId ?? person.otherId) === value
      return { isSuspended: true, isArchived: true }[by] !== true || person.active
    }
    const list = ({ query }: ReceivedRequest): CannedReply => {
      const terms = [...(query.query ?? '').matchAll(/(\w+)=('(?:\\.|[^'\\])*'|\S+)/g)]
      const found = index.filter((person) => terms.every((term) => fits(person, term)))
      const size = habits.pages === 'short' ? 1 : Number(query.maxResults)
      const start = query.pageToken === undefined ? (habits.emptyPage ? -size : 0) : Number(query.pageToken)
      const users = start < 0 ? [] : found.slice(start, start + size)
      const next = habits.pages === 'repeated' ? start : start + size
      return {
        body: {
          kind: 'admin#directory#users',
          ...(users.length > 0 && { users: users.map((one) => recordOf(one, habits)) }),
          ...(start + size < found.length && { nextPageToken: String(next) }),
        },
      }
    }
    const one = (key: string): CannedReply => {
      const isAway = habits.byKey === 'away' && !lower(key).endsWith('@example.com')
      if (habits.byKey === 'forbidden' || isAway) return fixtures.refusals.forbidden
      if (habits.byKey === 'gateway') return GATEWAY
      const found = records.find((person) => keysOf(person).some((own) => lower(own) === lower(key)))
      if (found) return { body: recordOf(found, habits) }
      const isOther = !hasOther && lower(key).endsWith('@example.org')
      return isOther ? fixtures.refusals[habits.otherDomain] : fixtures.refusals.notFound
    }
    const answer = (asked: ReceivedRequest): CannedReply => {
      if (asked.path === '/token') return fixtures.token
      const [, rest = ''] = /^\/admin\/directory\/v1\/(.*)$/.exec(asked.path) ?? []
      if (rest === 'users') return list(asked)
      if (rest.startsWith('users/')) return one(decodeURIComponent(rest.slice('users/'.length)))
      if (rest.endsWith('/domains')) {
        const more = hasOther ? [{ domainName: 'example.org', verified: true }] : []
        if (habits.domains === 'forbidden') return fixtures.refusals.forbidden
        return {
          body: { kind: 'admin#directory#domains', domains: [{ domainName: 'example.com' }, ...more] },
        }
      }
      if (rest === 'groups') return { body: { kind: 'admin#directory#groups' } }
      if (habits.roles === 'answers') return { body: { kind: 'admin#directory#roleAssignments' } }
      return habits.roles === 'gateway' ? GATEWAY : fixtures.refusals.forbidden
    }
    const isNoToken = ({ path }: ReceivedRequest) => path !== '/token'
    const app = await serveCanned(troubled(answer, habits.trouble, isNoToken))
    const operations = vendorAt('google', app.url, {
      domain: 'example.com',
      admin: 'admin@example.com',
      tokens: { serviceAccount: keyFile },
      tokenUrl: `${app.url}/token`,
      pageSize: habits.pageSize,
    })
    return {
      operations,
      people: records,
      isBehind: (person, name) =>
        person.index !== 'as it is' && !keysOf(person).some((one) => folded(one) === folded(name)),
      listsFromIndex: true,
      [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
    }
  },
})
