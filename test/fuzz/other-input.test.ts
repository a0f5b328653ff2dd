// @module-tag long

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readApprovalId } from '../../src/approvals/approval-id.ts'
import { openApprovals } from '../../src/approvals/approvals.ts'
import { SettingsError } from '../../src/config/problems.ts'
import { loadSettings, parseSettings } from '../../src/config/settings.ts'
import { bare, named } from '../../src/domain/quoting.ts'
import { cursorsFor } from '../../src/engine/cursor.ts'
import { declaredOnly } from '../../src/guards/declared-only.ts'
import { readRates } from '../../src/guards/rate-headers.ts'
import { isUnchanged, MAX_LINE, NO_LINE, readLine, toLine } from '../../src/journal/entry.ts'
import type { JournalEvent } from '../../src/journal/events.ts'
import { Secret } from '../../src/secret.ts'
import { stateSigner } from '../../src/store/signed-state.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { cautionOf } from '../../src/text/confusables.ts'
import { hidesText, inQuotes, plainText } from '../../src/text/text.ts'
import { tools } from '../../src/tools/index.ts'
import { jwtExpiry } from '../../src/vendors/http/probe.ts'
import { parseReply } from '../../src/vendors/http/reply.ts'
import { vendors } from '../../src/vendors/index.ts'
import { codeOf, makeCall, recordingNext } from '../support/call.ts'
import { bent, brokenText, hostileText, hostileValue, survives, textOf } from './hostile.ts'

const DAY = 24 * 60 * 60_000
const base64 = (value: unknown) => Buffer.from(textOf(value)).toString('base64url')

const rates = fc.dictionary(
  fc.constantFrom(
    ...['retry-after', 'date', 'ratelimit', 'ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'],
    ...[
      'x-ratelimit-limit-minute',
      'x-ratelimit-remaining-second',
      'x-rate-limit-reset',
      'x-ratelimit-reset-day',
    ],
  ),
  fc.oneof(hostileText, fc.double().map(String), fc.maxSafeInteger().map(String)),
)

test('rate headers and Retry-After make no wait of more than a day, and none that is no number', () => {
  fc.assert(
    fc.property(rates, fc.constantFrom(200, 429, 503), (headers, status) => {
      const { pauseMs = 0, allowance } = readRates({ status, headers, text: '' })
      const waits = [pauseMs, allowance?.resetMs ?? 0]
      for (const wait of waits) expect(wait >= 0 && wait <= DAY).toBe(true)
      for (const figure of [allowance?.limit ?? 0, allowance?.remaining ?? 0])
        expect(figure).toBeGreaterThanOrEqual(0)
      const understood = parseReply({ status, headers, text: '' })
      const retryAt = understood.ok ? undefined : understood.failure.retryAt
      if (retryAt !== undefined) expect(() => new Date(retryAt).toISOString()).not.toThrow()
      expect((retryAt ?? 0) - Date.now()).toBeLessThanOrEqual(DAY)
    }),
    { numRuns: 150 },
  )
})

test('the expiry read from a token is a time or nothing', () => {
  const jwt = fc.oneof(
    hostileText,
    hostileValue.map((claims) => `e30.${base64(claims)}.sig`),
    hostileValue.map((exp) => `e30.${base64({ exp })}.sig`),
    fc.double().map((exp) => `e30.${base64({ exp })}.sig`),
  )
  fc.assert(
    fc.property(jwt, (token) => {
      const expiry = jwtExpiry(new Secret(token))
      if (expiry !== undefined) expect(new Date(expiry).toISOString()).toMatch(/^\d{4}-/)
    }),
    { numRuns: 200 },
  )
})

const SETTINGS = {
  tenants: {
    'acme-netskope': {
      vendor: 'netskope',
      url: 'https://acme.goskope.com',
      tokens: { scim: 'env:TOKEN' },
      budget: { perMinute: 1 },
    },
    'acme-gainsight': {
      vendor: 'gainsight',
      url: 'https://acme.gainsightcloud.com',
      tokens: { clientId: 'env:TOKEN', clientSecret: 'env:TOKEN' },
      auth: { tokenUrl: 'https://acme.gainsightcloud.com/token' },
    },
    'acme-scim': { vendor: 'scim', url: 'https://api.example.com/scim', tokens: { scim: 'env:TOKEN' } },
  },
  readOnly: false,
  confirm: { removes: 'ask', adds: 'none' },
  protected: ['*@robots.example.com'],
  limits: { removesPerHour: 20 },
}
const ENV = { TOKEN: 'a-token-of-some-length' }

