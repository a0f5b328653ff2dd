import { createHmac } from 'node:crypto'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { parseSettings } from '../../src/config/settings.ts'
import { WEBHOOK_EVENTS, type WebhookSettings } from '../../src/config/webhook.ts'
import { type Anchor, isSignedBy, newKeyPair, readPublicKey, signerFrom } from '../../src/journal/anchor.ts'
import { NO_LINE, toLine } from '../../src/journal/entry.ts'
import type { JournalEvent, JournalLine } from '../../src/journal/events.ts'
import { fileJournal } from '../../src/journal/file.ts'
import { Secret } from '../../src/secret.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { vendors } from '../../src/vendors/index.ts'
import { openWebhook, type Telling, watched } from '../../src/webhook/webhook.ts'
import { dataFolder } from '../journal/chain.ts'
import { type CannedReply, type ReceivedRequest, serveCanned } from '../support/canned.ts'

const SECRET = 'canary-webhook-secret'

const settings = (url: string, more: Partial<WebhookSettings> = {}): WebhookSettings => ({
  url: new Secret(url),
  secret: new Secret(SECRET),
  format: 'json',
  events: [...WEBHOOK_EVENTS],
  ...more,
})

const line = (more: Partial<JournalEvent> = {}, seq = 1): JournalLine =>
  toLine(
    {
      event: 'asked',
      call: 'call-1',
      tool: 'deactivate_user',
      caller: 'helpdesk-bot',
      client: 'claude/1',
      args: { user: 'ada@example.com', tenants: ['acme-netskope'], reason: 'left' },
      approval: { id: 'K7Q2-M9XD-41' },
      ...more,
    },
    { seq: seq - 1, hash: NO_LINE },
  ).line

/** A receiver, a webhook that posts to it without waiting long between tries, and what it logged. */
async function open(
  answer: (arrived: ReceivedRequest, index: number) => CannedReply,
  { to = {}, telling = {} }: { to?: Partial<WebhookSettings>; telling?: Partial<Telling> } = {},
) {
  const receiver = await serveCanned(answer)
  const logged: string[] = []
  const log = {
    info: () => {},
    error: (message: string, more?: object) => void logged.push(`${message} ${JSON.stringify(more)}`),
  }
  const webhook = openWebhook(settings(`${receiver.url}/hook/canary-path`, to), {
    log,
    waitMs: () => 1,
    ...telling,
  })
  return {
    ...webhook,
    asked: receiver.asked,
    logged,
    arrived: (count: number) =>
      vi.waitFor(() => expect(receiver.asked).toHaveLength(count), { timeout: 10_000 }),
    async [Symbol.asyncDispose]() {
      await webhook.close()
      await receiver[Symbol.asyncDispose]()
    },
  }
}

const header = (arrived: ReceivedRequest | undefined, name: string) => String(arrived?.headers[name])
const signatureOf = (arrived: ReceivedRequest | undefined, key: string | Buffer = SECRET) =>
  `v1,${createHmac('sha256', key)
    .update(`${header(arrived, 'webhook-id')}.${header(arrived, 'webhook-timestamp')}.${arrived?.text}`)
    .digest('base64')}`

afterEach(() => vi.useRealTimers())

