import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { serveCanned } from '../support/canned.ts'
import { AUTHORITY, openConnectProxy, openTlsApp } from '../support/corporate-network.ts'
import { MAIN } from '../support/main.ts'

const tenant = (url: string, more: object = {}) => ({
  vendor: 'scim',
  url,
  tokens: { scim: 'env:TOKEN' },
  maxRetries: 0,
  ...more,
})

/** Runs `check` on these settings, as a person would. */
async function check(settings: object, env: Record<string, string> = {}) {
  const home = mkdtempSync(join(tmpdir(), 'check-'))
  const file = join(home, 'settings.json')
  writeFileSync(file, JSON.stringify(settings))
  try {
    return await new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
      const child = spawn(process.execPath, [MAIN, 'check', '--config', file], {
        env: { PATH: process.env.PATH, HOME: home, TOKEN: 'a-token-of-acme', ...env },
        cwd: home,
      })
      const said = { out: '', err: '' }
      child.stdout.on('data', (piece) => {
        said.out += String(piece).replace(/\s+/g, ' ')
      })
      child.stderr.on('data', (piece) => {
        said.err += String(piece)
      })
      child.stdin.end()
      child.on('close', (code) => resolve({ code, ...said }))
    })
  } finally {
    rmSync(home, { recursive: true })
  }
}

describe('check tells', () => {
  test('that a certificate is not trusted, and how to trust it; then all is well', async () => {
    await using app = await openTlsApp()
    const acme = tenant(`https://localhost:${app.port}/scim`)
    const refused = await check({ tenants: { acme } })
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.out).toMatch(/unreachable .*issued by "Acme Inspection CA".* setting `ca`/)
    expect(refused.out).not.toContain('Check `url`')
    expect(await check({ tenants: { acme }, ca: AUTHORITY })).toMatchObject({ code: 0 })
    expect(await check({ tenants: { acme } }, { NODE_EXTRA_CA_CERTS: AUTHORITY })).toMatchObject({ code: 0 })
  })

  test('nothing wrong behind a proxy of the environment that inspects TLS', async () => {
    await using app = await openTlsApp()
    await using proxy = await openConnectProxy({ port: app.port })
    const acme = tenant('https://app.example/scim')
    const env = { HTTPS_PROXY: proxy.url }
    expect(await check({ tenants: { acme }, ca: AUTHORITY }, env)).toMatchObject({ code: 0, err: '' })
    expect(new Set(proxy.asked)).toEqual(new Set(['CONNECT app.example:443']))
    expect(app.asked.length).toBeGreaterThan(0)
  })

  test('a proxy that refuses from an app that is not there, and from one that has no SCIM', async () => {
    await using proxy = await openConnectProxy({ status: 403 })
    await using page = await serveCanned(() => ({
      raw: '<html>hello</html>',
      headers: { 'content-type': 'text/html' },
    }))
    await using failing = await serveCanned(() => ({ status: 503, body: {} }))
    const { code, out } = await check({
      tenants: {
        barred: tenant('https://app.example', { proxy: proxy.url }),
        nameless: tenant('https://no-such-host.invalid'),
        page: tenant(page.url),
        failing: tenant(failing.url),
      },
    })
    expect(code).toBe(1)
    expect(out).toMatch(
      /barred .*unreachable .*The proxy 127\.0\.0\.1:\d+ refuses to connect to app\.example/,
    )
    expect(out).toMatch(/nameless .*DNS (knows no host|does not answer for) no-such-host\.invalid/)
    expect(out).toMatch(/page .*wrong_address .*There is no such API at the address/)
    expect(out).toMatch(/failing .*unreachable/)
  })

  test('that Redis is gone, in sentences', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    await new Promise((resolve) => server.close(resolve))
    await using app = await serveCanned(() => ({ body: { totalResults: 0, Resources: [] } }))
    const settings = { tenants: { acme: tenant(app.url) }, store: `redis://127.0.0.1:${port}` }
    const { code, out, err } = await check(settings)
    expect(code).toBe(1)
    expect(out).toMatch(/✗ store .* It is unavailable/)
    expect(err).not.toMatch(/[{}]|^\s+at /m)
    expect(err.split('\n').every((line) => line === '' || /^note: [^{]*$/.test(line))).toBe(true)
    // Whoever looks for the cause can still have it.
    expect((await check(settings, { IDENTITY_MCP_LOG: 'error' })).err).toContain('"level":"error"')
  }, 60_000)
})
