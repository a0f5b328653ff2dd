// @module-tag long

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CannedReply, type ReceivedRequest, serveCanned } from '../support/canned.ts'
import { openWorld } from '../support/world.ts'

/** How an app may take a new user. */
const anyHabits = fc.record({
  isThere: fc.constantFrom('nobody', 'nobody', 'nobody', 'her', 'her, hidden from lists'),
  creates: fc.constantFrom(
    'as asked',
    'as asked',
    'refused',
    'nothing',
    'without a name',
    'one name alone',
    'inactive',
    'other address',
  ),
  refusal: fc.constantFrom(400, 403, 409, 500, 501),
  reply: fc.constantFrom('the user', 'the user', 'what was sent', 'no id', 'nothing', 'lost', 'an error'),
  shows: fc.constantFrom('at once', 'at once', 'later', 'never'),
})
type Habits = typeof anyHabits extends fc.Arbitrary<infer Value> ? Value : never

interface User extends Record<string, unknown> {
  id: string
  userName: string
  active: boolean
  name?: { givenName?: string; familyName?: string }
  emails?: { value: string }[]
}

const SCHEMAS = ['urn:ietf:params:scim:schemas:core:2.0:User']
const ADA = 'ada@x.example'
const LATER_MS = 200
const person = (id: string, userName: string): User => ({
  ...{ schemas: SCHEMAS, id, userName, active: true },
  name: { givenName: 'Ada', familyName: 'Lovelace' },
  emails: [{ value: userName }],
})

const KEPT: Readonly<Record<string, (user: User) => User>> = {
  'without a name': ({ name: _, displayName: __, ...user }) => user,
  'one name alone': ({ name: _, ...user }) => user,
  inactive: (user) => ({ ...user, active: false }),
  'other address': (user) => ({ ...user, emails: [{ value: 'eve@x.example' }] }),
}

/** A SCIM app with these habits, and the users that it really has. */
async function startApp(habits: Habits) {
  const others = [person('u2', 'bo@x.example'), person('u3', 'cy@x.example')]
  const isThere = habits.isThere !== 'nobody'
  const users = isThere ? [person('u1', ADA), ...others] : [...others]
  let shown = structuredClone(habits.isThere === 'her, hidden from lists' ? others : users)
  const show = () => {
    shown = structuredClone(users)
  }
  let posts = 0

  function create(sent: Omit<User, 'id'>): CannedReply {
    posts += 1
    if (habits.creates === 'refused') return { status: habits.refusal, body: { detail: 'no' } }
    if (isThere) return { status: 409, body: { scimType: 'uniqueness', detail: 'it is there' } }
    const asked = { ...sent, id: 'u9' } as User
    const made = KEPT[habits.creates]?.(asked) ?? asked
    if (habits.creates !== 'nothing') {
      users.push(made)
      if (habits.shows === 'at once') show()
      if (habits.shows === 'later') setTimeout(show, LATER_MS)
    }
    const { id: _, ...unnamed } = made
    const replies: Readonly<Record<Habits['reply'], CannedReply>> = {
      'the user': { status: 201, body: made },
      'what was sent': { status: 201, body: asked },
      'no id': { status: 201, body: unnamed },
      nothing: { status: 204 },
      lost: { drop: true },
      'an error': { status: 500, body: { detail: 'oops' } },
    }
    return replies[habits.reply]
  }

  const app = await serveCanned(({ method, path, query, body }: ReceivedRequest): CannedReply => {
    if (method === 'POST') return create(body as Omit<User, 'id'>)
    if (path !== '/Users') {
      const user = shown.find(({ id }) => path === `/Users/${id}`)
      return user ? { body: user } : { status: 404, body: {} }
    }
    const clauses = [...(query.filter ?? '').matchAll(/([\w.]+) eq "(.*?)"/g)]
    const values = (user: User, by: string) =>
      by === 'emails.value' ? user.emails?.map(({ value }) => value) : [user[by]]
    const found = shown.filter(
      (user) =>
        clauses.length === 0 ||
        clauses.some(([, by = '', value = '']) =>
          values(user, by)?.some((one) => String(one).toLowerCase() === value.toLowerCase()),
        ),
    )
    return { body: { totalResults: found.length, Resources: found } }
  })
  const settings = {
    ...{ vendor: 'scim', url: app.url, tokens: { scim: 'env:T' }, verifyWindowMs: 1_000 },
    budget: { perMinute: 6_000 },
  }
  return { ...app, settings, users, isThere, posts: () => posts }
}

interface Answer {
  outcome?: string
  verified?: boolean
  account?: { status?: string }
  note?: string
  error?: { code: string }
}

/** What is untrue of what was said of a new user, if anything. */
function untrue(
  { outcome, verified, account, note, error }: Answer,
  { users, isThere, posts }: Awaited<ReturnType<typeof startApp>>,
): string | undefined {
  const made = users.find(({ id }) => id === 'u9')
  const isAsAsked =
    // An app may make an account that waits for its owner; the answer shows it.
    (made?.active ? 'active' : 'inactive') === account?.status &&
    made?.userName === ADA &&
    (made.name?.familyName ?? made.displayName) === (made.name ? 'Lovelace' : 'Ada Lovelace') &&
    made.emails?.[0]?.value === ADA
  if (posts() > 1) return 'sent twice'
  if (outcome === 'created' && verified && !isAsAsked) return 'verified'
  if (outcome === 'already_exists' && !isThere) return 'already exists'
  if (error && error.code !== 'unknown_outcome' && made) return `nothing was made (${error.code})`
  return outcome === 'created' && !verified && !note ? 'no reason' : undefined
}

test('what is said of a new user is so, whatever the app does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyHabits, { minLength: 8, maxLength: 12 }), async (chosen) => {
      const apps = await Promise.all(chosen.map(startApp))
      const tenants = Object.fromEntries(apps.map(({ settings }, at) => [`app-${at}`, settings]))
      try {
        await using world = await openWorld({ settings: { tenants }, env: { T: 'canned-token-0' } })
        const lies = await Promise.all(
          apps.map(async (app, at) => {
            const asked = { email: ADA, givenName: 'Ada', familyName: 'Lovelace' }
            const answer = (await world.call('create_user', { tenant: `app-${at}`, ...asked })) as Answer
            const lie = untrue(answer, app)
            return lie && `${lie}: ${JSON.stringify([chosen[at], app.users[0], app.users.at(-1), answer])}`
          }),
        )
        expect(lies.filter((lie) => lie !== undefined)).toEqual([])
      } finally {
        await Promise.all(apps.map((app) => app[Symbol.asyncDispose]()))
      }
    }),
    // Each world takes seconds: what fails is told as it is.
    { numRuns: Number(process.env.FUZZ_RUNS ?? 3), endOnFailure: true },
  )
})