describe('a message', () => {
  test('says what waits and where it is decided, signed, with the head of the journal', async () => {
    const { privatePem, publicText } = newKeyPair()
    await using hook = await open(() => ({ status: 204 }), {
      telling: {
        approveAt: async (id) => `http://127.0.0.1:3999/approvals/${id}`,
        signer: signerFrom(privatePem),
      },
    })
    const told = line()
    hook.tell(told)
    await hook.arrived(1)
    const [arrived] = hook.asked
    expect(arrived?.body).toMatchObject({
      type: 'waiting',
      timestamp: told.at,
      data: {
        call: 'call-1',
        tool: 'deactivate_user',
        caller: 'helpdesk-bot',
        about: { user: 'ada@example.com', tenants: 'acme-netskope', reason: 'left' },
        approval: { id: 'K7Q2-M9XD-41' },
        approveAt: 'http://127.0.0.1:3999/approvals/K7Q2-M9XD-41',
      },
    })
    const body = arrived?.body as { anchor: Anchor } | undefined
    expect(body?.anchor).toMatchObject({ seq: 1, hash: told.hash, at: told.at })
    expect(body && isSignedBy(body.anchor, readPublicKey(publicText))).toBe(true)
    expect(header(arrived, 'webhook-signature')).toBe(signatureOf(arrived))
    expect(Math.abs(Number(header(arrived, 'webhook-timestamp')) - Date.now() / 1000)).toBeLessThan(30)
    expect(signatureOf(arrived && { ...arrived, text: `${arrived.text} ` })).not.toBe(signatureOf(arrived))
  })

  test('is signed as the libraries of Standard Webhooks expect where the secret is one of theirs', async () => {
    const key = Buffer.from('0123456789abcdef01234567')
    await using hook = await open(() => ({}), {
      to: { secret: new Secret(`whsec_${key.toString('base64')}`) },
    })
    hook.tell(line())
    await hook.arrived(1)
    expect(header(hook.asked[0], 'webhook-signature')).toBe(signatureOf(hook.asked[0], key))
  })

  test.each<[string, Partial<JournalEvent>]>([
    ['approved', { event: 'approved', approval: { id: 'K7Q2-M9XD-41', by: 'grace', how: 'terminal' } }],
    ['denied', { event: 'denied', approval: { id: 'K7Q2-M9XD-41', by: 'grace', how: 'page' } }],
    ['refused', { event: 'refused', code: 'protected' }],
    ['braked', { event: 'done', tool: 'brake on', args: { tenant: 'acme-netskope' } }],
  ])('tells that something was %s', async (type, event) => {
    await using hook = await open(() => ({}))
    hook.tell(line(event))
    await hook.arrived(1)
    expect(hook.asked[0]?.body).toMatchObject({
      type,
      data: { ...(event.approval && { approval: event.approval }) },
    })
  })

  test.each<[string, Partial<JournalEvent>]>([
    ['a question at the client', { event: 'asked', approval: { id: 'x', how: 'form' } }],
    ['a no at the client', { event: 'declined' }],
    ['progress', { event: 'started' }],
    ['an end', { event: 'done' }],
    ['a brake that is still to be lifted', { event: 'started', tool: 'brake off' }],
  ])('is not sent for %s, nor for what nobody wants to be told', async (_, event) => {
    await using hook = await open(() => ({}), { to: { events: ['denied'] } })
    hook.tell(line(event))
    hook.tell(line({ event: 'approved' }))
    hook.tell(line({ event: 'denied' }))
    await hook.arrived(1)
    await hook.close()
    expect(hook.asked.map(({ body }) => (body as { type: string }).type)).toEqual(['denied'])
  })

  test('carries no more of the arguments than whom and why, and no note', async () => {
    const canary = 'canary-of-an-argument'
    await using hook = await open(() => ({}))
    hook.tell(
      line({
        event: 'refused',
        note: `wrong passphrase for the approver "${canary}"`,
        args: {
          user: 'ada@example.com',
          set: { custom: { Key: canary } },
          attributes: { title: canary },
          other: canary,
        },
        before: { operation: 'updateMembers', members: [{ id: canary, userName: canary, became: 'in' }] },
      }),
    )
    await hook.arrived(1)
    const sent = JSON.stringify([hook.asked[0]?.text, hook.asked[0]?.headers])
    expect(sent).toContain('ada@example.com')
    expect(sent).not.toContain(canary)
    expect(sent).not.toContain(SECRET)
  })
})

