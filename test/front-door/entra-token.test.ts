// @module-tag long

import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeProtectedHeader, importX509, jwtVerify, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ALL_PERMISSIONS } from '../../src/sandbox/entra.ts'
import { type EntraWorld, openEntra } from '../support/entra-world.ts'

const ADA = 'ada@example.com'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'identity-mcp-entra-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A self-signed certificate and its key, as openssl makes them. */
function newCertificate(name: string) {
  const [key, certificate] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)]
  const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate]
  execFileSync('openssl', [...made, '-subj', '/CN=identity-mcp', '-days', '2'], { stdio: 'ignore' })
  return { key: readFileSync(key, 'utf8'), certificate: readFileSync(certificate, 'utf8') }
}

/** The form of the last token request. */
const tokenRequest = ({ entra }: EntraWorld) =>
  new URLSearchParams(
    String(entra.arrivals.findLast(({ path }) => path.endsWith('/oauth2/v2.0/token'))?.body),
  )

const finds = async (world: EntraWorld) =>
  expect(await world.call('find_user', { user: ADA, tenants: ['acme-entra'] })).toMatchObject({
    complete: true,
    people: [{ accounts: [{ userName: ADA }] }],
  })

describe('a token is fetched', () => {
  test('with a client secret, once for many calls, for the Graph of the cloud', async () => {
    await using world = await openEntra()
    await Promise.all([finds(world), finds(world), finds(world)])
    expect(world.entra.registration.fetched).toBe(1)
    const asked = tokenRequest(world)
    expect(Object.fromEntries(asked)).toMatchObject({
      grant_type: 'client_credentials',
      scope: 'https://graph.microsoft.com/.default',
      client_id: world.entra.registration.clientId,
    })
    const { path } = world.entra.arrivals.find((one) => one.path.endsWith('/token')) ?? {}
    expect(path).toBe('/acme.onmicrosoft.com/oauth2/v2.0/token')
  })

  test.each([
    ['usgov', 'https://graph.microsoft.us'],
    ['usgovdod', 'https://dod-graph.microsoft.us'],
    ['china', 'https://microsoftgraph.chinacloudapi.cn'],
  ])('for the cloud %s', async (cloud, graph) => {
    await using world = await openEntra({ tenant: { cloud } })
    await finds(world)
    expect(tokenRequest(world).get('scope')).toBe(`${graph}/.default`)
  })

  test.each([
    ['key first', (key: string, certificate: string) => key + certificate],
    ['certificate first', (key: string, certificate: string) => certificate + key],
  ])('with a certificate, whose thumbprint and PS256 signature hold (%s)', async (_, join_) => {
    const { key, certificate } = newCertificate('app')
    const file = join(folder, 'app.pem')
    writeFileSync(file, join_(key, certificate))
    await using world = await openEntra({ tenant: { tokens: { certificate: `file:${file}` } } })
    world.entra.registration.certificates = [certificate]
    await finds(world)
    const asked = tokenRequest(world)
    const assertion = asked.get('client_assertion') ?? ''
    const { clientId } = world.entra.registration
    await jwtVerify(assertion, await importX509(certificate, 'PS256'), {
      algorithms: ['PS256'],
      issuer: clientId,
      subject: clientId,
      audience: `${world.entra.url}/acme.onmicrosoft.com/oauth2/v2.0/token`,
      maxTokenAge: '2m',
    })
    const digest = new X509Certificate(certificate).fingerprint256.replaceAll(':', '')
    expect(decodeProtectedHeader(assertion)).toEqual({
      alg: 'PS256',
      typ: 'JWT',
      'x5t#S256': Buffer.from(digest, 'hex').toString('base64url'),
    })
    expect(asked.has('client_secret')).toBe(false)
  })

  test('with a federated token, from its file as it is now', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
    const file = join(folder, 'federated')
    const issue = async (jti: string) =>
      writeFileSync(
        file,
        await new SignJWT({ jti })
          .setProtectedHeader({ alg: 'RS256' })
          .setIssuer('https://issuer.example')
          .setSubject('system:serviceaccount:identity:mcp')
          .setAudience('api://AzureADTokenExchange')
          .setExpirationTime('5m')
          .sign(privateKey),
      )
    await issue('first')
    await using world = await openEntra({ tenant: { tokens: { federatedToken: `file:${file}` } } })
    const { registration } = world.entra
    registration.federated = [
      {
        issuer: 'https://issuer.example',
        subject: 'system:serviceaccount:identity:mcp',
        publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      },
    ]
    await finds(world)
    await issue('second')
    registration.revoke()
    await finds(world)
    expect(tokenRequest(world).get('client_assertion')).toBe(readFileSync(file, 'utf8'))
    expect(registration.fetched).toBe(2)
  })

  test('anew when Graph no longer accepts it, and a write is not sent twice', async () => {
    await using world = await openEntra()
    await finds(world)
    world.entra.registration.revoke()
    await finds(world)
    expect(world.entra.registration.fetched).toBe(2)
  })
})

interface Checked {
  verdict: string
  token: string
  surfaces: { surface: string; ok: boolean; meaning: string; hint?: string }[]
}
const check = async (world: EntraWorld) => {
  const { checks } = (await world.call('check_token', { tenant: 'acme-entra' })) as unknown as {
    checks: Checked[]
  }
  const [checked, ...more] = checks
  expect(more).toEqual([])
  if (!checked) throw new TypeError('nothing was checked')
  return { ...checked, missing: checked.surfaces.filter(({ ok }) => !ok) }
}

