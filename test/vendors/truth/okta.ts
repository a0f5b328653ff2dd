import fc from 'fast-check'
import { type CannedReply, type ReceivedRequest, serveCanned } from '../../support/canned.ts'
import { vendorAt } from '../vendor-at.ts'
import { simulated } from './claims.ts'
import { existing, folded, indexed, type Person, peopleWith } from './people.ts'
import { anyTrouble, troubled } from './trouble.ts'

const STATES = {
  true: ['ACTIVE', 'PROVISIONED', 'LOCKED_OUT'],
  false: ['STAGED', 'SUSPENDED', 'DEPROVISIONED'],
}

const habits = fc.record({
  hasExternalId: fc.boolean(),
  /** More terms in one search are refused. */
  maxTerms: fc.constantFrom(100, 100, 100, 3, 7),
  link: fc.constantFrom('kept', 'kept', 'kept', 'lost', 'repeated'),
  /** A page without anybody comes first. */
  emptyPage: fc.boolean(),
  hides: fc.constantFrom('nothing', 'nothing', 'nothing', 'email', 'externalId', 'secondEmail', 'names'),
  byLogin: fc.constantFrom('answers', 'answers', 'answers', 'forbidden', 'gateway'),
  roles: fc.constantFrom('answers', 'forbidden', 'not found'),
  pageSize: fc.constantFrom(1, 2, 3, 100),
  trouble: anyTrouble,
})
type Habits = typeof habits extends fc.Arbitrary<infer Value> ? Value : never

/** An organisation: one email and a second one for everybody. */
const asIn = (people: readonly Person[], { hasExternalId }: Habits): Person[] =>
  people.map((person, index) => ({
    ...person,
    emails: person.emails.length > 0 ? person.emails.slice(0, 2) : [`mail${index}@example.net`],
    externalId: hasExternalId ? person.externalId : undefined,
  }))

const refused = (status: number, errorCode: string): CannedReply => ({
  status,
  body: { errorCode, errorSummary: 'no', errorCauses: [] },
})

const lower = (text: unknown) => String(text).toLowerCase()
const exact = (text: unknown) => String(text)

function recordOf({ id, userName, emails, externalId, active }: Person, { hides }: Habits) {
  const states = STATES[`${active}`]
  const profile: Record<string, unknown> = {
    login: userName,
    email: emails[0],
    secondEmail: emails[1] ?? null,
    firstName: 'Some',
    lastName: 'Body',
    ...(externalId !== undefined && { externalId }),
  }
  for (const name of hides === 'names' ? ['firstName', 'lastName'] : [hides]) delete profile[name]
  return {
    id,
    status: states[id.length % states.length],
    profile,
    credentials: { provider: { type: 'OKTA' } },
  }
}

export const okta = simulated<Habits>({
  name: 'okta',
  usual: {
    hasExternalId: true,
    maxTerms: 100,
    link: 'kept',
    emptyPage: false,
    hides: 'nothing',
    byLogin: 'answers',
    roles: 'answers',
    pageSize: 2,
    trouble: undefined,
  },
  cases: fc
    .tuple(
      peopleWith((index) => `00u${'x'.repeat(index)}${index}`),
      habits,
    )
    .map(([people, own]) => ({ people: asIn(people, own), habits: own })),

  async open({ people, habits }: { people: Person[]; habits: Habits }) {
    const records = existing(people)
    const index = indexed(people)
    const whole = { ...habits, hides: 'nothing' as const }

    const test = (expression: string, fold: (text: unknown) => string) => {
      const parts = expression.split(/ and (?=\()/).map((part) =>
        [...part.matchAll(/([\w.]+) eq ("(?:[^"\\]|\\.)*")/g)].map(([, by = '', value = '']) => ({
          by: by.replace('profile.', ''),
          value: fold(JSON.parse(value)),
        })),
      )
      const isKnown = parts.flat().every(({ by }) => habits.hasExternalId || by !== 'externalId')
      if (!isKnown || parts.flat().length > habits.maxTerms) return undefined
      return (person: Person) => {
        const { profile, ...record } = recordOf(person, whole)
        const values: Record<string, unknown> = { ...record, ...profile }
        return parts.every((part) =>
          part.some(({ by, value }) => values[by] != null && fold(values[by]) === value),
        )
      }
    }

    const list = ({ path, query }: ReceivedRequest, host: string): CannedReply => {
      const fits = query.search !== undefined ? test(query.search, lower) : test(query.filter ?? '', exact)
      if (!fits) return refused(400, 'E0000031')
      const found = (query.search === undefined ? records : index).filter(fits)
      const size = Number(query.limit)
      const start =
        query.after === undefined
          ? habits.emptyPage && habits.link !== 'lost'
            ? -size
            : 0
          : Number(query.after)
      const rows = start < 0 ? [] : found.slice(start, start + size)
      const after = habits.link === 'repeated' ? start : start + size
      const address = (more: object) => `<${host}${path}?${new URLSearchParams({ ...query, ...more })}>`
      const next = start + size < found.length ? `, ${address({ after: String(after) })}; rel="next"` : ''
      const link = `${address({})}; rel="self"${next}`
      return {
        headers: habits.link === 'lost' ? {} : { link },
        body: rows.map((row) => recordOf(row, habits)),
      }
    }

    const one = (name: string): CannedReply => {
      if (habits.byLogin === 'forbidden') return refused(403, 'E0000006')
      if (habits.byLogin === 'gateway') return { status: 404, body: { message: 'no such host' } }
      const short = records.filter(({ userName }) => lower(userName.split('@')[0]) === lower(name))
      const found =
        records.find(({ id, userName }) => id === name || lower(userName) === lower(name)) ??
        (short.length === 1 ? short[0] : undefined)
      return found ? { body: recordOf(found, habits) } : refused(404, 'E0000007')
    }

    const answer = (asked: ReceivedRequest): CannedReply => {
      const [, name = '', more] = /^\/api\/v1\/users\/([^/]+)(?:\/(\w+))?$/.exec(asked.path) ?? []
      if (asked.path === '/api/v1/users') return list(asked, `http://${asked.headers.host}`)
      if (more === 'groups') return { headers: {}, body: [] }
      if (more === 'roles') {
        if (habits.roles === 'answers') return { body: [] }
        return habits.roles === 'forbidden' ? refused(403, 'E0000006') : refused(404, 'E0000007')
      }
      return name === '' ? refused(404, 'E0000007') : one(decodeURIComponent(name))
    }
    const app = await serveCanned(troubled(answer, habits.trouble))
    const operations = vendorAt('okta', app.url, { tokens: { api: 'api-token' }, pageSize: habits.pageSize })
    return {
      operations,
      people: records,
      // Only the index knows of what is neither the login nor the id, and an empty list is how it says that there is nobody.
      isBehind: ({ index, id, userName }, name) =>
        (index !== 'as it is' || habits.trouble?.kind === 'an empty list') &&
        ![id, userName].some((one) => folded(one) === folded(name)),
      listsFromIndex: true,
      [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
    }
  },
})
