import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openApiTokens } from '../../src/auth/api-tokens.ts'
import { tokensCommand } from '../../src/cli/tokens.ts'
import type { JournalLine } from '../../src/journal/events.ts'
import { openDesk } from './fake-io.ts'

const DAY = 24 * 3_600_000

let desk: Awaited<ReturnType<typeof openDesk>>
beforeEach(async () => {
  desk = await openDesk()
})
afterEach(async () => {
  vi.useRealTimers()
  await desk.stop()
})

const run = (...args: string[]) => desk.run(tokensCommand, args)
const journal = async () => {
  const lines: JournalLine[] = []
  for await (const line of desk.journal.read()) lines.push(line)
  return lines
}
const kept = async () => (await openApiTokens(desk.store).list())[0]

test('prints a token once, alone on standard output, and keeps its hash', async () => {
  const { code, out, err } = await run(
    'create',
    'helpdesk',
    '--scopes',
    'identity:write, identity:audit',
    '--tenants',
    'one,two',
  )
  expect(code).toBe(0)
  const token = out.trim()
  expect(token).toMatch(/^idmcp_[0-9a-f]{12}_[\w-]{43}$/)
  expect(err).not.toContain(token)
  expect(await openApiTokens(desk.store).find(token)).toMatchObject({
    name: 'helpdesk',
    grant: { scopes: ['identity:audit', 'identity:write'], tenants: ['one', 'two'] },
  })
  const [key = ''] = await desk.store.keys('access-token/')
  expect(JSON.stringify([await desk.store.get(key), await journal()])).not.toContain(token.slice(20))
  expect(await journal()).toMatchObject([
    { event: 'started', tool: 'tokens create', caller: 'ada', args: { name: 'helpdesk' } },
    { event: 'done', tool: 'tokens create' },
  ])
})

test('keeps the agent that a token belongs to, and takes no name that would not stay as it is', async () => {
  expect((await run('create', 'helpdesk', '--agent', 'agent-7')).code).toBe(0)
  expect(await kept()).toMatchObject({ agent: 'agent-7' })
  expect(await journal()).toMatchObject([{ args: { agent: 'agent-7' } }, { event: 'done' }])
  expect((await run('create', 'other', '--agent', 'agent\n8')).code).toBe(2)
})

test('lets a token do no more than it is told to, for no longer than three months', async () => {
  await run('create', 'helpdesk')
  const token = await kept()
  expect(token?.grant).toEqual({ scopes: ['identity:read'] })
  expect((token?.expiresAt ?? 0) - Date.now()).toBeGreaterThan(89 * DAY)
  expect((token?.expiresAt ?? 0) - Date.now()).toBeLessThanOrEqual(90 * DAY)
})

test.each([
  ['12h', DAY / 2],
  ['2w', 14 * DAY],
  [new Date(Date.now() + 3 * DAY).toISOString(), 3 * DAY],
])('makes one for %s', async (expires, ms) => {
  await run('create', 'helpdesk', '--expires', expires)
  expect(Math.abs(((await kept())?.expiresAt ?? 0) - Date.now() - ms)).toBeLessThan(60_000)
})

test('makes one for ever only when told to', async () => {
  await run('create', 'helpdesk', '--expires', 'never')
  expect(await kept()).not.toHaveProperty('expiresAt')
})

test.each([
  ['scope', '--scopes', 'identity:admin'],
  ['scope', '--scopes', ''],
  ['scope', '--scopes', 'read'],
  ['tenant', '--tenants', ''],
  ['tenant', '--tenants', 'one,../two'],
  ['time', '--expires', '2020-01-01'],
  ['time', '--expires', 'soon'],
  ['time', '--expires', '0d'],
  ['time', '--expires', '30'],
])('makes none of a wrong %s: %s %j', async (_, option, value) => {
  expect((await run('create', 'helpdesk', option, value)).code).toBe(2)
  expect(await kept()).toBeUndefined()
})

test.each(['', '-x', 'two words', 'x'.repeat(64), 'a/b'])('makes none under the name %j', async (name) => {
  expect((await run('create', '--', name)).code).toBe(2)
  expect(await kept()).toBeUndefined()
})

test('makes no second one of the same name', async () => {
  const { out } = await run('create', 'helpdesk')
  expect(await run('create', 'Helpdesk')).toMatchObject({ code: 1, err: expect.stringContaining('helpdesk') })
  expect(await openApiTokens(desk.store).find(out.trim())).toBeDefined()
})

test('lists them with what they may do and when they were last used', async () => {
  const { out } = await run('create', 'helpdesk', '--scopes', 'identity:remove', '--tenants', 'acme')
  await openApiTokens(desk.store).find(out.trim())
  const listed = await run('list')
  expect(listed.out).toMatch(/helpdesk +remove +acme +20\d\d-\d\d-\d\d .* UTC +20\d\d/)
  expect(JSON.parse((await run('list', '--json')).out)).toMatchObject({
    tokens: [{ name: 'helpdesk', tenants: ['acme'] }],
  })
  expect((await desk.run(tokensCommand, [])).out).toBe(listed.out)
})

test('revokes one by its name, and says so when there is none', async () => {
  const { out } = await run('create', 'helpdesk')
  expect((await run('revoke', 'HELPDESK')).code).toBe(0)
  expect(await openApiTokens(desk.store).find(out.trim())).toBeUndefined()
  expect((await run('revoke', 'helpdesk')).code).toBe(2)
  expect((await journal()).map(({ event, tool }) => `${tool}: ${event}`)).toEqual([
    'tokens create: started',
    'tokens create: done',
    'tokens revoke: started',
    'tokens revoke: done',
    'tokens revoke: started',
    'tokens revoke: failed',
  ])
})

test('takes a token no more once its time is over, and still lists it', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { out } = await run('create', 'helpdesk', '--expires', '1d')
  const tokens = openApiTokens(desk.store)
  expect(await tokens.find(out.trim())).toBeDefined()
  vi.setSystemTime(Date.now() + DAY)
  expect(await tokens.find(out.trim())).toBeUndefined()
  expect((await run('list')).out).toContain('expired')
})