describe('check_token', () => {
  test('is content with all permissions, and tries no write', async () => {
    await using world = await openEntra()
    expect(await check(world)).toMatchObject({ verdict: 'ok', token: 'clientSecret', missing: [] })
    expect(world.entra.writes).toEqual([])
  })

  test.each([
    [
      ['User.Read.All', 'User.ReadWrite.All'],
      ['User.Read.All', 'User.ReadWrite.All'],
    ],
    [['User.EnableDisableAccount.All', 'User.ReadWrite.All'], ['User.EnableDisableAccount.All']],
    [['User.RevokeSessions.All'], ['User.RevokeSessions.All']],
    [
      ['GroupMember.Read.All', 'GroupMember.ReadWrite.All'],
      ['GroupMember.Read.All', 'GroupMember.ReadWrite.All'],
    ],
    [['GroupMember.ReadWrite.All'], ['GroupMember.ReadWrite.All']],
    [['RoleManagement.Read.Directory'], ['RoleManagement.Read.Directory']],
    [['AuditLog.Read.All'], ['AuditLog.Read.All']],
  ])('without %o it names %o, in the words of the console', async (without, named) => {
    const permissions = ALL_PERMISSIONS.filter((one) => !without.includes(one))
    await using world = await openEntra({ entra: { permissions } })
    const { verdict, missing } = await check(world)
    expect(verdict).toBe('missing_grant')
    for (const permission of named) {
      const row = missing.find(({ meaning }) => meaning.includes(`${permission} is missing`))
      expect(row?.hint).toContain(permission)
      expect(row?.hint).toMatch(/Entra admin centre > App registrations .*API permissions/)
      expect(row?.hint).toContain('Grant admin consent')
    }
    const others = ALL_PERMISSIONS.filter((one) => !without.includes(one))
    for (const { meaning } of missing) {
      expect(others.some((one) => meaning.startsWith(`${one} is missing`))).toBe(false)
    }
  })

  test('names what the licence lacks, which is no missing permission', async () => {
    await using world = await openEntra({ entra: { faults: ['no-premium'] } })
    const { verdict, missing } = await check(world)
    expect(verdict).toBe('ok')
    expect(missing).toMatchObject([{ surface: 'sign-in log', meaning: expect.stringContaining('P1 or P2') }])
  })

  test.each([
    [
      'a wrong secret',
      { env: { SANDBOX_ENTRA_SECRET: 'not-the-secret' } },
      'rejected',
      /Certificates & secrets/,
    ],
    [
      'a wrong client id',
      { tenant: { clientId: 'b7b4f5f6-0000-4000-8000-000000000000' } },
      'missing_grant',
      /client/,
    ],
    [
      'a wrong directory',
      { tenant: { directory: 'other.onmicrosoft.com' } },
      'wrong_address',
      /directory|request/i,
    ],
  ])('says what is wrong with %s', async (_, options, verdict, words) => {
    await using world = await openEntra(options)
    const checked = await check(world)
    expect(checked.verdict).toBe(verdict)
    expect(`${checked.missing[0]?.meaning} ${checked.missing[0]?.hint}`).toMatch(words)
  })
})

describe('limits', () => {
  test('a 429 waits by the clock of Graph, which is not ours', async () => {
    const skewMs = 5 * 60_000
    await using world = await openEntra({ entra: { now: () => Date.now() + skewMs } })
    await finds(world)
    world.entra.faults.set([{ fault: 'graph-throttled', times: 1, ms: 2_000 }])
    const from = Date.now()
    await finds(world)
    const took = Date.now() - from
    expect(took).toBeGreaterThan(900)
    expect(took).toBeLessThan(10_000)
  })

  test('what cannot wait is told when to come back', async () => {
    await using world = await openEntra({ tenant: { maxRetries: 0 } })
    await finds(world)
    world.entra.faults.set([{ fault: 'graph-throttled', ms: 60_000 }])
    const { searched } = (await world.call('find_user', {
      user: ADA,
      tenants: ['acme-entra'],
    })) as unknown as {
      searched: { code?: string; retryAt?: string }[]
    }
    expect(searched).toMatchObject([{ code: 'rate_limited' }])
    const wait = Date.parse(searched[0]?.retryAt ?? '') - Date.now()
    expect(wait).toBeGreaterThan(40_000)
    expect(wait).toBeLessThan(90_000)
  })

  test('resource units that are used up slow calls down, and fail none', async () => {
    await using world = await openEntra({ entra: { resourceUnits: 12 } })
    await finds(world)
    await finds(world)
    expect(world.entra.arrivals.some(({ status }) => status === 429)).toBe(true)
  }, 40_000)

  test('a link to another origin is not followed', async () => {
    await using world = await openEntra({ entra: { faults: ['next-link-elsewhere'] } })
    for (let more = 0; more < 1_000; more++) {
      world.entra.addUser({ userPrincipalName: `more-${more}@example.com` })
    }
    const answer = await world.call('list_users', { tenant: 'acme-entra' })
    expect(answer.error).toMatchObject({ code: 'bad_reply' })
  })
})
