import { expect, test } from 'vitest'
import { type CreationHabits, startNewcomersApp } from '../support/odd-directory/creations.ts'
import { type FormName, ODD_ENV } from '../support/odd-directory/start.ts'
import { openWorld } from '../support/world.ts'

// Apps that make another account than was asked for, or answer with one.

const AS_ASKED: CreationHabits = {
  ...{ isThere: 'nobody', creates: 'as asked', refusal: 400, reply: 'the user', shows: 'at once' },
}

async function openApp(name: FormName, habits: Partial<CreationHabits>) {
  const app = await startNewcomersApp(name, { ...AS_ASKED, ...habits })
  const settings = { tenants: { 'acme-app': { ...app.settings, verifyWindowMs: 0 } } }
  const world = await openWorld({ settings, env: ODD_ENV })
  return {
    ...app,
    ...world,
    create: () => world.call('create_user', { tenant: 'acme-app', ...app.ask }),
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await app[Symbol.asyncDispose]()
    },
  }
}

const BO = 'bo@x.example'

test.each<[string, FormName, Partial<CreationHabits>, object]>([
  [
    'another user name',
    'scim',
    { creates: 'other user name' },
    { account: { userName: 'eve@x.example' }, note: expect.stringContaining('another user name') },
  ],
  [
    'another user name, by a reply that was lost',
    'scim',
    { creates: 'other user name', reply: 'lost' },
    { status: 'failed', outcome: 'unknown', note: expect.stringContaining('another user name') },
  ],
  ['the account of somebody else', 'scim', { reply: 'somebody else' }, { note: expect.stringContaining(BO) }],
  ['the account of somebody else', 'okta', { reply: 'somebody else' }, { note: expect.stringContaining(BO) }],
])('%s is not verified at %s', async (_, name, habits, expected) => {
  await using app = await openApp(name, habits)
  expect(await app.create()).toMatchObject({
    ...{ status: 'partial', outcome: 'created', verified: false },
    ...expected,
  })
})

test.each<FormName>(['scim', 'okta', 'services'])(
  'an account of somebody else that %s answers with is not taken for the new one, and no undo deactivates it',
  async (name) => {
    await using app = await openApp(name, { reply: 'somebody else' })
    const { account, change } = await app.create()
    expect(account).toBeUndefined()
    const undone = await app.call('undo_change', { change, reason: 'was a mistake' })
    expect(undone).toMatchObject({ results: [{ outcome: 'left_alone' }] })
    expect(app.posts()).toBe(1)
  },
)
