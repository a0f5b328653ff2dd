// @module-tag long

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { UnauthorizedError as OlderUnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client as OlderClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as OlderTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import { SCOPES, type Scope } from '../../src/config/scopes.ts'
import { noAuthorizationServer, openAuthorizationServer } from '../support/authorization-server.ts'
import { type HttpWorldOptions, openHttpWorld } from '../support/http-world.ts'
import { consent, openWallet } from '../support/oauth-client.ts'
import type { ToolAnswer } from '../support/world.ts'

const MCP_REMOTE = join(import.meta.dirname, '../interop/node_modules/mcp-remote/dist/proxy.js')

type Authorization = Parameters<typeof openAuthorizationServer>[0]

/** A server that takes the tokens of an authorization server which others wrote, for its own address. */
async function openFlow(
  authorization: Authorization = {},
  { jwt, ...options }: Omit<HttpWorldOptions, 'auth'> & { jwt?: object } = {},
) {
  const issuer = await openAuthorizationServer(authorization)
  const port = await freePort()
  const resource = `http://127.0.0.1:${port}/mcp`
  const world = await openHttpWorld({
    ...options,
    auth: { jwt: { issuer: issuer.issuer, audience: resource, ...jwt } },
    args: ['--port', String(port)],
  })
  return {
    issuer,
    world,
    resource,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await issuer[Symbol.asyncDispose]()
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // it listens on a port, not on a pipe
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** As much of a client and its transport as the flow needs, the same for both SDKs. */
interface FlowClient {
  connect(): Promise<void>
  finish(back: URLSearchParams): Promise<void>
  tools(): Promise<{ name: string; description?: string | undefined }[]>
  call(name: string, args: Record<string, unknown>): Promise<ToolAnswer>
  close(): Promise<void>
}
type Wallet = ReturnType<typeof openWallet>

const ABOUT = { name: 'flow', version: '1.0.0' }
const KINDS: Record<string, (url: URL, authProvider: Wallet['provider']) => FlowClient> = {
  'of the current SDK': (url, authProvider) => {
    const client = new Client(ABOUT, { versionNegotiation: { mode: { pin: '2026-07-28' } } })
    let transport = new StreamableHTTPClientTransport(url, { authProvider })
    return {
      async connect() {
        transport = new StreamableHTTPClientTransport(url, { authProvider })
        await client.connect(transport)
      },
      finish: (back) => transport.finishAuth(back),
      tools: async () => (await client.listTools()).tools,
      call: async (name, args) => answerIn(await client.callTool({ name, arguments: args })),
      close: () => client.close(),
    }
  },
  'of the 1.x SDK': (url, authProvider) => {
    const client = new OlderClient(ABOUT)
    let transport = new OlderTransport(url, { authProvider })
    return {
      async connect() {
        transport = new OlderTransport(url, { authProvider })
        await client.connect(transport)
      },
      finish: (back) => transport.finishAuth(back.get('code') ?? ''),
      tools: async () => (await client.listTools()).tools,
      call: async (name, args) => answerIn(await client.callTool({ name, arguments: args })),
      close: () => client.close(),
    }
  },
}

const answerIn = (result: unknown): ToolAnswer =>
  JSON.parse((result as { content?: { text?: string }[] }).content?.[0]?.text ?? 'null')

/** Whether a client stopped for its person, who has to go to the authorization server. */
const stopped = async (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => false,
    (error) => {
      if (error instanceof UnauthorizedError || error instanceof OlderUnauthorizedError) return true
      throw error
    },
  )

const ADA = { user: 'ada@example.com' }
const LEAVES = { ...ADA, tenants: ['acme-netskope'], reason: 'left' }

describe.skipIf(noAuthorizationServer).each(Object.entries(KINDS))('a client %s', (_, open) => {
  const authorized = async (
    { world }: Awaited<ReturnType<typeof openFlow>>,
    wallet: Wallet,
    ticked: readonly Scope[] = SCOPES,
  ) => {
    const client = open(world.url, wallet.provider)
    expect(await stopped(client.connect())).toBe(true)
    await client.finish(await wallet.agree(ticked))
    await client.connect()
    return client
  }

  test('finds the issuer, registers, and gets a token for this server that does everything', async () => {
    await using flow = await openFlow()
    const { issuer, resource } = flow
    const wallet = openWallet()
    const client = await authorized(flow, wallet)
    const paths = issuer.asked.map(({ path }) => path)
    expect(paths).toContain('/.well-known/oauth-authorization-server')
    expect(paths).toContain('/reg')
    const params = issuer.asked.find(({ path }) => path === '/auth')?.params
    expect(params?.get('code_challenge_method')).toBe('S256')
    expect(params?.get('resource')).toBe(resource)
    expect(params?.get('scope')?.split(' ')).toEqual(expect.arrayContaining([...SCOPES]))
    const exchange = issuer.asked.find(({ path }) => path === '/token')?.params
    expect(exchange?.get('resource')).toBe(resource)
    expect(exchange?.get('code_verifier')).toMatch(/^[\w.~-]{43,128}$/)
    expect(decodeJwt(wallet.accessToken())).toMatchObject({ iss: issuer.issuer, aud: resource })
    expect(await client.call('find_user', ADA)).toMatchObject({ complete: true })
    expect(await client.call('deactivate_user', LEAVES)).toMatchObject({ status: 'approval_required' })
    await client.close()
  })

  test('that was granted reading alone is shown what needs more, steps up, and is served', async () => {
    await using flow = await openFlow()
    // A client of the 1.x SDK that has a refresh token uses that in place of stepping up.
    const wallet = openWallet({ refreshes: false })
    const client = await authorized(flow, wallet, ['identity:read'])
    expect(decodeJwt(wallet.accessToken()).scope).toBe('identity:read')
    const tool = (await client.tools()).find(({ name }) => name === 'deactivate_user')
    expect(tool?.description).toContain('Needs the scope identity:remove')
    expect(await client.call('find_user', ADA)).toMatchObject({ complete: true })
    expect(await stopped(client.call('deactivate_user', LEAVES))).toBe(true)
    expect(flow.issuer.asked.filter(({ path }) => path === '/reg')).toHaveLength(1)
    await client.finish(await wallet.agree(SCOPES))
    expect(String(decodeJwt(wallet.accessToken()).scope).split(' ').sort()).toEqual([
      'identity:read',
      'identity:remove',
    ])
    expect(await client.call('deactivate_user', LEAVES)).toMatchObject({ status: 'approval_required' })
    await client.close()
  })

  test('refreshes a token that has expired, and asks nobody', async () => {
    await using flow = await openFlow({ validFor: 3 })
    const wallet = openWallet()
    const client = await authorized(flow, wallet)
    const before = wallet.accessToken()
    await setTimeout(3_500)
    expect(await client.call('find_user', ADA)).toMatchObject({ complete: true })
    expect(wallet.accessToken()).not.toBe(before)
    const refresh = flow.issuer.asked.filter(({ params }) => params.get('grant_type') === 'refresh_token')
    expect(refresh[0]?.params.get('resource')).toBe(flow.resource)
    expect(flow.issuer.asked.filter(({ path }) => path === '/auth')).toHaveLength(1)
    await client.close()
  })

  test('with a metadata document of its own registers nowhere', async () => {
    const id = 'https://client.example.com/oauth/metadata.json'
    const wallet = openWallet({ clientMetadataUrl: id })
    await using flow = await openFlow({
      documents: { [id]: { client_id: id, ...wallet.provider.clientMetadata } },
    })
    const client = await authorized(flow, wallet)
    expect(flow.issuer.asked.map(({ path }) => path)).not.toContain('/reg')
    expect(decodeJwt(wallet.accessToken())).toMatchObject({ client_id: id, aud: flow.resource })
    expect(await client.call('find_user', ADA)).toMatchObject({ complete: true })
    await client.close()
  })
})

describe.skipIf(!process.env.IDENTITY_MCP_FULL)('mcp-remote', () => {
  test('takes a client over stdio through the flow, and its person agrees in a browser', async () => {
    await using flow = await openFlow()
    const { world } = flow
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [MCP_REMOTE, world.url.href, String(await freePort()), '--host', '127.0.0.1'],
      // Without a PATH it opens no browser of this machine.
      env: { HOME: world.folder, MCP_REMOTE_CONFIG_DIR: join(world.folder, 'mcp-remote') },
      stderr: 'pipe',
    })
    let said = ''
    const agreed = new Promise<URL>((resolve, reject) => {
      let sent = false
      transport.stderr?.on('data', (piece) => {
        said += String(piece)
        const [, address] = /(http:\/\/127\.0\.0\.1:\d+\/auth\?\S+)\s/.exec(said) ?? []
        if (!address || sent) return
        sent = true
        consent(new URL(address), SCOPES).then(resolve, reject)
      })
    })
    const client = new Client(ABOUT)
    const connected = client.connect(transport)
    await fetch(await agreed)
    await connected
    const tools = (await client.listTools()).tools.map(({ name }) => name)
    expect(tools).toContain('deactivate_user')
    const call = async (name: string, args: Record<string, unknown>) =>
      answerIn(await client.callTool({ name, arguments: args }))
    expect(await call('find_user', ADA)).toMatchObject({ complete: true })
    expect(await call('deactivate_user', LEAVES)).toMatchObject({ status: 'approval_required' })
    await client.close()
  })
})
