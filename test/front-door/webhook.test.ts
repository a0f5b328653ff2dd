import { createHmac } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { newKeyPair } from '../../src/journal/anchor.ts'
import { dataFolder } from '../journal/chain.ts'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { linkIn } from '../support/browser.ts'
import { type CannedReply, serveCanned } from '../support/canned.ts'
import { openWorld, type WorldOptions } from '../support/world.ts'

const ADA = 'ada@example.com'
const LEAVES = { user: ADA, tenants: ['acme-netskope'], reason: 'left the company' }
const HOOK_SECRET = 'canary-webhook-secret'

/** A world whose server tells a receiver, and what has arrived there. */
async function told(answer: () => CannedReply, { settings, ...options }: WorldOptions = {}) {
  const receiver = await serveCanned(answer)
  const world = await openWorld({
    ...options,
    settings: { webhook: { url: `${receiver.url}/hook`, secret: 'env:HOOK_SECRET' }, ...settings },
    env: { HOOK_SECRET },
  })
  return {
    world,
    asked: receiver.asked,
    types: () => receiver.asked.map(({ body }) => (body as { type: string }).type),
    arrived: (count: number) =>
      vi.waitFor(() => expect(receiver.asked).toHaveLength(count), { timeout: 20_000 }),
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await receiver[Symbol.asyncDispose]()
    },
  }
}

test('people are told what waits and who decided it, in the terminal too, and no secret is told', async () => {
  await using hook = await told(() => ({}), { answer: 'none' })
  const { world } = hook
  const stdin = `${PASSPHRASE}\n`
  await addApprovers(world, 'grace')
  const { approval } = (await world.call('deactivate_user', LEAVES)) as {
    approval?: { id: string; approveAt: string }
  }
  await hook.arrived(1)
  const id = approval?.id ?? ''
  expect(hook.asked[0]?.body).toMatchObject({
    type: 'waiting',
    data: { tool: 'deactivate_user', approval: { id }, approveAt: linkIn(approval?.approveAt ?? '') },
  })
  const decide = (typed: string) =>
    world.run(['approvals', 'approve', id, '--approver', 'grace', '--passphrase-stdin'], { stdin: typed })
  expect((await decide(`wrong ${stdin}`)).code).toBe(1)
  expect((await decide(stdin)).code).toBe(0)
  await hook.arrived(3)
  expect(hook.types()).toEqual(['waiting', 'refused', 'approved'])
  expect(hook.asked[2]?.body).toMatchObject({ data: { approval: { id, by: 'grace', how: 'terminal' } } })
  expect((await world.call('deactivate_user', { ...LEAVES, approvalId: id })).status).toBe('done')

  expect((await world.run(['brake', 'on'])).code).toBe(0)
  await hook.arrived(4)
  expect(hook.asked[3]?.body).toMatchObject({ type: 'braked', data: { tool: 'brake on' } })

  for (const { text, headers } of hook.asked) {
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`
    expect(headers['webhook-signature']).toBe(
      `v1,${createHmac('sha256', HOOK_SECRET).update(signed).digest('base64')}`,
    )
    const sent = text + JSON.stringify(headers)
    for (const secret of [HOOK_SECRET, PASSPHRASE, 'canary', ...Object.values(world.tokens)]) {
      expect(sent).not.toContain(secret)
    }
  }
})

test('each message carries an anchor by which the journal is verified later', async () => {
  await using keys = await dataFolder()
  const { privatePem, publicText } = newKeyPair()
  const file = join(keys.folder, 'signing.pem')
  writeFileSync(file, privatePem, { mode: 0o600 })
  await using hook = await told(() => ({}), {
    settings: { journal: { signingKey: `file:${file}` }, protected: [ADA] },
  })
  const { world } = hook
  expect((await world.call('deactivate_user', LEAVES)).error?.code).toBe('protected')
  await hook.arrived(1)
  const kept = join(keys.folder, 'kept')
  writeFileSync(kept, `${hook.asked[0]?.text}\n`)
  const verify = () => world.run(['journal', 'verify', '--anchor', kept, '--key', publicText])
  expect(await verify()).toMatchObject({ code: 0, stdout: expect.stringContaining('anchor of entry 1') })
  expect(await world.run(['journal', 'anchor'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('"seq":1'),
  })
})

test.each<[string, CannedReply]>([
  ['hangs', { hang: true }],
  ['fails', { status: 500 }],
  ['hangs up', { drop: true }],
])(
  'a receiver that %s neither delays nor fails a call, nor keeps the server from leaving',
  async (_, reply) => {
    await using hook = await told(() => reply)
    const { world } = hook
    const begun = performance.now()
    expect(await world.call('deactivate_user', LEAVES)).toMatchObject({ status: 'done' })
    expect((await world.call('reactivate_user', LEAVES)).status).toBe('done')
    expect(performance.now() - begun).toBeLessThan(20_000)
    await vi.waitFor(() => expect(hook.asked.length).toBeGreaterThan(0))
    const leaving = performance.now()
    await world.close()
    expect(performance.now() - leaving).toBeLessThan(20_000)
    await vi.waitFor(() => expect(world.stderr()).toContain('was not delivered'))
  },
)

test('a secret that is not there in the terminal stops nothing, and is said', async () => {
  await using hook = await told(() => ({}), { answer: 'none' })
  const { world } = hook
  const stdin = `${PASSPHRASE}\n`
  await addApprovers(world, 'grace')
  const { approval } = (await world.call('deactivate_user', LEAVES)) as { approval?: { id: string } }
  await hook.arrived(1)
  world.rewrite({ webhook: { url: 'https://127.0.0.1:1/', secret: 'env:NOT_THERE' } })
  const words = ['approvals', 'deny', approval?.id ?? '', '--approver', 'grace', '--passphrase-stdin']
  const denied = await world.run(words, { stdin })
  expect(denied).toMatchObject({ code: 0, stderr: expect.stringContaining('NOT_THERE is not set') })
  // Who only reads the journal is not bothered.
  expect((await world.run(['journal', 'verify'])).stderr).toBe('')
})
