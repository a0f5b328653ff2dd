import { describe, expect, test } from 'vitest'
import type { NetskopeFault } from '../../src/sandbox/index.ts'
import { FAULT_KINDS } from '../../src/sandbox/index.ts'
import { AUDIT, filtered, openSandbox, rows, type ScimQuirk } from './asking.ts'

type Sandbox = Awaited<ReturnType<typeof openSandbox>>

const byPath = { op: 'replace', path: 'active', value: false }
const withoutPath = { op: 'replace', value: { active: false } }
const NOBODY = filtered('userName eq "nobody@example.com"')
const ADA = filtered('userName eq "ada@example.com"')

const adaPath = ({ netskope }: Sandbox) => `/Users/${netskope.user('ada@example.com').id}`
const deactivate = (sandbox: Sandbox, operation: unknown = byPath) =>
  sandbox.patch(adaPath(sandbox), operation)
const isActive = ({ netskope }: Sandbox) => netskope.user('ada@example.com').active

/** What each fault does, told by what is seen from outside; the quirks of SCIM are seen elsewhere. */
const SEEN: Record<Exclude<NetskopeFault, ScimQuirk>, (sandbox: Sandbox) => Promise<void>> = {
  async '429-storm'(sandbox) {
    const { status, headers } = await sandbox.scim('GET', '/Users')
    expect(status).toBe(429)
    expect([...headers.keys()].filter((name) => /retry-after|ratelimit/.test(name))).toEqual([])
  },
  async '429-retry-after'(sandbox) {
    const { status, headers } = await sandbox.scim('GET', '/Users')
    expect([status, headers.get('retry-after')]).toEqual([429, '1'])
  },
  async 'limit-as-403'(sandbox) {
    const { status, headers } = await sandbox.scim('GET', '/Users')
    expect([status, headers.get('x-ratelimit-remaining')]).toEqual([403, '0'])
  },
  async '429-date'(sandbox) {
    const { status, headers } = await sandbox.scim('GET', '/Users')
    const [date, then] = [headers.get('date'), headers.get('retry-after')].map((text) =>
      Date.parse(text ?? ''),
    )
    expect([status, Number(then) - Number(date)]).toEqual([429, 2_000])
  },
  async '429-zero'(sandbox) {
    const { status, headers } = await sandbox.scim('GET', '/Users')
    expect([status, headers.get('retry-after')]).toEqual([429, '0'])
  },
  async '429-in-200'(sandbox) {
    const { status, json } = await sandbox.scim('GET', '/Users')
    expect([status, json.error]).toMatchObject([200, { code: 429 }])
  },
  async unavailable(sandbox) {
    const { status, headers } = await sandbox.scim('GET', '/Users')
    expect([status, headers.get('retry-after')]).toEqual([503, null])
  },
  async 'unavailable-for'(sandbox) {
    const { status, headers } = await sandbox.scim('GET', '/Users')
    expect([status, headers.get('retry-after')]).toEqual([503, '1'])
  },
  async 'server-error'(sandbox) {
    expect((await deactivate(sandbox)).status).toBe(500)
    sandbox.netskope.faults.set([{ fault: 'server-error', status: 504 }])
    expect((await deactivate(sandbox)).status).toBe(504)
    expect(isActive(sandbox)).toBe(true)
  },
  async 'error-after-work'(sandbox) {
    expect((await deactivate(sandbox)).status).toBe(500)
    expect(isActive(sandbox)).toBe(false)
  },
  async 'redirect-elsewhere'(sandbox) {
    const path = '/api/v2/scim/Users?count=1'
    const reply = await fetch(sandbox.url + path, {
      redirect: 'manual',
      headers: { 'netskope-api-token': sandbox.tokens.scim },
    })
    const location = new URL(reply.headers.get('location') ?? '')
    expect([reply.status, location.origin === sandbox.url]).toEqual([302, false])
    expect((await sandbox.scim('GET', '/Users?count=1')).json.totalResults).toBe(250) // fetch follows
    expect(sandbox.netskope.arrivals).toHaveLength(3)
  },
  async 'slash-redirect'(sandbox) {
    const path = '/api/v2/scim/Users'
    const headers = { 'netskope-api-token': sandbox.tokens.scim }
    const reply = await fetch(`${sandbox.url}${path}?count=1`, { redirect: 'manual', headers })
    expect([reply.status, reply.headers.get('location')]).toEqual([301, `${path}/?count=1`])
    expect((await sandbox.scim('GET', '/Users/?count=1')).json.totalResults).toBe(250)
  },
  async 'no-accept-with-delete'(sandbox) {
    const url = `${sandbox.url}/api/v2/scim${adaPath(sandbox)}`
    const headers = { 'netskope-api-token': sandbox.tokens.scim }
    // fetch always says what it accepts.
    expect((await fetch(url, { method: 'DELETE', headers })).status).toBe(406)
    expect((await fetch(url, { headers })).status).toBe(200)
  },
  async 'agent-required'(sandbox) {
    const { hostname, port } = new URL(sandbox.url)
    const { get } = await import('node:http') // fetch always says who it is
    const status = await new Promise((resolve) =>
      get({ hostname, port, path: '/api/v2/scim/Users' }, (reply) => resolve(reply.resume().statusCode)),
    )
    expect(status).toBe(403)
    expect((await sandbox.scim('GET', '/Users')).status).toBe(200)
  },
  async slow(sandbox) {
    sandbox.netskope.faults.set([{ fault: 'slow', ms: 60_000 }])
    await expect(sandbox.scim('DELETE', adaPath(sandbox), { timeout: 200 })).rejects.toThrow()
    await expect.poll(() => sandbox.netskope.users.length).toBe(249)
  },
  async 'late-work'(sandbox) {
    sandbox.netskope.faults.set([{ fault: 'late-work', ms: 400 }])
    await expect(sandbox.scim('DELETE', adaPath(sandbox), { timeout: 50 })).rejects.toThrow()
    expect(sandbox.netskope.users).toHaveLength(250)
    await expect.poll(() => sandbox.netskope.users.length).toBe(249)
  },
  async 'lost-reply'(sandbox) {
    await expect(deactivate(sandbox)).rejects.toThrow()
    expect(isActive(sandbox)).toBe(false)
  },
  async reset(sandbox) {
    await expect(deactivate(sandbox)).rejects.toThrow()
    expect(isActive(sandbox)).toBe(true)
  },
  async hang(sandbox) {
    await expect(sandbox.scim('GET', '/Users', { timeout: 100 })).rejects.toThrow()
    await expect.poll(() => sandbox.netskope.arrivals.length).toBe(1)
    expect(sandbox.netskope.arrivals[0]).not.toHaveProperty('status')
  },
  async 'html-errors'(sandbox) {
    const { status, headers } = await sandbox.scim('GET', '/Users')
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html'])
  },
  async 'bad-gateway'(sandbox) {
    const { status, text } = await sandbox.scim('GET', '/Users')
    expect(status).toBe(502)
    expect(text).toContain('<html>')
  },
  async 'empty-reply'(sandbox) {
    const { status, text } = await sandbox.scim('POST', '/Users', { body: { userName: 'di@example.com' } })
    expect([status, text]).toEqual([201, ''])
    expect(sandbox.netskope.user('di@example.com').active).toBe(true)
  },
  async oversized(sandbox) {
    const { text } = await sandbox.scim('GET', '/Users?count=1')
    expect(text.length).toBeGreaterThan(16 * 1024 * 1024)
  },
  async 'patch-unsupported'(sandbox) {
    expect((await deactivate(sandbox)).status).toBe(405)
    sandbox.netskope.faults.set([{ fault: 'patch-unsupported', status: 501 }])
    expect((await deactivate(sandbox)).status).toBe(501)
    expect(isActive(sandbox)).toBe(true)
  },
  async 'patch-path-only'(sandbox) {
    expect((await deactivate(sandbox, withoutPath)).status).toBe(400)
    expect((await deactivate(sandbox, byPath)).status).toBe(204)
  },
  async 'patch-pathless-only'(sandbox) {
    expect((await deactivate(sandbox, byPath)).json.scimType).toBe('invalidPath')
    expect((await deactivate(sandbox, withoutPath)).status).toBe(204)
  },
  async 'patch-status-object'(sandbox) {
    const { status, json } = await deactivate(sandbox)
    expect([status, json.status]).toEqual([200, '204'])
    expect(isActive(sandbox)).toBe(false)
  },
  async 'patch-ignored'(sandbox) {
    expect((await deactivate(sandbox)).status).toBe(204)
    expect(isActive(sandbox)).toBe(true)
  },
  async 'filter-ignored'(sandbox) {
    expect((await sandbox.scim('GET', `/Users${NOBODY}`)).json.totalResults).toBe(250)
  },
  async 'filter-refused'(sandbox) {
    expect((await sandbox.scim('GET', `/Users${NOBODY}`)).json.scimType).toBe('invalidFilter')
    expect((await sandbox.scim('GET', '/Users')).status).toBe(200)
    sandbox.netskope.faults.set([{ fault: 'filter-refused', status: 501 }])
    expect((await sandbox.scim('GET', `/Users${NOBODY}`)).status).toBe(501)
  },
  async 'paging-ignored'(sandbox) {
    const pages = [await sandbox.scim('GET', '/Users'), await sandbox.scim('GET', '/Users?startIndex=101')]
    expect(pages[0]?.json).toEqual(pages[1]?.json)
  },
  async 'offset-ignored'(sandbox) {
    const pages = [await sandbox.ask('GET', AUDIT), await sandbox.ask('GET', `${AUDIT}?offset=10&skip=10`)]
    expect(pages[0]?.json).toEqual(pages[1]?.json)
  },
  async 'audit-data-key'(sandbox) {
    const { json } = await sandbox.ask('GET', `${AUDIT}?limit=1`)
    expect(json).toEqual({
      ok: 1,
      data: [{ timestamp: expect.any(Number), user: expect.any(String), action: expect.any(String) }],
    })
  },
  async eventual() {
    let now = 1_000_000
    await using sandbox = await openSandbox({ faults: [{ fault: 'eventual', ms: 200 }], now: () => now })
    const seen = async () => (await sandbox.scim('GET', adaPath(sandbox))).json.active
    await deactivate(sandbox)
    expect(isActive(sandbox)).toBe(false)
    now += 199
    expect(await seen()).toBe(true)
    now += 1
    expect(await seen()).toBe(false)
  },
  async 'ok-zero'(sandbox) {
    const { status, json } = await sandbox.ask('GET', AUDIT)
    expect([status, json.ok]).toEqual([200, 0])
  },
  async 'sso-inactive'(sandbox) {
    expect((await sandbox.scim('GET', '/Users')).json).toMatchObject({
      status: '400',
      detail: expect.stringContaining('SSO'),
    })
    expect((await sandbox.ask('GET', AUDIT)).status).toBe(200)
  },
  async 'string-booleans'(sandbox) {
    expect((await sandbox.scim('GET', adaPath(sandbox))).json.active).toBe('True')
    expect(rows(await sandbox.scim('GET', `/Users${ADA}`))[0]?.active).toBe('True')
  },
  async 'members-hidden'(sandbox) {
    const { id } = sandbox.netskope.group('Engineering')
    expect((await sandbox.scim('GET', `/Groups/${id}?attributes=members`)).json).not.toHaveProperty('members')
  },
  async 'duplicate-user'(sandbox) {
    const found = rows(await sandbox.scim('GET', `/Users${ADA}`))
    expect(found.map(({ userName }) => userName)).toEqual(['ada@example.com', 'ADA@EXAMPLE.COM'])
    expect(found[0]?.id).not.toBe(found[1]?.id)
  },
  async 'echo-token'(sandbox) {
    expect((await sandbox.scim('GET', adaPath(sandbox))).json.displayName).toContain(sandbox.tokens.scim)
    expect((await sandbox.scim('GET', '/Users/nobody')).json.detail).toContain(sandbox.tokens.scim)
  },
}