test('settings are taken as a whole or refused as a whole, and their secrets stay unsaid', () => {
  const settled = (read: () => unknown) => {
    try {
      read()
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error
      expect(error.message).not.toContain(ENV.TOKEN)
    }
    expect(Object.keys(Object.prototype)).toEqual([])
  }
  fc.assert(
    fc.property(fc.oneof(bent(SETTINGS), hostileValue), (raw) =>
      settled(() => parseSettings(raw, vendors, ENV, 'it')),
    ),
    { numRuns: 150 },
  )
  const folder = mkdtempSync(join(tmpdir(), 'identity-mcp-'))
  try {
    const file = join(folder, 'identity-mcp.json')
    fc.assert(
      fc.property(fc.oneof(brokenText, bent(SETTINGS).map(textOf)), (text) => {
        writeFileSync(file, text)
        settled(() => loadSettings(file, vendors, ENV))
      }),
      { numRuns: 100 },
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.each([
  'a-token\r\nX-Evil: 1',
  'a token with blanks',
  'a-token\tand-more',
  'a-token\0',
  'tökens-are-ascii',
  'short',
  '',
])('a token that could not stand in a header is refused, and stays unsaid: %j', (value) => {
  const refused = () => parseSettings(SETTINGS, vendors, { TOKEN: value }, 'the settings')
  expect(refused).toThrow(SettingsError)
  if (value) expect(refused).not.toThrow(value)
})

test('no made-up cursor or sealed state is opened', async () => {
  const signer = stateSigner(memoryStore())
  const cursors = cursorsFor(signer, 'list_users', 'local:grace')
  const given = await cursors.sign({ tenant: 'acme', at: { start: 2 } })
  const made = fc.oneof(
    hostileText,
    hostileValue.map((value) => `${base64([value, null])}.${given.split('.')[1]}`),
    fc.tuple(hostileText, hostileText).map((parts) => parts.join('.')),
  )
  await fc.assert(
    fc.asyncProperty(made, async (text) => {
      fc.pre(text !== given)
      expect(await codeOf(cursors.open(text))).toBe('invalid_input')
      expect(await signer.verify(['question', 'deactivate_user', 'local:grace'], text)).toBeUndefined()
    }),
    { numRuns: 150 },
  )
})

test('a line of the journal holds any event within its bounds, and reads back as it was written', () => {
  const event = fc.record({
    event: fc.constantFrom('asked', 'refused', 'done'),
    call: hostileText,
    tool: hostileText,
    caller: hostileText,
    client: hostileText,
    args: fc.dictionary(hostileText, hostileValue, { maxKeys: 5 }),
    account: fc.record({ tenant: hostileText, id: hostileText, userName: hostileText }),
    approval: fc.record({ id: hostileText, by: hostileText }),
    note: hostileText,
  })
  fc.assert(
    fc.property(event, (given) => {
      const { line, text } = toLine(given as JournalEvent, { seq: 0, hash: NO_LINE })
      const bytes = Buffer.from(text.slice(0, -1))
      expect(text.indexOf('\n')).toBe(text.length - 1)
      expect(bytes.length).toBeLessThanOrEqual(MAX_LINE)
      expect(readLine(bytes)).toEqual(line)
      expect(isUnchanged(line, bytes)).toBe(true)
    }),
    { numRuns: 150 },
  )
})

test('what is no line of the journal is read as none', () => {
  const { text } = toLine(
    { event: 'asked', call: 'c', tool: 't', caller: 'x', args: { user: 'a' } },
    { seq: 0, hash: NO_LINE },
  )
  const bytes = fc.oneof(brokenText, bent(JSON.parse(text)).map(textOf)).map((one) => Buffer.from(one))
  fc.assert(
    fc.property(fc.oneof(bytes, fc.uint8Array({ maxLength: 300 }).map(Buffer.from)), (given) => {
      const line = readLine(given)
      if (line) expect(typeof line.hash).toBe('string')
    }),
    { numRuns: 200 },
  )
})

test('an id of an approval that nobody gave out approves nothing', async () => {
  const approvals = openApprovals(memoryStore())
  const { id } = await approvals.request({
    digest: 'digest',
    tool: 'a_tool',
    plan: [],
    caller: 'local:grace',
  })
  await approvals.decide(id, 'approved', 'grace', 'terminal')
  await fc.assert(
    fc.asyncProperty(hostileText, async (text) => {
      const read = readApprovalId(text)
      expect(Array.from(read).length).toBeLessThanOrEqual(40)
      expect(hidesText(read)).toBe(false)
      fc.pre(read !== id)
      expect(await approvals.get(text)).toBeUndefined()
      expect(await codeOf(approvals.use(text, 'digest'))).toBe('approval_void')
      expect(await codeOf(approvals.decide(text, 'approved', 'eve', 'terminal'))).toBe('not_found')
    }),
    { numRuns: 150 },
  )
})

test.each(tools)(
  'arguments of any kind are taken by $name as declared, or refused in few words',
  async (tool) => {
    const fields = Object.keys((tool.input() as unknown as { shape: object }).shape)
    const args = fc.oneof(
      hostileValue,
      fc.dictionary(fc.oneof(fc.constantFrom('tenant', ...fields), hostileText), hostileValue, {
        maxKeys: 6,
      }),
    )
    await fc.assert(
      fc.asyncProperty(args, async (input) => {
        const { next, reached } = recordingNext()
        await survives(() =>
          declaredOnly()(makeCall({ tool: { ...tool, output: makeCall().tool.output }, input }), next),
        )
        const passed = Object.keys((reached[0]?.input ?? {}) as object)
        expect(passed.filter((name) => !fields.includes(name))).toEqual([])
      }),
      { numRuns: 100 },
    )
  },
)

test('a name within a sentence neither ends it nor hides in it', () => {
  fc.assert(
    fc.property(hostileText, hostileText, (userName, name) => {
      const shown = named({ userName, name })
      expect(hidesText(shown)).toBe(false)
      expect(Array.from(shown).length).toBeLessThanOrEqual(600)
      expect(inQuotes(name).slice(1, -1)).not.toContain('"')
      expect(bare(userName)).toMatch(/^([^\s"()<>]+|"[^"]*")$/u)
      const caution = cautionOf({ 'user name': userName, name }) ?? ''
      expect(hidesText(caution)).toBe(false)
      expect(caution.length).toBeLessThan(600)
      expect(plainText(shown, 700)).toBe(shown)
    }),
    { numRuns: 200, examples: [['\u{e0100}', 'Ada']] },
  )
})
