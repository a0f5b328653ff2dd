import { describe, expect, test } from 'vitest'
import { startScimApp } from '../../src/sandbox/scim-app.ts'
import { shareWorld } from '../support/sharing.ts'
import { openWorld } from '../support/world.ts'

const TENANT = 'acme-scim'
const ADA = 'ada@example.com'
const LONG = `Chief ${'very '.repeat(60)}important`

/** A world with one tenant that speaks SCIM and takes an attribute of its own, where every change is asked about. */
async function openScim() {
  const app = await startScimApp()
  const tenant = {
    vendor: 'scim',
    url: app.scimUrl,
    tokens: { scim: 'env:APP_TOKEN' },
    allowDelete: true,
    customAttributes: { badge: 'urn:example:2.0:User:badge', sites: 'urn:example:2.0:User:sites' },
  }
  const every = { removes: 'ask', changes: 'ask', adds: 'ask', bulk: 'ask', deletes: 'ask', admins: 'ask' }
  const world = await openWorld({
    answer: 'decline',
    settings: { tenants: { [TENANT]: tenant }, confirm: every },
    env: { APP_TOKEN: app.tokens.scim.value },
  })
  return {
    app,
    /** What a person is shown of a call, line by line. */
    async planOf(tool: string, args: Record<string, unknown>): Promise<string[]> {
      const { asked } = world.since()
      expect((await world.call(tool, { tenant: TENANT, ...args })).error?.code).toBe('declined')
      return (asked()[0] ?? '').split('\n')
    },
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await app.close()
    },
  }
}

describe('a plan says every value that is to be written', () => {
  const shared = shareWorld(openScim)

  test('of a new account', async () => {
    const scim = shared()
    const sites = Array.from({ length: 30 }, (_, at) => `Site ${at}`)
    const lines = await scim.planOf('create_user', {
      email: 'new@example.com',
      givenName: 'New',
      familyName: 'Hire',
      attributes: {
        title: LONG,
        role: 'Auditor',
        custom: { badge: 'x'.repeat(1_000), sites },
      },
    })
    expect(lines[0]).toContain('Create an account for "New Hire" (new@example.com)')
    expect(lines).toContain(`title: "${LONG}"`)
    expect(lines).toContain('role: "Auditor"')
    expect(lines).toContain(`custom.badge: "${'x'.repeat(1_000)}"`)
    expect(lines).toContain(`custom.sites: ${sites.map((site) => `"${site}"`).join(', ')}`)
  })

  test('of a change, beside what there is', async () => {
    const scim = shared()
    const lines = await scim.planOf('update_user', {
      user: ADA,
      set: { title: LONG, userName: 'аda@example.com', custom: { badge: 'a "quoted" one' } },
    })
    expect(lines).toContain(`title: "Software Engineer" → "${LONG}"`)
    expect(lines).toContain('userName: "ada@example.com" → "аda@example.com"')
    expect(lines).toContain('custom.badge: not known → "a ”quoted” one"')
    expect(lines.find((line) => line.startsWith('⚠'))).toContain('looks like "ada@example.com" but is not')
  })

  test('of a deletion, with what is lost by it', async () => {
    const scim = shared()
    const { id } = scim.app.user(ADA)
    const groups = scim.app.groups.filter(({ members }) => members?.some(({ value }) => value === id))
    const lines = await scim.planOf('delete_user', { user: ADA, reason: 'asked to be forgotten' })
    const lost = lines.find((line) => line.startsWith('Groups lost: ')) ?? ''
    expect(groups.length).toBeGreaterThan(0)
    for (const { displayName } of groups) expect(lost).toContain(`"${displayName}"`)
  })
})
