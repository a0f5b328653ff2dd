import { describe, expect, test } from 'vitest'
import { openSandbox } from './asking.ts'

const TOKEN = /sandbox-(scim|rest)-/

describe('the log', () => {
  test('tells what arrived and how it was answered, and never a token', async () => {
    await using sandbox = await openSandbox()
    await sandbox.scim('GET', `/Users?count=1&x=${sandbox.tokens.rest}`)
    await sandbox.scim('POST', '/Users', { body: { userName: 'di@example.com' } })
    expect(sandbox.netskope.arrivals).toEqual([
      {
        at: expect.any(Number),
        method: 'GET',
        path: '/api/v2/scim/Users',
        query: 'count=1&x=[token]',
        status: 200,
        token: 'scim',
      },
      {
        at: expect.any(Number),
        method: 'POST',
        path: '/api/v2/scim/Users',
        query: '',
        status: 201,
        token: 'scim',
        body: { userName: 'di@example.com' },
      },
    ])
    expect(JSON.stringify(sandbox.netskope.arrivals)).not.toMatch(TOKEN)
    expect(sandbox.netskope.writes).toHaveLength(1)
  })
})

describe('the control routes', () => {
  test('set, show and end faults, without a token', async () => {
    await using sandbox = await openSandbox()
    const faults = async (method: string, body?: string) => {
      const response = await fetch(`${sandbox.url}/_sandbox/faults`, { method, ...(body && { body }) })
      return [response.status, await response.json()]
    }
    const wanted = [{ fault: '429-storm' }, { fault: 'slow', method: 'PATCH', ms: 200 }]
    expect(await faults('PUT', JSON.stringify(['429-storm', wanted[1]]))).toEqual([200, wanted])
    expect(await faults('GET')).toEqual([200, wanted])
    expect((await sandbox.scim('GET', '/Users')).status).toBe(429)
    expect(await faults('DELETE')).toEqual([200, []])
    expect((await sandbox.scim('GET', '/Users')).status).toBe(200)
  })

  test.each([
    '',
    '{}',
    '[1]',
    '["no-such"]',
    '[{"fault":"slow","when":1}]',
    '[{"fault":"slow","ms":"1"}]',
    '[{"fault":"toString"}]',
  ])('refuse the faults %j and keep those in force', async (body) => {
    await using sandbox = await openSandbox({ faults: ['slow'] })
    const { status } = await fetch(`${sandbox.url}/_sandbox/faults`, { method: 'PUT', body })
    expect(status).toBe(400)
    expect(sandbox.netskope.faults.list()).toEqual([{ fault: 'slow' }])
  })

  test('count what arrived, themselves left out', async () => {
    let now = 0
    await using sandbox = await openSandbox({ now: () => now, perMinute: 2 })
    for (now of [0, 1, 2, 70_000]) await sandbox.scim('GET', '/Users?count=1')
    const summary = async (query = '') => (await fetch(`${sandbox.url}/_sandbox/arrivals${query}`)).json()
    expect(await summary()).toEqual({
      total: 4,
      mostInAnyMinute: 3,
      byStatus: { 200: 3, 429: 1 },
      byToken: { scim: { total: 4, mostInAnyMinute: 3 } },
    })
    expect(await summary('?since=2')).toMatchObject({ total: 2, mostInAnyMinute: 1 })
  })

  test('explain themselves', async () => {
    await using sandbox = await openSandbox()
    const text = await (await fetch(`${sandbox.url}/_sandbox`)).text()
    expect(text).toContain('filter-ignored')
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  })
})

test('ends at once, whatever is under way', async () => {
  await using sandbox = await openSandbox({
    faults: [
      { fault: 'slow', path: '/Users', ms: 60_000 },
      { fault: 'hang', path: '/Groups' },
    ],
  })
  const open = Promise.allSettled([sandbox.scim('GET', '/Users'), sandbox.scim('GET', '/Groups')])
  await expect.poll(() => sandbox.netskope.arrivals.length).toBe(2)
  const started = performance.now()
  await sandbox.close()
  expect((await open).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(performance.now() - started).toBeLessThan(800)
})

test('rejects a port that is taken', async () => {
  await using sandbox = await openSandbox()
  await expect(openSandbox({ port: Number(new URL(sandbox.url).port) })).rejects.toThrow('EADDRINUSE')
})

test('answers on the loopback address alone, with settings that lead there', async () => {
  await using sandbox = await openSandbox()
  expect(sandbox.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  expect(sandbox.settings).toEqual({
    tenants: {
      'acme-netskope': {
        vendor: 'netskope',
        url: sandbox.url,
        tokens: { scim: 'env:SANDBOX_NETSKOPE_SCIM_TOKEN', rest: 'env:SANDBOX_NETSKOPE_REST_TOKEN' },
      },
    },
  })
})
