import { afterEach, describe, expect, test, vi } from 'vitest'
import { APPROVAL_TTL_MS } from '../../../src/approvals/approvals.ts'
import { PASSPHRASE } from '../../support/approvers.ts'
import { cookiesOf, openPage } from './page-at.ts'

afterEach(() => void vi.useRealTimers())

const CLOSED = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

describe('what is served', () => {
  test('a request, for whoever has its id, in a page without a script or an inline style', async () => {
    await using page = await openPage()
    const { status, headers, text } = await page.get(await page.ask())
    expect(status).toBe(200)
    expect(headers).toMatchObject({ ...CLOSED, 'content-type': 'text/html; charset=utf-8' })
    for (const words of [
      '<title>Deactivate &quot;Ada Lovelace&quot; in Netskope',
      'Ada Lovelace',
      'left the company',
      'Claude/1.0',
    ]) {
      expect(text).toContain(words)
    }
    expect(text).not.toMatch(/<script|<style|style=|\son\w+=|javascript:/i)
    expect(headers['set-cookie']).toBeUndefined()
  })

  test('one stylesheet, which loads nothing', async () => {
    await using page = await openPage()
    const { status, headers, text } = await page.send({ path: '/approvals/style.css' })
    expect(status).toBe(200)
    expect(headers).toMatchObject({ ...CLOSED, 'content-type': 'text/css; charset=utf-8' })
    expect(text).not.toMatch(/url\(|@import/)
  })

  test.each([
    ['a list of what waits', 'GET', '/approvals', 404],
    ['a folder', 'GET', '/approvals/', 404],
    ['the root', 'GET', '/', 404],
    ['an id that nobody gave out', 'GET', '/approvals/K7Q2-M9XD-41', 404],
    ['a way out of the folder', 'GET', '/approvals/../../etc/passwd', 404],
    ['an encoded way out', 'GET', '/approvals/%2e%2e%2fstyle.css', 404],
    ['an absolute address', 'GET', 'http://elsewhere.example/approvals/K7Q2-M9XD-41', 404],
    ['another method', 'PUT', '/approvals/K7Q2-M9XD-41', 405],
    ['HEAD', 'HEAD', '/approvals/K7Q2-M9XD-41', 405],
    ['a stylesheet to write to', 'POST', '/approvals/style.css', 404],
    ['a decision on nothing', 'POST', '/approvals/K7Q2-M9XD-41', 404],
  ])('not %s', async (_, method, path, expected) => {
    await using page = await openPage()
    const { status, headers } = await page.send({ method, path })
    expect(status).toBe(expected)
    expect(headers).toMatchObject(CLOSED)
  })

  test('nothing under a name that is not the server’s own', async () => {
    await using page = await openPage()
    const id = await page.ask()
    const { port } = new URL(page.origin)
    for (const host of [
      `rebound.example:${port}`,
      `localhost:${port}`,
      '127.0.0.1',
      `127.0.0.1.evil.example:${port}`,
    ]) {
      const { status, headers, text } = await page.get(id, { host })
      expect({ host, status }).toEqual({ host, status: 421 })
      expect(headers).toMatchObject(CLOSED)
      expect(text).not.toContain('Ada')
    }
  })

  test('a request again and again, and that decides nothing', async () => {
    await using page = await openPage()
    const id = await page.ask()
    for (const path of [`?decision=approved&approver=grace&passphrase=${PASSPHRASE}`, '']) {
      expect((await page.get(id + path.replaceAll(' ', '+'))).status).toBe(200)
    }
    expect(await page.stateOf(id)).toBe('pending')
    expect(await page.journal()).toEqual([])
  })

  test('an id as people type it', async () => {
    await using page = await openPage()
    const id = await page.ask()
    expect((await page.get(id.toLowerCase().replaceAll('-', ''))).text).toContain(id)
  })
})

describe('a decision', () => {
  test('is taken from the right approver, told on the same page, and journalled with who and where', async () => {
    await using page = await openPage()
    const id = await page.ask()
    const decided = await page.submit(id, { approver: 'Grace' })
    const { status, headers } = decided
    expect({ status, location: headers.location }).toEqual({ status: 303, location: `/approvals/${id}` })
    expect(headers).toMatchObject(CLOSED)
    expect(await page.approvals.get(id)).toMatchObject({ state: 'approved', by: 'grace', how: 'page' })
    expect(await page.journal()).toMatchObject([
      {
        event: 'approved',
        call: 'call-1',
        tool: 'deactivate_user',
        caller: 'local:bot',
        approval: { id, by: 'grace', how: 'page' },
        note: 'on the approval page, from 127.0.0.1',
      },
    ])
    const { text } = await page.get(id, cookiesOf(decided))
    expect(text).toContain('Approved by grace')
    expect(text).not.toContain('<form')
  })

  test('can be a no', async () => {
    await using page = await openPage()
    const id = await page.ask()
    const denied = await page.submit(id, { decision: 'denied' })
    expect(denied.status).toBe(303)
    expect(await page.stateOf(id)).toBe('denied')
    expect((await page.get(id, cookiesOf(denied))).text).toContain('Denied by grace')
  })

  test.each([
    ['a wrong passphrase', { passphrase: 'a wrong passphrase' }],
    ['no passphrase', { passphrase: '' }],
    ['somebody who may not approve', { approver: 'eve' }],
    ['nobody', { approver: '' }],
  ])('is not taken with %s, which is journalled without the passphrase', async (_, fields) => {
    await using page = await openPage()
    const id = await page.ask()
    const { status, text } = await page.submit(id, fields)
    expect(status).toBe(403)
    expect(text).toContain('role="alert"')
    expect(text).toContain('Nothing was decided')
    expect(text).not.toContain('a wrong passphrase"')
    expect(await page.stateOf(id)).toBe('pending')
    const lines = await page.journal()
    expect(lines).toMatchObject([{ event: 'refused', code: 'refused', approval: { id, how: 'page' } }])
    expect(lines[0]?.note).toContain('wrong passphrase')
    expect(JSON.stringify(lines)).not.toContain('a wrong passphrase')
  })

  test('keeps what was typed right, but never the passphrase', async () => {
    await using page = await openPage()
    const { text } = await page.submit(await page.ask(), {
      decision: 'denied',
      passphrase: 'not-this-one-either',
    })
    expect(text).toMatch(/value="denied"[^>]* checked/)
    expect(text).toContain('value="grace"')
    expect(text).not.toContain('not-this-one-either')
  })

  test('is slowed down after wrong passphrases, the right one too, and says until when', async () => {
    await using page = await openPage()
    const id = await page.ask()
    for (let wrong = 0; wrong < 5; wrong += 1) {
      expect((await page.submit(id, { passphrase: 'a wrong passphrase' })).status).toBe(403)
    }
    const { status, headers, text } = await page.submit(id)
    expect(status).toBe(429)
    expect(Number(headers['retry-after'])).toBeGreaterThan(0)
    expect(text).toContain('Too many wrong passphrases')
    expect(await page.stateOf(id)).toBe('pending')
  })

  test('has to be one of two', async () => {
    await using page = await openPage()
    const id = await page.ask()
    for (const decision of ['', 'APPROVED', 'pending', 'constructor']) {
      expect((await page.submit(id, { decision })).status).toBe(422)
    }
    expect(await page.stateOf(id)).toBe('pending')
  })

  test('is taken once', async () => {
    await using page = await openPage()
    const id = await page.ask()
    const late = await page.filled(id, { decision: 'denied' })
    expect((await page.submit(id)).status).toBe(303)
    const { status, text } = await page.send(late)
    expect(status).toBe(409)
    expect(text).toMatch(/already approved\./)
    expect(await page.stateOf(id)).toBe('approved')
  })

  test('is taken once, when 20 are sent at once', async () => {
    await using page = await openPage()
    const id = await page.ask()
    const forms = await Promise.all(
      Array.from({ length: 20 }, (_, at) => page.filled(id, { decision: at % 2 ? 'approved' : 'denied' })),
    )
    const statuses = (await Promise.all(forms.map((form) => page.send(form)))).map(({ status }) => status)
    expect(statuses.filter((status) => status === 303)).toHaveLength(1)
    expect(statuses.filter((status) => ![303, 409, 429].includes(status))).toEqual([])
    const state = await page.stateOf(id)
    const counted = (await page.journal()).filter(({ event }) => event === 'failed').length
    expect(
      (await page.journal()).filter(({ event }) => event === 'approved' || event === 'denied'),
    ).toHaveLength(counted + 1)
    expect(state).toMatch(/^(approved|denied)$/)
  })

  test('of two people is taken one by one, and the page says how far it has come', async () => {
    await using page = await openPage()
    await page.approvers.add('chief', PASSPHRASE)
    const id = await page.ask({ approvers: 2, fourEyes: true, caller: 'local:eve' })
    const fresh = (await page.get(id)).text
    expect(fresh).toContain('Waiting for a decision, 0 of 2')
    expect(fresh).toContain('2 approvers, not local:eve, who asked for it')
    const first = await page.submit(id)
    expect(first.status).toBe(303)
    const { text } = await page.get(id, cookiesOf(first))
    expect(text).toContain('Waiting for a decision, 1 of 2')
    expect(text).toMatch(/Approved so far.*<strong>grace<\/strong>.*Another person must approve/s)
    expect(text).toContain('<form')
    expect(await page.stateOf(id)).toBe('pending')

    const again = await page.submit(id)
    expect(again.status).toBe(403)
    expect(again.text).toContain('grace has already approved this')
    expect((await page.submit(id, { approver: 'chief' })).status).toBe(303)
    expect((await page.get(id, cookiesOf(first))).text).toContain('Approved by grace, chief')
    expect((await page.journal()).map(({ event, approval }) => [event, approval?.by])).toEqual([
      ['approved', 'grace'],
      ['refused', undefined],
      ['approved', 'chief'],
    ])
  })

  test('of the one who asked is not taken where four eyes are wanted', async () => {
    await using page = await openPage()
    const id = await page.ask({ fourEyes: true, caller: 'local:Grace' })
    const { status, text } = await page.submit(id)
    expect(status).toBe(403)
    expect(text).toContain('may be the requester')
    expect(await page.stateOf(id)).toBe('pending')
    expect((await page.submit(id, { decision: 'denied' })).status).toBe(303)
  })

  test('comes too late once the request has expired', async () => {
    await using page = await openPage()
    const id = await page.ask()
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime(Date.now() + APPROVAL_TTL_MS - 60_000)
    const form = await page.filled(id)
    expect((await page.get(id)).text).toContain('in 1 minute')
    vi.setSystemTime(Date.now() + 60_000)
    const { text } = await page.get(id)
    expect(text).toContain('Expired')
    expect(text).not.toContain('<form')
    const late = await page.send(form)
    expect(late.status).toBe(410)
    expect(late.text).toContain('has expired')
    expect(await page.stateOf(id)).toBe('pending')
    await expect(page.approvals.use(id, 'digest-1')).rejects.toMatchObject({ code: 'approval_void' })
  })

  test('that nobody used says so when the request has expired', async () => {
    await using page = await openPage()
    const id = await page.ask()
    vi.useFakeTimers({ toFake: ['Date'] })
    const approved = await page.submit(id, { decision: 'approved' })
    expect(approved.status).toBe(303)
    vi.setSystemTime(Date.now() + APPROVAL_TTL_MS)
    const { text } = await page.get(id, cookiesOf(approved))
    expect(text).toMatch(/Approved by grace, .*<\/strong>, and not used by/s)
    expect(text).not.toContain('without a decision')
  })

  test('is not taken that cannot be journalled', async () => {
    await using page = await openPage()
    const id = await page.ask()
    vi.spyOn(page.parts.journal, 'append').mockRejectedValue(new Error('no room on the disk'))
    expect((await page.submit(id)).status).toBe(500)
    expect(await page.stateOf(id)).toBe('pending')
    expect(page.warned).toHaveLength(1)
  })

  test('waits for somebody to be set up who may take it', async () => {
    await using page = await openPage()
    await page.approvers.remove('grace')
    const { text } = await page.get(await page.ask())
    expect(text).toContain('identity-mcp approvers add NAME')
    expect(text).not.toContain('<form')
  })
})

describe('a change of weight', () => {
  test.each([
    ['nothing', ''],
    ['another name', 'grace@example.com'],
    ['a part of it', 'ada'],
  ])('is not approved with %s typed, and that costs no try of the passphrase', async (_, typed) => {
    await using page = await openPage()
    const id = await page.ask({ mustType: 'ada@example.com' })
    for (let times = 0; times < 6; times += 1) {
      const { status, text } = await page.submit(id, { typed })
      expect(status).toBe(422)
      expect(text).toContain('href="#typed"')
    }
    expect(await page.stateOf(id)).toBe('pending')
    expect((await page.submit(id, { typed: ' ADA@example.com ' })).status).toBe(303)
    expect(await page.stateOf(id)).toBe('approved')
  })

  test('is denied without it', async () => {
    await using page = await openPage()
    const id = await page.ask({ mustType: '25' })
    expect((await page.get(id)).text).toContain('type the number of accounts')
    expect((await page.submit(id, { decision: 'denied' })).status).toBe(303)
  })
})

describe('a form from elsewhere', () => {
  test.each<[string, Record<string, string>, number]>([
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 403],
    ['another site that hides', { 'sec-fetch-site': 'cross-site', origin: 'null' }, 403],
    ['another port of this machine', { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:1' }, 403],
    ['no page at all', { 'sec-fetch-site': 'none' }, 403],
    [
      'a forged site with a foreign origin',
      { 'sec-fetch-site': 'same-origin', origin: 'http://127.0.0.1:1' },
      403,
    ],
    ['a browser that tells nothing', {}, 403],
    ['an older browser, from elsewhere', { origin: 'https://evil.example' }, 403],
    ['an older browser that hides', { origin: 'null' }, 403],
    ['the page itself', { 'sec-fetch-site': 'same-origin' }, 303],
    ['the page itself in an older browser', { origin: 'SELF' }, 303],
  ])('sent by %s', async (_, sentBy, expected) => {
    await using page = await openPage()
    const id = await page.ask()
    const form = await page.filled(id)
    const origin = sentBy.origin === 'SELF' ? { origin: page.origin } : {}
    const type = 'application/x-www-form-urlencoded'
    const { status, headers } = await page.send({
      ...form,
      headers: { 'content-type': type, ...sentBy, ...origin },
    })
    expect(status).toBe(expected)
    expect(headers).toMatchObject(CLOSED)
    expect(await page.stateOf(id)).toBe(expected === 303 ? 'approved' : 'pending')
    if (expected === 403) expect(await page.journal()).toEqual([])
  })

  test.each([
    ['no token', async () => ''],
    ['a made-up token', async () => 'eyJ9.AAAA'],
    [
      'the token of another request',
      async (page: Awaited<ReturnType<typeof openPage>>) => {
        const other = await page.ask({ digest: 'digest-2' })
        return new URLSearchParams((await page.filled(other)).body).get('token') ?? ''
      },
    ],
  ])('with %s is shown anew, and no passphrase is tried', async (_, tokenFrom) => {
    await using page = await openPage()
    const id = await page.ask()
    const { status, text } = await page.submit(id, {
      token: await tokenFrom(page),
      passphrase: 'a wrong passphrase',
    })
    expect(status).toBe(403)
    expect(text).toContain('<form')
    expect(await page.stateOf(id)).toBe('pending')
    expect(await page.journal()).toEqual([])
  })

  test.each([
    ['JSON', 'application/json', '{"decision":"approved"}', 415],
    ['plain text', 'text/plain', 'decision=approved', 415],
    ['several parts', 'multipart/form-data; boundary=x', '--x--', 415],
    [
      'far too much',
      'application/x-www-form-urlencoded',
      `decision=approved&approver=${'x'.repeat(1_000_000)}`,
      413,
    ],
  ])('of %s is not read', async (_, type, body, expected) => {
    await using page = await openPage()
    const id = await page.ask()
    const headers = { 'content-type': type, 'sec-fetch-site': 'same-origin' }
    const { status } = await page.send({ method: 'POST', path: `/approvals/${id}`, headers, body })
    expect(status).toBe(expected)
    expect(await page.stateOf(id)).toBe('pending')
  })
})
