import fc from 'fast-check'
import { type CannedReply, type ReceivedRequest, serveCanned } from './canned.ts'

export type OddUser = Record<string, unknown> & { id: string; active: boolean }

/** How an app over SCIM may take a change, by what others' apps were seen to do. */
export const anyWriteHabits = fc.record({
  path: fc.constantFrom('taken', 'taken', 'refused', 'nothing'),
  pathless: fc.constantFrom('taken', 'taken', 'refused', 'nothing'),
  put: fc.constantFrom('taken', 'taken', 'refused', 'nothing', 'drops what is left out'),
  refusal: fc.constantFrom(400, 403, 405, 409, 500, 501),
  /** What a change does besides. */
  besides: fc.constantFrom('nothing', 'nothing', 'nothing', 'title', 'name', 'externalId'),
  reply: fc.constantFrom('nothing', 'as it is', 'as it was', 'lost', 'an error'),
  /** When a change shows. */
  shows: fc.constantFrom('at once', 'at once', 'later', 'never'),
  wasActive: fc.constantFrom(true, true, true, false),
})
export type WriteHabits = typeof anyWriteHabits extends fc.Arbitrary<infer Value> ? Value : never

const LATER_MS = 200

const person = (id: string, name: string, active = true): OddUser => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  id,
  userName: `${name}@x.example`,
  externalId: `E-${name}`,
  active,
  title: 'Analyst',
  name: { givenName: name, familyName: 'Lovelace' },
  emails: [{ value: `${name}@x.example`, primary: true }],
})

const BESIDES: Readonly<Record<string, (user: OddUser) => void>> = {
  title: (user) => delete user.title,
  name: (user) => Object.assign(user, { name: { givenName: 'ada' } }),
  externalId: (user) => Object.assign(user, { externalId: 'other' }),
}

/** A SCIM app with these habits, in which `ada@x.example` has an account. */
export async function startOddApp(habits: WriteHabits) {
  const ada = person('u1', 'ada', habits.wasActive)
  const others = [person('u2', 'bo'), person('u3', 'cy')]
  const before = structuredClone(ada)
  let shown = before
  const show = () => {
    shown = structuredClone(ada)
  }

  const write = (set: object, does: string): CannedReply => {
    if (does === 'refused') return { status: habits.refusal, body: { detail: 'no' } }
    const was = structuredClone(ada)
    if (does !== 'nothing') {
      Object.assign(ada, set)
      BESIDES[habits.besides]?.(ada)
      if (habits.shows === 'at once') show()
      if (habits.shows === 'later') setTimeout(show, LATER_MS)
    }
    if (habits.reply === 'lost') return { drop: true }
    if (habits.reply === 'an error') return { status: 500, body: { detail: 'oops' } }
    return habits.reply === 'nothing' ? { status: 204 } : { body: habits.reply === 'as it is' ? ada : was }
  }

  const list = (filter = ''): CannedReply => {
    const clauses = [...filter.matchAll(/([\w.]+) eq "(.*?)"/g)]
    const bears = (user: OddUser, by: string, value: string) =>
      by === 'emails.value' ? user.userName === value : user[by] === value
    const found = [shown, ...others].filter(
      (user) => filter === '' || clauses.some(([, by = '', value = '']) => bears(user, by, value)),
    )
    return { body: { totalResults: found.length, Resources: found } }
  }

  const answer = ({ method, path, query, body }: ReceivedRequest): CannedReply => {
    if (path === '/Users') return list(query.filter)
    const user = [shown, ...others].find(({ id }) => path === `/Users/${id}`)
    if (!user) return { status: 404, body: {} }
    if (method === 'GET') return { body: user }
    if (method === 'PUT') {
      if (habits.put.startsWith('drops')) for (const key of Object.keys(ada)) delete ada[key]
      return write(body as object, habits.put) // a whole user
    }
    if (method !== 'PATCH') return { status: 405 }
    const [{ path: at, value }] = (body as { Operations: [{ path?: string; value: object }] }).Operations // RFC 7644 §3.5.2
    return at === undefined ? write(value, habits.pathless) : write({ [at]: value }, habits.path)
  }

  const app = await serveCanned(answer)
  const settings = {
    vendor: 'scim',
    url: app.url,
    tokens: { scim: 'env:T' },
    deactivateMeans: 'reversible',
    verifyWindowMs: 1_000,
  }
  return { ...app, settings, ada, before }
}
