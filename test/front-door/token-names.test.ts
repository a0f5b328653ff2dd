import { expect, test } from 'vitest'
import { openStores } from '../../src/app/stores.ts'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { ALL_SCOPES, openHttpWorld } from '../support/http-world.ts'
import { shareWorld } from '../support/sharing.ts'
import type { ToolAnswer } from '../support/world.ts'

const shared = shareWorld(() => openHttpWorld({ settings: { limits: { perCaller: { changesPerDay: 2 } } } }))
const TENANT = 'acme-netskope'
const YES = () => ({ action: 'accept' as const, content: { confirm: true } })

let names = 0
/** A bot, and the next bot that gets its name once its token is revoked. */
async function bearers() {
  const world = shared()
  names += 1
  const name = `bot-${names}`
  const guest = async (as: string, person?: typeof YES) =>
    world.guest({ token: await world.token(as, ALL_SCOPES), ...(person && { person }) })
  return {
    former: (person?: typeof YES) => guest(name, person),
    async next(person?: typeof YES) {
      expect((await world.run(['tokens', 'revoke', name.toUpperCase()])).code).toBe(0)
      return guest(name, person)
    },
  }
}
const leaves = (user: string, more = {}) => ({ user, tenants: [TENANT], reason: 'left', ...more })
const idIn = ({ approval }: ToolAnswer) => (approval as { id: string }).id
const codeOf = ({ error, status }: ToolAnswer) => error?.code ?? status

test.each([false, true])(
  'who gets the name of a revoked token gets no approval of it: given %s',
  async (given) => {
    const world = shared()
    const { former, next } = await bearers()
    const user = world.newcomer().userName
    const id = idIn(await (await former()).call('deactivate_user', leaves(user)))
    if (given) {
      await addApprovers(world, `boss-${names}`)
      const approve = ['approvals', 'approve', id, '--approver', `boss-${names}`, '--passphrase-stdin']
      expect((await world.run(approve, { stdin: PASSPHRASE })).code).toBe(0)
    }
    const heir = await next()
    const { writes } = world.since()
    expect(codeOf(await heir.call('deactivate_user', leaves(user, { approvalId: id })))).toBe('approval_void')
    expect(idIn(await heir.call('deactivate_user', leaves(user)))).not.toBe(id)
    expect(writes()).toEqual([])
  },
)

test('nor anything to undo, or to read on from', async () => {
  const world = shared()
  const { former, next } = await bearers()
  const bot = await former(YES)
  const page = { tenant: TENANT, limit: 10 }
  const { change } = await bot.call('deactivate_user', leaves(world.newcomer().userName))
  const { nextCursor: cursor } = await bot.call('list_users', page)
  const heir = await next(YES)
  const { writes } = world.since()
  expect(codeOf(await heir.call('undo_change', { change, reason: 'a mistake' }))).toBe('not_found')
  expect(codeOf(await heir.call('list_users', { ...page, cursor }))).toBe('invalid_input')
  expect(writes()).toEqual([])
})

test('nor its count of changes, nor its pause', async () => {
  const world = shared()
  const { former, next } = await bearers()
  const take = async (bot: Awaited<ReturnType<typeof former>>) =>
    codeOf(await bot.call('deactivate_user', leaves(world.newcomer().userName)))
  const bot = await former(YES)
  expect([await take(bot), await take(bot), await take(bot)]).toEqual(['done', 'done', 'limit_reached'])
  const heir = await next(YES)
  expect([await take(heir), await take(heir), await take(heir)]).toEqual(['done', 'done', 'limit_reached'])
})

test('nor the name of the former in the journal, and `tokens list` tells which is which', async () => {
  const world = shared()
  const { former, next } = await bearers()
  const { journal } = world.since()
  const callerOf = async () => {
    const { tokens } = JSON.parse((await world.run(['tokens', 'list', '--json'])).stdout)
    return tokens.find(({ name }: { name: string }) => name === `bot-${names}`).caller
  }
  const ask = { user: world.newcomer().userName, tenants: [TENANT], reason: 'left' }
  await (await former()).call('deactivate_user', ask)
  const before = await callerOf()
  const heir = await next()
  await heir.call('deactivate_user', ask)
  const after = await callerOf()
  expect(after).not.toBe(before)
  const asked = journal().filter(({ event }) => event === 'asked')
  expect(asked.map(({ caller }) => caller)).toEqual([before, after])
})

test('a scope that is gone allows nothing to a token that still has it', async () => {
  const world = shared()
  const token = await world.token('older')
  const { store } = openStores(world.dataDir)
  const [key = ''] = (await store.keys('access-token/')).filter((one) =>
    one.includes(token.split('_')[1] ?? ''),
  )
  const allow = (...scopes: string[]) =>
    store.update<{ grant: object }, void>(key, (row) => ({
      next: row && { ...row, grant: { scopes } },
      result: undefined,
    }))
  await allow('identity:approve', 'identity:read')
  expect(await (await world.guest({ token })).tools()).toContain('find_user')
  expect(await (await world.guest({ token })).tools()).not.toContain('deactivate_user')
  await allow('identity:approve')
  const reply = await world.fetch('/mcp', { method: 'POST', headers: { authorization: `Bearer ${token}` } })
  expect(reply.status).toBe(403)
  await store.close()
})
