// @module-tag long

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { Client as OlderClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as OlderTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { describe, expect, test } from 'vitest'
import { CLIENTS, type ClientKind } from '../support/clients.ts'
import { MAIN } from '../support/main.ts'

const SECRET = 'a-token-that-must-not-be-seen'
const ACME = { vendor: 'netskope', url: 'https://acme.goskope.com', tokens: { scim: 'env:ACME_TOKEN' } }
const INFO = { name: 'test-client', version: '1.0.0' }

/** Settings in a folder of their own. Nothing here sends a request, so that no app needs to be there. */
function openDesk(tenants: Record<string, unknown> = { 'acme-netskope': ACME }, file?: string) {
  const folder = mkdtempSync(join(tmpdir(), 'identity-mcp-'))
  const config = join(folder, 'identity-mcp.json')
  writeFileSync(config, file ?? JSON.stringify({ tenants, dataDir: join(folder, 'data') }))
  const home = { PATH: process.env.PATH ?? '', HOME: folder }
  const launch = { command: process.execPath, args: [MAIN, '--config', config] }
  return {
    /** A client of either era, or of the 1.x line; all of them have the methods used here. */
    async connect(kind: ClientKind): Promise<Pick<Client, Used>> {
      const server = { ...launch, env: { ...home, ACME_TOKEN: SECRET } }
      if (kind === 'v1') {
        const client = new OlderClient(INFO)
        await client.connect(new OlderTransport(server))
        return client as unknown as Client
      }
      const mode = kind === 'modern' ? { pin: '2026-07-28' } : ('legacy' as const)
      const client = new Client(INFO, { versionNegotiation: { mode } })
      await client.connect(new StdioClientTransport(server))
      return client
    },
    run: (...words: string[]) =>
      new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
        const child = spawn(launch.command, [...launch.args, ...words], { env: home })
        const said = { out: '', err: '' }
        child.stdout.on('data', (piece) => {
          said.out += String(piece)
        })
        child.stderr.on('data', (piece) => {
          said.err += String(piece)
        })
        child.on('close', (code) => resolve({ code, ...said }))
      }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
type Used =
  | 'listResources'
  | 'listResourceTemplates'
  | 'readResource'
  | 'complete'
  | 'getServerCapabilities'
  | 'close'

const textOf = async (client: Pick<Client, Used>, uri: string) => {
  const { contents } = await client.readResource({ uri })
  const [content] = contents
  expect(content).toMatchObject({ uri, mimeType: 'text/markdown' })
  return content && 'text' in content ? content.text : ''
}

describe.each(CLIENTS)('a client (%s)', (kind) => {
  test('finds, completes and reads what there is to know about the apps', async () => {
    using desk = openDesk({ 'acme-netskope': ACME, 'beta-netskope': ACME })
    const client = await desk.connect(kind)
    expect(client.getServerCapabilities()).toMatchObject({ resources: { listChanged: false } })
    const { resources } = await client.listResources()
    expect(resources.map(({ uri }) => uri)).toEqual([
      'identity://vendors/netskope',
      'identity://tenants/acme-netskope/setup/okta',
      'identity://tenants/acme-netskope/setup/entra',
      'identity://tenants/beta-netskope/setup/okta',
      'identity://tenants/beta-netskope/setup/entra',
    ])
    const { resourceTemplates } = await client.listResourceTemplates()
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual([
      'identity://vendors/{vendor}',
      'identity://tenants/{tenant}/setup/{idp}',
      'ui://identity-mcp/{view}',
      'identity://journal/{tenant}',
      'skill://{+path}',
    ])
    const completed = await client.complete({
      ref: { type: 'ref/resource', uri: 'identity://tenants/{tenant}/setup/{idp}' },
      argument: { name: 'tenant', value: 'be' },
    })
    expect(completed.completion.values).toEqual(['beta-netskope'])

    const about = await textOf(client, 'identity://vendors/netskope')
    expect(about).toContain('Sessions stay open')
    const okta = await textOf(client, 'identity://tenants/acme-netskope/setup/okta')
    expect(okta).toContain('Base URL: `https://acme.goskope.com/api/v2/scim`')
    const entra = await textOf(client, 'identity://tenants/beta-netskope/setup/entra')
    expect(entra).toContain('Tenant URL: `https://acme.goskope.com/api/v2/scim`')
    expect(about + okta + entra).not.toContain(SECRET)
    await client.close()
  })

  test('is told what there is when it asks for something else', async () => {
    using desk = openDesk()
    const client = await desk.connect(kind)
    const read = (uri: string) => client.readResource({ uri })
    const refused = (message: RegExp) => ({ code: -32602, message: expect.stringMatching(message) })
    await expect(read('identity://tenants/nowhere/setup/okta')).rejects.toMatchObject(
      refused(/no tenant "nowhere"\. The tenants are: acme-netskope\./),
    )
    await expect(read('identity://tenants/acme-netskope/setup/ping')).rejects.toMatchObject(
      refused(/"ping"\. Available are: okta, entra\./),
    )
    await expect(read('identity://vendors/zoom')).rejects.toMatchObject(
      refused(/"zoom" is connected\. Connected are: netskope\./),
    )
    await expect(read('identity://elsewhere')).rejects.toMatchObject({ code: -32602 })
    await client.close()
  })
})

describe('identity-mcp setup', () => {
  test('says what to type, without a secret being set', async () => {
    using desk = openDesk()
    const { code, out } = await desk.run('setup', 'acme-netskope', '--idp', 'okta')
    expect(code).toBe(0)
    expect(out).toContain('Okta provisions Netskope (tenant acme-netskope)')
    expect(out).toMatch(/Base URL\n +https:\/\/acme\.goskope\.com\/api\/v2\/scim\n/)
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120)
  })

  test('says the same as JSON', async () => {
    using desk = openDesk()
    const { code, out } = await desk.run('setup', 'acme-netskope', '--idp', 'entra', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      tenant: 'acme-netskope',
      vendor: 'netskope',
      idp: 'entra',
      steps: expect.arrayContaining([expect.objectContaining({ do: expect.any(String) })]),
    })
  })

  test('names what there is for a tenant or an identity provider that it does not know', async () => {
    using desk = openDesk()
    const [tenant, idp, none] = await Promise.all([
      desk.run('setup', 'nowhere', '--idp', 'okta'),
      desk.run('setup', 'acme-netskope', '--idp', 'ping'),
      desk.run('setup', 'acme-netskope'),
    ])
    expect(tenant).toMatchObject({ code: 2, err: expect.stringContaining('The tenants are: acme-netskope.') })
    expect(idp).toMatchObject({ code: 2, err: expect.stringMatching(/okta, entra/) })
    expect(none).toMatchObject({ code: 2, err: expect.stringMatching(/--idp okta or --idp entra/) })
  })

  test.each([
    {
      name: 'Okta, with a service app',
      tenant: {
        vendor: 'okta',
        clientId: '0oa1',
        tokens: { privateKey: 'env:KEY' },
        url: 'https://acme.okta.com',
      },
      says: [
        'okta.users.manage',
        'Okta API Scopes tab',
        'The token lacks the scope okta.roles.read.',
        'Manage groups',
      ],
      unlike: ['Create token', 'okta.apps.read'],
    },
    {
      name: 'Okta, with an API token and apps that it provisions',
      tenant: {
        ...{ vendor: 'okta', tokens: { api: 'env:KEY' }, url: 'https://acme.okta.com' },
        provisions: { acme: '0oa1' },
      },
      says: ['Security > API > Tokens > Create token', 'View applications', 'The token may not read this.'],
      unlike: ['okta.users.read', 'DPoP'],
    },
    {
      name: 'Entra ID',
      tenant: {
        ...{ vendor: 'entra', directory: 'acme.onmicrosoft.com', clientId: 'client' },
        tokens: { clientSecret: 'env:KEY' },
      },
      says: [
        'User.RevokeSessions.All',
        'Grant admin consent',
        'copy its Value',
        'AuditLog.Read.All is missing',
      ],
      unlike: ['Synchronization.Read.All', 'Upload certificate'],
    },
    {
      name: 'Entra ID, with a certificate',
      tenant: {
        ...{ vendor: 'entra', directory: 'acme.onmicrosoft.com', clientId: 'client' },
        tokens: { certificate: 'env:KEY' },
      },
      says: ['Upload certificate'],
      unlike: ['copy its Value'],
    },
    {
      name: 'Google Workspace',
      tenant: {
        ...{ vendor: 'google', domain: 'acme.example', admin: 'it@acme.example', allowWrites: false },
        tokens: { serviceAccount: 'env:KEY' },
      },
      says: [
        'https://www.googleapis.com/auth/admin.reports.audit.readonly',
        'Domain-wide delegation > Add new',
        'it@acme.example',
      ],
      // Nothing is changed there.
      unlike: ['admin.directory.user.security', 'admin.directory.group.member'],
    },
  ])(
    'says what this server needs at $name, and what check_token says without it',
    async ({ tenant, says, unlike }) => {
      using desk = openDesk({ acme: tenant })
      const { code, out, err } = await desk.run('setup', 'acme')
      expect(err).toBe('')
      expect(code).toBe(0)
      const text = out.replaceAll(/\s+/g, ' ')
      for (const one of says) expect(text).toContain(one)
      for (const one of unlike) expect(text).not.toContain(one)
      const json = JSON.parse((await desk.run('setup', 'acme', '--json')).out)
      expect(json).toMatchObject({ tenant: 'acme', vendor: tenant.vendor })
      for (const { name, missing } of json.rights) {
        expect(text).toContain(name)
        expect(text).toContain(missing)
      }
    },
  )

  test('says what is wrong with settings, as every command does', async () => {
    using broken = openDesk({}, '{')
    using unknown = openDesk({ acme: { ...ACME, colour: 'red' } })
    const [json, key] = await Promise.all([
      broken.run('setup', 'acme', '--idp', 'okta'),
      unknown.run('setup', 'acme', '--idp', 'okta'),
    ])
    expect(json).toMatchObject({ code: 2, err: expect.stringContaining('is not valid JSON') })
    expect(key).toMatchObject({ code: 2, err: expect.stringContaining('tenants.acme.colour: unknown key') })
  })
})