describe('a receiver', () => {
  test('that fails, is away or hangs up is tried again with the same message until it takes it', async () => {
    await using hook = await open(
      (_, index) => [{ status: 500 }, { drop: true }, { status: 429 }][index] ?? {},
    )
    hook.tell(line())
    await hook.arrived(4)
    await hook.close()
    expect(hook.asked).toHaveLength(4)
    expect(new Set(hook.asked.map(({ text }) => text)).size).toBe(1)
    expect(new Set(hook.asked.map((arrived) => header(arrived, 'webhook-id'))).size).toBe(1)
    for (const arrived of hook.asked) expect(header(arrived, 'webhook-signature')).toBe(signatureOf(arrived))
    expect(hook.logged).toEqual([])
  })

  test('that never takes it is given up after a while, which the log tells without the address', async () => {
    await using hook = await open(() => ({ status: 500 }))
    hook.tell(line({}, 7))
    await vi.waitFor(() => expect(hook.logged).toHaveLength(1), { timeout: 10_000 })
    expect(hook.asked).toHaveLength(8)
    expect(hook.logged[0]).toMatch(/waiting.*entry 7 .*call-1.*500/)
    expect(hook.logged[0]).not.toContain('canary')
  })

  test('that wants no more is not tried again, and one that sends elsewhere is not followed', async () => {
    await using other = await serveCanned(() => ({}))
    await using gone = await open(() => ({ status: 410 }))
    gone.tell(line())
    await vi.waitFor(() => expect(gone.logged).toHaveLength(1))
    expect(gone.asked).toHaveLength(1)
    await using moved = await open(() => ({ status: 307, headers: { location: `${other.url}/stolen` } }))
    moved.tell(line())
    await vi.waitFor(() => expect(moved.logged).toHaveLength(1), { timeout: 10_000 })
    expect(other.asked).toEqual([])
  })

  test('that hangs delays nobody, and at the end is left after a short while', async () => {
    await using hook = await open(() => ({ hang: true }))
    const begun = performance.now()
    for (let seq = 1; seq <= 20; seq++) hook.tell(line({}, seq))
    expect(performance.now() - begun).toBeLessThan(200)
    await hook.arrived(1)
    await hook.close()
    expect(performance.now() - begun).toBeLessThan(8_000)
    expect(hook.logged).toHaveLength(20)
  })

  test('that is slow to come back keeps neither later messages nor the memory', async () => {
    await using hook = await open((arrived) => ({ status: arrived.text.includes('"seq":1,') ? 500 : 200 }), {
      telling: { waitMs: () => 60_000 },
    })
    for (let seq = 1; seq <= 230; seq++) hook.tell(line({}, seq))
    expect(hook.logged).toHaveLength(30)
    expect(hook.logged[0]).toMatch(/entry 201 .*queue is full/)
    await hook.arrived(200)
    // What still waits for its next try gets one last when the process ends.
    await hook.close()
    expect(hook.asked).toHaveLength(201)
    expect(hook.logged).toHaveLength(31)
  })

  test.each([
    ['waits', line({}, 900), 'waiting'],
    ['was approved', line({ event: 'approved' }, 900), 'approved'],
    ['was denied', line({ event: 'denied' }, 900), 'denied'],
    ['was stopped', line({ event: 'done', tool: 'brake on' }, 900), 'braked'],
  ])(
    'and has a thousand refusals to come has room for what %s, and tells that first',
    async (_, told, type) => {
      await using hook = await open(() => ({ status: 200 }))
      for (let seq = 1; seq <= 1_000; seq++) hook.tell(line({ event: 'refused', code: 'forbidden' }, seq))
      hook.tell(told)
      await hook.arrived(51)
      const types = hook.asked.map(({ body }) => (body as { type: string }).type)
      // The refusal that was on its way already is the only one before it.
      expect(types.indexOf(type)).toBeLessThanOrEqual(1)
      expect(hook.logged).toHaveLength(950)
      expect(hook.logged[0]).toMatch(/"refused" for journal entry 51 .*queue is full/)
    },
  )
})