describe('the fault', () => {
  test.each(Object.entries(SEEN))('%s does what it says', async (fault, seen) => {
    await using sandbox = await openSandbox({ faults: [fault as NetskopeFault] }) // the keys are the names
    await seen(sandbox)
  })

  test.each(Object.entries(FAULT_KINDS))('%s says so in one line of a terminal', (name, { about }) => {
    expect(`${name.padEnd(20)} ${about}`.length).toBeLessThan(80)
  })
})

describe('faults', () => {
  test('befall only the method and path they are narrowed to, as often as told', async () => {
    await using sandbox = await openSandbox({
      faults: [{ fault: 'bad-gateway', method: 'GET', path: '/Users', times: 1 }],
    })
    expect((await sandbox.scim('GET', '/Groups')).status).toBe(200)
    expect((await deactivate(sandbox)).status).toBe(204)
    expect((await sandbox.scim('GET', '/Users')).status).toBe(502)
    expect((await sandbox.scim('GET', '/Users')).status).toBe(200)
    expect(sandbox.netskope.faults.list()).toEqual([])
  })

  test('hold together', async () => {
    await using sandbox = await openSandbox({
      faults: ['filter-ignored', 'string-booleans', 'duplicate-user'],
    })
    const found = await sandbox.scim('GET', `/Users${NOBODY}`)
    expect(found.json.totalResults).toBe(251)
    expect(rows(found)[0]?.active).toBe('True')
  })

  test('end when they are cleared', async () => {
    await using sandbox = await openSandbox({ faults: ['hang'] })
    sandbox.netskope.faults.clear()
    expect((await sandbox.scim('GET', '/Users')).status).toBe(200)
  })

  test('behind the gateway do not befall those without a token', async () => {
    await using sandbox = await openSandbox({ faults: ['patch-ignored'] })
    sandbox.netskope.tokens.scim.grants = {}
    expect((await deactivate(sandbox)).status).toBe(403)
  })
})
