// @module-tag long

import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { importSPKI, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GoogleWorld, openGoogleWorld, writesFrom } from '../support/google-world.ts'

/** What the service account asks for, and what check_token says where something is wrong with it. */
const SCOPE = 'https://www.googleapis.com/auth/'
const ADA = { user: 'ada@example.com' }
const GOOGLE = { tenants: ['acme-google'], reason: 'left' }

/** The claims of each token request, whose signatures are checked. */
async function requestsTo({ google }: GoogleWorld, since = 0) {
  const key = await importSPKI(google.oauth.publicKey, 'RS256')
  const verified = google.oauth.assertions.slice(since).map((assertion) =>
    jwtVerify(assertion, key, {
      issuer: google.oauth.keyFile.client_email,
      audience: google.tokenUrl,
      subject: 'admin@example.com',
      maxTokenAge: '5 minutes',
      algorithms: ['RS256'],
    }),
  )
  return (await Promise.all(verified)).map(({ payload, protectedHeader }) => ({
    ...payload,
    ...protectedHeader,
  }))
}
const scopesOf = async (world: GoogleWorld) =>
  (await requestsTo(world)).map(({ scope }) => String(scope).replace(SCOPE, ''))

describe('a token request', () => {
  test('is signed by the key of the file, for the administrator, and short-lived', async () => {
    await using world = await openGoogleWorld()
    await world.call('find_user', ADA)
    const [request, ...others] = await requestsTo(world)
    expect(others).toEqual([])
    expect(request).toMatchObject({
      alg: 'RS256',
      kid: world.google.oauth.keyFile.private_key_id,
      scope: `${SCOPE}admin.directory.user.readonly`,
    })
    expect(Number(request?.exp) - Number(request?.iat)).toBeLessThanOrEqual(3_600)
  })

  test.each([
    ['find_user', ADA, ['admin.directory.user.readonly']],
    ['list_users', { tenant: 'acme-google' }, ['admin.directory.user.readonly']],
    ['list_groups', { tenant: 'acme-google', group: 'Sales' }, ['admin.directory.group.readonly']],
    ['pull_audit', { tenant: 'acme-google' }, ['admin.reports.audit.readonly']],
    [
      'update_group_members',
      { tenant: 'acme-google', group: 'Contractors', add: ['ada@example.com'], reason: 'asked for' },
      [
        'admin.directory.group.member',
        'admin.directory.group.readonly',
        'admin.directory.rolemanagement.readonly',
        'admin.directory.user.readonly',
      ],
    ],
    [
      'deactivate_user',
      { ...ADA, ...GOOGLE },
      [
        'admin.directory.group.readonly',
        'admin.directory.rolemanagement.readonly',
        'admin.directory.user',
        'admin.directory.user.readonly',
        'admin.directory.user.security',
      ],
    ],
  ])('of %s asks for no more than it needs', async (tool, input, scopes) => {
    await using world = await openGoogleWorld()
    const answer = await world.call(tool, input)
    expect(answer.error).toBeUndefined()
    expect((await scopesOf(world)).toSorted()).toEqual(scopes)
  })

  test('is one for all who ask at the same time', async () => {
    await using world = await openGoogleWorld()
    await Promise.all(
      ['ada', 'grace', 'alan'].map((one) => world.call('find_user', { user: `${one}@example.com` })),
    )
    expect(world.google.oauth.assertions).toHaveLength(1)
  })

  test('is made again where Google no longer knows the token', async () => {
    await using world = await openGoogleWorld()
    await world.call('find_user', ADA)
    world.google.oauth.revoke()
    expect(await world.call('find_user', ADA)).toMatchObject({ complete: true, people: [{}] })
    expect(world.google.oauth.assertions).toHaveLength(2)
  })

  test('is signed by the key that replaced the one that was deleted, without a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'google-key-'))
    const file = join(folder, 'key.json')
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
    const old = { type: 'service_account', client_email: 'identity@sandbox-identity.iam.gserviceaccount.com' }
    writeFileSync(
      file,
      JSON.stringify({ ...old, private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }) }),
    )
    await using world = await openGoogleWorld({ tenant: { tokens: { serviceAccount: `file:${file}` } } })
    const find = () => world.call('find_user', { ...ADA, tenants: ['acme-google'] })
    expect(await find()).toMatchObject({ searched: [{ outcome: 'not_searched', code: 'unauthorized' }] })
    writeFileSync(file, JSON.stringify(world.google.oauth.keyFile))
    // A file is read again a second after the last time.
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    expect(await find()).toMatchObject({ complete: true })
    rmSync(folder, { recursive: true })
  })

  test('finds people with the read scope alone', async () => {
    await using world = await openGoogleWorld({
      sandbox: { google: { delegated: ['admin.directory.user.readonly'] } },
    })
    const answer = await world.call('find_user', { ...ADA, tenants: ['acme-google'] })
    expect(answer).toMatchObject({
      complete: true,
      people: [{ accounts: [{ userName: 'ada@example.com' }] }],
    })
  })

  test('never shows the key', async () => {
    await using world = await openGoogleWorld()
    const seen = [await world.call('check_token'), await world.call('deactivate_user', { ...ADA, ...GOOGLE })]
    const said = JSON.stringify([seen, world.journal(), world.stderr()])
    expect(said).not.toContain('PRIVATE KEY')
    expect(said).not.toContain('ya29.')
  })
})

