// @module-tag long

import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createIdentityServer } from '../../src/library.ts'
import { type ScimApp, startScimApp } from '../../src/sandbox/scim-app.ts'
import portal from '../fixtures/vendors/pagerduty.ts'
import { connect } from '../support/clients.ts'
import { PEOPLE } from '../support/world.ts'

const ROOT = join(import.meta.dirname, '../..')
const ADA = 'ada@example.com'

let folder: string
let app: ScimApp
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'library-'))
  app = await startScimApp()
})
afterEach(async () => {
  await app.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The example as somebody has it who installed the package: outside of it, and by its name. */
function installExample(): string {
  const place = join(folder, 'private-vendor')
  cpSync(join(ROOT, 'examples/private-vendor'), place, { recursive: true })
  mkdirSync(join(place, 'node_modules'))
  symlinkSync(ROOT, join(place, 'node_modules', 'identity-mcp-server'))
  return place
}

const open = async (more: Record<string, string> = {}) => {
  const env = {
    ...{
      PATH: process.env.PATH ?? '',
      HOME: folder,
      PORTAL_URL: app.scimUrl,
      PORTAL_DATA: join(folder, 'data'),
    },
    ...{ PORTAL_TOKEN: app.tokens.scim.value, ...more },
  }
  const launch = {
    command: process.execPath,
    args: [join(installExample(), 'server.mjs')],
    env,
    stderr: () => {},
  }
  const client = await connect('modern', launch, 'test-client', { person: PEOPLE.accept })
  return {
    call: async (name: string, args: object = {}) =>
      JSON.parse((await client.callTool(name, args)).content?.[0]?.text ?? 'null'),
    close: () => client.close(),
  }
}
const LEAVES = { user: ADA, tenants: ['acme-portal'], reason: 'left' }

describe('the example of a private vendor', () => {
  test('finds and deactivates people in an app of its own, and has a tool of its own', async () => {
    const { call, close } = await open()
    expect(await call('find_user', { user: ADA })).toMatchObject({
      people: [{ accounts: [{ tenant: 'acme-portal', vendor: 'portal' }] }],
    })
    expect(await call('helpdesk_hours')).toEqual({ hours: 'Monday to Friday, 8 to 18' })
    expect(await call('deactivate_user', LEAVES)).toMatchObject({
      status: 'done',
      results: [{ verified: true }],
    })
    expect(app.user(ADA)).toMatchObject({ active: false })
    await close()
  })

  test('has a guard of its own, which refuses before anybody is asked', async () => {
    const { call, close } = await open({ AUDIT_FREEZE: '1' })
    expect(await call('deactivate_user', LEAVES)).toMatchObject({ error: { code: 'refused' } })
    expect(app.user(ADA)).toMatchObject({ active: true })
    expect(await call('find_user', { user: ADA })).toMatchObject({ people: [{}] })
    await close()
  })
})

describe('createIdentityServer', () => {
  const settings = (vendor: string) => ({
    tenants: { acme: { vendor, url: app.scimUrl, tokens: { scim: 'env:TOKEN' } } },
    dataDir: join(folder, 'data'),
  })

  test('names every problem of its settings', async () => {
    await expect(createIdentityServer(settings('nobody'), { env: {} })).rejects.toThrow(/must be one of/)
  })

  test('takes no second vendor of a name', async () => {
    const making = createIdentityServer(settings('scim'), {
      vendors: [portal, portal],
      env: { TOKEN: 'a-token-of-it' },
    })
    await expect(making).rejects.toThrow('two vendors named pagerduty')
  })
})

test('the types of the package check a program that uses it', () => {
  // As it is installed: zod and the types of Node beside it.
  const modules = join(folder, 'node_modules')
  const own = join(modules, 'identity-mcp-server')
  mkdirSync(own, { recursive: true })
  cpSync(join(ROOT, 'package.json'), join(own, 'package.json'))
  for (const name of ['zod', '@types']) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
  execFileSync(process.execPath, ['scripts/build-types.mjs', join(own, 'dist/types')], { cwd: ROOT })
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(
    join(folder, 'uses.ts'),
    `import { createIdentityServer, defineVendor, type CallGuard } from 'identity-mcp-server'
const guard: CallGuard = async (call, next) => next(call)
const server = await createIdentityServer({}, { guards: [guard] })
await server.serve()
// @ts-expect-error: a vendor has facts
defineVendor({ name: 'x', title: 'X' })
// @ts-expect-error: there is no such addition
await createIdentityServer({}, { plugins: [] })
`,
  )
  const words = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2023']
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  const { stdout } = spawnSync(process.execPath, [tsc, ...words, '--types', 'node', 'uses.ts'], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(stdout).toBe('')
})