describe('on a journal', () => {
  test('each line is shown once it is on the disk, and a receiver that fails holds nothing up', async () => {
    await using hook = await open(() => ({ status: 500 }))
    await using place = await dataFolder()
    const journal = watched(fileJournal(place.folder, memoryStore()), hook.tell)
    const kept = await journal.append(line())
    await hook.arrived(8)
    expect(hook.asked[0]?.body).toMatchObject({ anchor: { seq: kept.seq, hash: kept.hash } })
    const read: number[] = []
    for await (const { seq } of journal.read()) read.push(seq)
    expect(read).toEqual([1])
  })
})

describe('text of apps and agents', () => {
  const EVIL =
    '*bold* <!channel> <http://evil|click> `code` & @here [x](http://evil) http://evil ![i](x) {{DATE(0)}}'
  const evil = line({ args: { user: EVIL, reason: EVIL }, caller: EVIL, client: EVIL })

  test('is code in Slack, in which nothing is a link, a mention or bold', async () => {
    await using hook = await open(() => ({}), {
      to: { format: 'slack' },
      telling: { approveAt: async () => 'identity-mcp approvals approve K7Q2-M9XD-41 --config <x>' },
    })
    hook.tell(evil)
    await hook.arrived(1)
    const body = hook.asked[0]?.body as { text: string; blocks: unknown[] }
    const texts = textsIn(body.blocks, 'mrkdwn')
    expect(texts.join('\n')).toContain('&lt;!channel&gt;')
    for (const { text, verbatim } of objectsIn(body.blocks, 'mrkdwn')) {
      expect(verbatim).toBe(true)
      // Outside of code there is nothing but our own words.
      expect(String(text).replace(/`[^`]*`/g, '')).toMatch(/^[*\w \n]*$/)
      expect(String(text)).not.toMatch(/[<>]|&(?!(amp|lt|gt);)/)
    }
    expect(body.text).toBe('A change is waiting for approval')
    for (const section of objectsIn(body.blocks, 'section') as { fields?: unknown[] }[]) {
      expect(section.fields?.length ?? 0).toBeLessThanOrEqual(10)
    }
  })

  test('is a text run in Teams, which knows no Markdown', async () => {
    await using hook = await open(() => ({}), {
      to: { format: 'teams' },
      telling: { approveAt: async () => 'https://id.example.com/approvals/K7Q2-M9XD-41' },
    })
    hook.tell(evil)
    await hook.arrived(1)
    const body = hook.asked[0]?.body as { attachments: { content: Record<string, unknown> }[] } | undefined
    const content = body?.attachments[0]?.content
    expect(textsIn(content, 'TextRun').join('\n')).toContain('<!channel>')
    expect(textsIn(content, 'TextBlock')).toEqual(['A change is waiting for approval'])
    expect(content?.actions).toMatchObject([{ url: 'https://id.example.com/approvals/K7Q2-M9XD-41' }])
  })

  test.each([
    ['https://id.example.com/approvals/K7Q2-M9XD-41', true],
    ['http://127.0.0.1:3999/approvals/K7Q2-M9XD-41', true],
    ['http://localhost:3999/approvals/K7Q2-M9XD-41', true],
    ['http://id.example.com/approvals/K7Q2-M9XD-41', false],
    ['identity-mcp approvals approve K7Q2-M9XD-41 --approver NAME', false],
    ['No approver is set up yet: identity-mcp approvers add NAME, and then: http://127.0.0.1:1/', false],
  ])('%s is a link in both: %s', async (approveAt, isLink) => {
    const bodies = await Promise.all(
      (['slack', 'teams'] as const).map(async (format) => {
        await using hook = await open(() => ({}), {
          to: { format },
          telling: { approveAt: async () => approveAt },
        })
        hook.tell(line())
        await hook.arrived(1)
        return hook.asked[0]?.body
      }),
    )
    const [slack, teams] = bodies
    // docs.slack.dev, "Formatting message text": links.
    const links = textsIn(slack, 'mrkdwn').filter((text) => /<[^>|]+\|[^>|]+>/.test(text))
    expect(links).toEqual(isLink ? [`<${approveAt}|Open the approval page>`] : [])
    const actions = objectsIn(teams, 'Action.OpenUrl')
    expect(actions.map(({ url }) => url)).toEqual(isLink ? [approveAt] : [])
    expect(teams).toMatchObject({
      type: 'message',
      attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null }],
    })
    if (!isLink) expect(JSON.stringify(slack)).toContain(JSON.stringify(approveAt).slice(1, -1))
  })

  test('of any length stays within what a channel takes', async () => {
    const long = '<&>'.repeat(2_000)
    for (const format of ['slack', 'teams'] as const) {
      await using hook = await open(() => ({}), { to: { format } })
      hook.tell(line({ args: { user: long, reason: long }, caller: long, client: long }))
      await hook.arrived(1)
      for (const text of textsIn(hook.asked[0]?.body, 'mrkdwn'))
        expect(text.length).toBeLessThanOrEqual(2_000)
      expect(hook.asked[0]?.text.length).toBeLessThan(20_000)
    }
  })
})

/** Every object of that `type` in a body. */
function objectsIn(value: unknown, type: string): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) return []
  const inside = Object.values(value).flatMap((one) => objectsIn(one, type))
  return (value as { type?: unknown }).type === type ? [value as Record<string, unknown>, ...inside] : inside
}
const textsIn = (value: unknown, type: string) => objectsIn(value, type).map(({ text }) => String(text))

describe('the settings', () => {
  const env = {
    HOOK_SECRET: SECRET,
    HOOK_URL: 'https://hooks.example.com/services/T0/B0/canary',
    BAD: 'http://example.com/x',
  }
  const tenants = {
    acme: { vendor: 'mindtickle', url: 'https://acme.example.com', tokens: { scim: 'env:HOOK_SECRET' } },
  }
  const parse = (webhook: unknown) => parseSettings({ tenants, webhook }, vendors, env, 'test').webhook

  test.each([
    'https://hooks.example.com/x?sig=1',
    'http://127.0.0.1:9/x',
    'http://localhost/x',
    'env:HOOK_URL',
  ])('take %s', (url) => {
    const parsed = parse({ url, secret: 'env:HOOK_SECRET' })
    expect(parsed).toMatchObject({ format: 'json', events: [...WEBHOOK_EVENTS] })
    // Not even the address prints: that of a channel is all it takes to write into it.
    expect(JSON.stringify(parsed)).not.toMatch(/hooks|canary/)
  })

  test.each([
    ['plain http elsewhere', { url: 'http://example.com/x', secret: 'env:HOOK_SECRET' }, 'must be https'],
    ['plain http in a variable', { url: 'env:BAD', secret: 'env:HOOK_SECRET' }, 'must be https'],
    ['no address', { url: 'hooks', secret: 'env:HOOK_SECRET' }, 'must be https'],
    ['an unset variable', { url: 'env:NOTHING', secret: 'env:HOOK_SECRET' }, 'NOTHING is not set'],
    ['a literal secret', { url: 'https://example.com', secret: SECRET }, 'env:NAME'],
    ['no secret', { url: 'https://example.com' }, 'is missing'],
    [
      'an unknown event',
      { url: 'https://example.com', secret: 'env:HOOK_SECRET', events: ['done'] },
      'events',
    ],
    ['an unknown key', { url: 'https://example.com', secret: 'env:HOOK_SECRET', token: 'x' }, 'unknown key'],
  ])('refuse %s', (_, webhook, words) => {
    expect(() => parse(webhook)).toThrow(words)
    expect(() => parse(webhook)).not.toThrow(/canary/)
  })
})
