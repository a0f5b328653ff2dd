import { describe, expect, test } from 'vitest'
import { startGainsight } from '../../src/sandbox/gainsight.ts'
import { shareWorld } from '../support/sharing.ts'
import { openWorld } from '../support/world.ts'

/** A tenant for each REST dialect; the person at the client agrees to everything that is asked. */
async function openGainsight() {
  const dialects = ['users', 'services'] as const
  const apps = await Promise.all(dialects.map((dialect) => startGainsight({ restDialects: [dialect] })))
  const [users, services] = apps
  if (!users || !services) throw new TypeError('two apps were started')
  const tenantOf = (name: (typeof dialects)[number], { url }: { url: string }) => ({
    vendor: 'gainsight',
    url,
    tokens: { accessKey: `env:${name.toUpperCase()}_KEY` },
    restDialect: name,
    verifyWindowMs: 400,
    budget: { perSecond: 100, perHour: 10_000, perDay: 10_000 },
  })
  const world = await openWorld({
    answer: 'accept',
    settings: {
      tenants: { users: tenantOf('users', users), services: tenantOf('services', services) },
      // A plan is made again once a person has agreed, so creations, whose requests are counted, are not asked about.
      confirm: { changes: 'ask', adds: 'none', gives: 'none' },
    },
    env: {
      USERS_KEY: users.tokens.accessKey.value,
      SERVICES_KEY: services.tokens.accessKey.value,
    },
  })
  return {
    users,
    /** A call, the questions that a person was asked, and the requests that the app got. */
    async call(tool: string, args: Record<string, unknown>) {
      const { asked } = world.since()
      const app = args.tenant === 'users' ? users : services
      const before = app.arrivals.length
      const answer = await world.call(tool, args)
      const sent = app.arrivals.slice(before).map(({ method, path }) => `${method} ${path}`)
      return { answer, asked: asked(), sent }
    },
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await Promise.all(apps.map((app) => app.close()))
    },
  }
}

const NEW = { givenName: 'Di', familyName: 'New' }

describe('a change over REST', () => {
  const shared = shareWorld(openGainsight)

  test('that creates somebody reads the list once and the new user once', async () => {
    const { answer, sent } = await shared().call('create_user', {
      ...NEW,
      tenant: 'users',
      email: 'di.new@example.com',
      attributes: { role: 'CSM', userName: 'Di.New@example.com' },
    })
    expect(answer).toMatchObject({ status: 'done', outcome: 'created', verified: true })
    expect(sent).toEqual([
      'GET /v1/users',
      'POST /v1/users',
      `GET /v1/users/${(answer.account as { id: string }).id}`,
    ])
  })

  test('that sets an attribute which does not exist never reads the list again', async () => {
    const { answer, sent } = await shared().call('create_user', {
      ...NEW,
      tenant: 'users',
      email: 'di.newer@example.com',
      attributes: { role: 'CSM', custom: { nothingOfThatName: 'x' } },
    })
    expect(answer).toMatchObject({ status: 'partial', outcome: 'created', verified: false })
    expect(sent.filter((request) => request === 'GET /v1/users')).toHaveLength(1)
  })

  test.each([
    ['users', 'create_user', { ...NEW, email: 'di@example.com' }, 'invalid_input'],
    [
      'services',
      'create_user',
      { ...NEW, email: 'di@example.com', attributes: { department: 'Sales' } },
      'unsupported',
    ],
    ['services', 'update_user', { user: 'ada@example.com', set: { department: 'Sales' } }, 'unsupported'],
    ['users', 'update_user', { user: 'ada@example.com', set: { licence: 'Viewer' } }, 'unsupported'],
  ])('at %s that can not go through, %s %o, is refused at once', async (tenant, tool, args, code) => {
    const { answer, asked, sent } = await shared().call(tool, { tenant, ...args })
    expect(answer.error?.code).toBe(code)
    expect(sent.filter((request) => !/^GET|list$/.test(request))).toEqual([])
    expect(asked).toEqual([])
  })

  test('that sends the whole record says so', async () => {
    const { asked } = await shared().call('update_user', {
      tenant: 'users',
      user: 'ada@example.com',
      set: { title: 'Countess' },
    })
    expect(asked[0]).toContain('replacement of the whole record')
  })
})
