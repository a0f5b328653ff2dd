// @module-tag long

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GoogleWorld, openGoogleWorld } from '../support/google-world.ts'

/** The three logs of a Google Workspace as one. */
let world: GoogleWorld
const MINUTE_MS = 60_000
const start = Date.now()
beforeAll(async () => {
  world = await openGoogleWorld()
  const { happened } = world.google
  // Each log has more than one page of the size that is asked for here, and their times run into each other.
  for (let place = 0; place < 60; place++) {
    const at = start - 30 * 60 * MINUTE_MS - place * MINUTE_MS
    const application = (['admin', 'login', 'token'] as const)[(place * 7) % 3] ?? 'admin'
    happened({
      at,
      application,
      actor: place % 2 ? 'ada@example.com' : 'grace@example.com',
      type: 'TEST',
      name: `EVENT_${place}`,
      ...(application === 'admin' && { parameters: { USER_EMAIL: `target-${place % 4}@example.com` } }),
    })
  }
})
afterAll(() => world[Symbol.asyncDispose]())

interface Event {
  id: string
  time: string
  actor?: string
  action: string
  target?: string
}
const RANGE = {
  tenant: 'acme-google',
  since: new Date(start - 40 * 60 * MINUTE_MS).toISOString(),
  until: new Date(start - 25 * 60 * MINUTE_MS).toISOString(),
}
/** Every event, page by page. */
async function pullAll(ask: Record<string, unknown>): Promise<Event[]> {
  const seen: Event[] = []
  let cursor: unknown
  do {
    const page = await world.call('pull_audit', { ...RANGE, ...ask, ...(cursor !== undefined && { cursor }) })
    expect(page.error).toBeUndefined()
    expect(page.order).toBe('newest_first')
    seen.push(...(page.events as Event[]))
    cursor = page.nextCursor
    if (cursor === undefined) expect(page.complete).toBe(true)
  } while (cursor !== undefined)
  return seen
}
const numbersOf = (events: readonly Event[]) =>
  events.map(({ action }) => Number(/EVENT_(\d+)/.exec(action)?.[1]))
const numbers = (fits: (place: number) => boolean) => [...Array(60).keys()].filter(fits)
const logOf = (place: number) => ['admin', 'login', 'token'][(place * 7) % 3]

test.each([1, 7, 20, 60, 100])('gives every event once, newest first, %i at a time', async (limit) => {
  expect(numbersOf(await pullAll({ limit }))).toEqual(numbers(() => true))
})

describe('of one person', () => {
  test.each([
    ['actor', 'ada@example.com', (place: number) => place % 2 === 1],
    ['actor', 'ada.byron@example.com', (place: number) => place % 2 === 1],
    ['target', 'target-1@example.com', (place: number) => logOf(place) === 'admin' && place % 4 === 1],
    ['either', 'target-2@example.com', (place: number) => logOf(place) === 'admin' && place % 4 === 2],
    ['either', 'grace@example.com', (place: number) => place % 2 === 0],
    ['actor', 'nobody@example.com', () => false],
  ] as const)('as %s: %s', async (role, user, fits) => {
    expect(numbersOf(await pullAll({ user, role, limit: 9 }))).toEqual(numbers(fits))
  })
})

test('of one action', async () => {
  expect(numbersOf(await pullAll({ action: 'EVENT_13' }))).toEqual([13])
})

test('tells who did what to whom', async () => {
  const { events } = await world.call('pull_audit', { tenant: 'acme-google', user: 'ada@example.com' })
  expect(events).toMatchObject([
    { actor: 'ada@example.com', action: 'login: login_success (google_password)', source: 'app' },
    { actor: 'admin@example.com', action: 'admin: CHANGE_LAST_NAME', target: 'ada@example.com' },
    { actor: 'ada@example.com', action: 'token: authorize (Zoom)' },
    { actor: 'ada@example.com', action: 'login: login_failure (google_password)' },
  ])
})

test('what this server did stands there beside what Google logged of it', async () => {
  await world.call('deactivate_user', { user: 'ada@example.com', tenants: ['acme-google'], reason: 'left' })
  const { events } = await world.call('pull_audit', {
    tenant: 'acme-google',
    user: 'ada@example.com',
    role: 'target',
  })
  const actions = (events as (Event & { source: string })[]).map(
    ({ source, action }) => `${source} ${action}`,
  )
  expect(actions).toContain('app admin: SUSPEND_USER')
  expect(actions.some((action) => action.startsWith('journal '))).toBe(true)
})
