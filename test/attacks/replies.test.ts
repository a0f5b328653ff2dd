// @module-tag long

import { existsSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CannedReply, type ReceivedRequest, serveCanned } from '../support/canned.ts'
import type { RawClient } from '../support/raw.ts'
import { openWorld } from '../support/world.ts'
import { ADA, listOf, type ReplyAttack, replyAttacks } from './replies.ts'
import { tellingWords } from './telling.ts'

/** A server before an app that answers as the attack says, and somebody elsewhere who waits for what comes there. */
async function openRange() {
  let attack: ReplyAttack | undefined
  const elsewhere = await serveCanned(() => ({ body: listOf(ADA) }))
  const app = await serveCanned((asked) => attack?.reply(asked, elsewhere.url) ?? honest(asked))
  const world = await openWorld({ answer: 'none' })
  const tenant = {
    vendor: 'scim',
    url: `${app.url}/scim/v2`,
    tokens: { scim: 'env:SANDBOX_NETSKOPE_SCIM_TOKEN' },
    maxRetries: 0,
    verifyWindowMs: 0,
    timeoutMs: 5_000,
    budget: { perMinute: 1_000_000 },
  }
  world.rewrite({
    tenants: { hostile: tenant },
    confirm: { removes: 'none', deletes: 'none' },
    limits: { removesPerHour: 1_000_000 },
  })
  const server: RawClient = world.raw()
  await server.send('tools/list', {})
  return {
    app,
    elsewhere,
    server,
    journal: () => (existsSync(`${world.dataDir}/journal.jsonl`) ? world.journal() : []),
    token: world.tokens.scim,
    prepare: (next: ReplyAttack) => {
      attack = next
      app.asked.length = 0
    },
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await Promise.all([app, elsewhere].map((one) => one[Symbol.asyncDispose]()))
    },
  }
}

const honest = ({ method, path }: ReceivedRequest): CannedReply => {
  if (method === 'PATCH') return { body: { ...ADA, active: false } }
  return path.endsWith('/Users') ? { body: listOf(ADA) } : { body: ADA }
}

let range: Awaited<ReturnType<typeof openRange>>
beforeAll(async () => {
  range = await openRange()
})
afterAll(async () => {
  await range[Symbol.asyncDispose]()
})

interface Body {
  error?: { code: string; message: string; hint: string }
  status?: string
  people?: unknown[]
  searched?: { outcome: string }[]
  results?: { note?: string }[]
}

const endOf = ({ error, status, people = [], searched }: Body): string =>
  error?.code ?? status ?? (people.length > 0 ? 'somebody' : (searched?.[0]?.outcome ?? 'nothing'))

test.each(replyAttacks)('$name', async (attack) => {
  range.prepare(attack)
  const lines = range.journal().length
  const { tool = 'deactivate_user', writes = 0 } = attack
  const user = ADA.userName
  const args = tool === 'find_user' ? { user } : { user, tenants: ['hostile'], reason: 'left the company' }
  const { body } = (await range.server.call(tool, args)) as { body: Body }
  expect([attack.ends].flat()).toContain(endOf(body))
  // The token stayed at its own address, and nobody but the one who was asked for was touched.
  expect(range.elsewhere.asked).toEqual([])
  const sent = range.app.asked.filter(({ method }) => method !== 'GET')
  expect(sent.length).toBeLessThanOrEqual(writes)
  for (const { path } of sent) expect(path).toBe('/scim/v2/Users/u-1')
  for (const { headers } of range.app.asked) expect(headers).not.toHaveProperty('x-evil')
  const said = JSON.stringify(body)
  expect(said).not.toContain(range.token)
  expect(said.length).toBeLessThan(5_000)
  expect(tellingWords(`${body.error?.message} ${body.error?.hint}`)).toEqual([])
  if (tool !== 'find_user') expect(range.journal().length).toBeGreaterThan(lines)
})

test('the hostile replies are each told from the others', () => {
  const names = replyAttacks.map(({ name }) => name)
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
})
