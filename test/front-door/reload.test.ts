import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type HttpWorld, openHttpWorld } from '../support/http-world.ts'

const ADA = { user: 'ada@example.com' }
const LEAVES = { ...ADA, tenants: ['acme-netskope'], reason: 'left' }

describe('SIGHUP', () => {
  test('takes a new token of an app from its file', async () => {
    await using world = await openHttpWorld({ ownProcess: true, auth: 'none' })
    const file = join(world.folder, 'scim')
    const tokens = { scim: `file:${file}` }
    writeFileSync(file, 'wrong-for-now')
    world.rewrite({ auth: 'none' }, { tokens })
    await world.reload()
    const guest = await world.guest()
    expect(await verdict(guest)).toBe('rejected')

    writeFileSync(file, world.tokens.scim)
    await world.reload()
    expect(await verdict(guest)).toBe('ok')
    expect(await guest.call('find_user', ADA)).toMatchObject({ complete: true, people: [{}] })
  })

  test('takes settings that it cannot go by for none, and says what is wrong with them', async () => {
    await using world = await openHttpWorld({ auth: 'none' })
    const guest = await world.guest()
    for (const [settings, problem] of [
      [{ auth: 'none', protekted: [] }, 'protekted: unknown key'],
      [{}, 'auth: is missing'],
      [{ auth: 'none', store: 'redis://127.0.0.1:9' }, 'Redis at 127.0.0.1:9 is unavailable'],
    ] as const) {
      world.rewrite(settings)
      const said = await world.reload()
      expect(said).toContain(problem)
      expect(said).toContain('the previous settings stay in use')
      expect(await guest.call('find_user', ADA)).toMatchObject({ complete: true })
      expect((await world.fetch('/readyz')).status).toBe(200)
    }
  })

  test('lets what is in flight end as it began, and goes by the new settings for the rest', async () => {
    const auth = { tokens: true }
    await using world = await openHttpWorld({
      auth,
      settings: { confirm: { removes: 'none' } },
      sandbox: { faults: [{ fault: 'slow', method: 'PATCH', ms: 1_500 }] },
    })
    const token = await world.token('helpdesk', ['identity:remove'])
    const guest = await world.guest({ token })
    const change = guest.call('deactivate_user', LEAVES)
    await expect.poll(() => world.netskope.writes.length).toBe(1)
    world.rewrite({
      auth,
      readOnly: true,
      tenants: { second: world.sandbox.settings.tenants['acme-netskope'] },
    })
    await world.reload()

    expect(await guest.tools()).not.toContain('deactivate_user')
    expect(await guest.call('list_tenants')).toMatchObject({
      tenants: [{ tenant: 'second', readOnly: true }],
    })
    const metrics = await (await world.fetch('/metrics')).text()
    expect(metrics).toContain('identity_mcp_breaker_state{tenant="second"}')
    expect(metrics).not.toContain('identity_mcp_breaker_state{tenant="acme-netskope"}')
    expect(await change).toMatchObject({ status: 'done' })
    expect(
      world
        .journal()
        .map(({ event }) => event)
        .slice(-2),
    ).toEqual(['started', 'done'])
  })

  test('loses no call, however often it comes', async () => {
    await using world = await openHttpWorld({ auth: 'none' })
    const guest = await world.guest()
    let over = false
    const asking = Array.from({ length: 4 }, async () => {
      let answered = 0
      for (; !over; answered++) {
        expect(await guest.call('list_tenants')).toMatchObject({ tenants: [{ tenant: 'acme-netskope' }] })
      }
      return answered
    })
    for (let time = 0; time < 5; time++) await world.reload()
    over = true
    for (const answered of await Promise.all(asking)) expect(answered).toBeGreaterThan(0)
    expect(await world.stop()).toBe(0)
  })
})

/** What is said of the one token for SCIM. */
async function verdict({ call }: Awaited<ReturnType<HttpWorld['guest']>>): Promise<string | undefined> {
  const { checks } = await call('check_token')
  return (checks as { token: string; verdict: string }[]).find(({ token }) => token === 'scim')?.verdict
}