describe('check_token', () => {
  let world: GoogleWorld
  beforeAll(async () => {
    world = await openGoogleWorld()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  interface Check {
    verdict: string
    surfaces: { surface: string; ok: boolean; meaning: string; hint?: string }[]
  }
  async function check(where: GoogleWorld): Promise<Check> {
    const { checks } = await where.call('check_token', { tenant: 'acme-google' })
    const [first] = checks as Check[]
    if (!first) throw new Error('no check')
    return first
  }
  const wrongIn = ({ surfaces }: Check) => surfaces.filter(({ ok }) => !ok)

  test('says that all is well', async () => {
    const seen = await check(world)
    expect(seen.verdict).toBe('ok')
    expect(wrongIn(seen)).toEqual([])
  })

  test.each([
    ['admin.directory.user.readonly', 'users'],
    ['admin.directory.user', 'changes of users'],
    ['admin.directory.group.readonly', 'groups'],
    ['admin.directory.group.member', 'changes of groups'],
    ['admin.directory.rolemanagement.readonly', 'administrator roles'],
    ['admin.directory.user.security', 'sessions'],
    ['admin.reports.audit.readonly', 'logs'],
  ])('names the scope %s where it is missing, and where to add it', async (scope, surface) => {
    await using poor = await openGoogleWorld()
    poor.google.oauth.delegated = poor.google.oauth.delegated.filter((one) => one !== scope)
    const seen = await check(poor)
    expect(seen.verdict).toBe('missing_grant')
    expect(wrongIn(seen)).toEqual([
      expect.objectContaining({
        surface,
        meaning: expect.stringContaining(`${SCOPE}${scope}.`),
        hint: expect.stringContaining('API controls > Domain-wide delegation'),
      }),
    ])
  })

  const wrongs: [string, Record<string, string>, (one: GoogleWorld) => void, string, RegExp][] = [
    [
      'the key was deleted',
      {},
      ({ google }) => void Object.assign(google.oauth, { revoked: true }),
      'rejected',
      /Keys/,
    ],
    [
      'the administrator is suspended',
      {},
      ({ google }) => void Object.assign(google.user('admin@example.com'), { active: false }),
      'rejected',
      /`admin`/,
    ],
    [
      'nobody has the address of the administrator',
      { admin: 'nobody@example.com' },
      () => {},
      'rejected',
      /`admin`/,
    ],
    [
      'the API is not enabled',
      {},
      ({ google }) => void Object.assign(google.project, { enabled: false }),
      'missing_grant',
      /Library > Admin SDK API/,
    ],
    [
      'the one to act for is no administrator',
      { admin: 'ada@example.com' },
      () => {},
      'missing_grant',
      /Admin roles/,
    ],
    ['the domain is another one', { domain: 'elsewhere.example' }, () => {}, 'wrong_address', /`domain`/],
  ]
  test.each(wrongs)('tells that %s', async (_, tenant, meddle, verdict, hint) => {
    await using wrong = await openGoogleWorld({ tenant })
    meddle(wrong)
    const seen = await check(wrong)
    expect(seen.verdict).toBe(verdict)
    expect(wrongIn(seen).length).toBeGreaterThan(0)
    expect(
      wrongIn(seen)
        .map((one) => one.hint)
        .join(' '),
    ).toMatch(hint)
  })

  test('tells that a delegated administrator may not see roles, which nothing else needs', async () => {
    await using helpdesk = await openGoogleWorld({ tenant: { admin: 'grace@example.com' } })
    expect(wrongIn(await check(helpdesk))).toMatchObject([
      { surface: 'administrator roles', hint: expect.stringContaining('Super Admin') },
    ])
  })

  test('asks for no scope of changes where nothing is to be changed', async () => {
    await using calm = await openGoogleWorld({ tenant: { allowWrites: false } })
    expect((await check(calm)).surfaces.map(({ surface }) => surface)).toEqual([
      ...['users', 'groups', 'administrator roles', 'logs'],
    ])
  })
})

describe('a rate limit', () => {
  test.each(['google-rate-403', 'google-rate-429'] as const)(
    'of the form %s is waited out',
    async (fault) => {
      await using world = await openGoogleWorld()
      await world.call('find_user', ADA)
      world.google.faults.set([{ fault, path: '/users', times: 1 }])
      expect(await world.call('find_user', { ...ADA, tenants: ['acme-google'] })).toMatchObject({
        complete: true,
      })
    },
  )

  test('that does not end is told with a time, and a change is sent no second time behind an answer', async () => {
    await using world = await openGoogleWorld()
    world.google.faults.set([{ fault: 'google-rate-403', path: '/users' }])
    expect(await world.call('find_user', { ...ADA, tenants: ['acme-google'] })).toMatchObject({
      searched: [{ outcome: 'not_searched', code: 'rate_limited', retryAt: expect.any(String) }],
    })
    expect(writesFrom(world.google)).toEqual([])
  })

  test('goes by the clock of the app, not by ours', async () => {
    let ahead = 0
    await using world = await openGoogleWorld({ sandbox: { now: () => Date.now() + ahead } })
    await world.call('find_user', ADA)
    // Taken for ours, the app's date of return would be half an hour away.
    ahead = 1_800_000
    world.google.faults.set([{ fault: '429-date', path: '/users', times: 1, ms: 2_000 }])
    const began = Date.now()
    expect(await world.call('find_user', { ...ADA, tenants: ['acme-google'] })).toMatchObject({
      complete: true,
    })
    expect(Date.now() - began).toBeGreaterThanOrEqual(1_000)
    expect(Date.now() - began).toBeLessThan(10_000)
  })
})
