import { describe, expect, test, vi } from 'vitest'
import gainsight, { type GainsightSettings } from '../../src/vendors/gainsight.ts'
import fixtures from '../fixtures/gainsight.json' with { type: 'json' }
import {
  type CannedReply,
  context,
  type ReceivedRequest,
  serveCanned,
  vendorContext,
} from '../support/canned.ts'
import { gainsightAt, lines, parse, SCIM, serving, target } from './gainsight-at.ts'

const USERS = `${SCIM}/Users`
const USER = `${USERS}/${target.id}`
const M2M = '/v1/users/m2m/oauth/token'
const REFRESH = '/v1/users/oauth/access/token'
const client = { clientId: 'client-id', clientSecret: 'client-secret' }
const m2m = { tokens: client, scimBasePath: SCIM }
const refreshing = { tokens: { ...client, refreshToken: 'refresh-1' }, scimBasePath: SCIM }
const [jane] = fixtures.scim.findByUserName.body.Resources

/** Hands out `token-1`, `token-2` … and answers all else with `answer`. */
function issuing(
  more: Record<string, unknown>,
  answer: (arrived: ReceivedRequest) => CannedReply = () => ({ body: jane }),
) {
  let issued = 0
  return (arrived: ReceivedRequest): CannedReply => {
    if (!arrived.path.endsWith('/token')) return answer(arrived)
    issued += 1
    return { body: { access_token: `token-${issued}`, token_type: 'Bearer', expires_in: 86_400, ...more } }
  }
}
const bearer = ({ headers }: ReceivedRequest) => headers.authorization
const rejecting = (token: string) => (arrived: ReceivedRequest) =>
  bearer(arrived) === `Bearer ${token}` ? fixtures.errors.unauthorized : { body: jane }

describe('a token', () => {
  test('is fetched by client credentials', async () => {
    await using app = await serveCanned(issuing({}))
    await gainsightAt(app.url, m2m).readAccount({ id: target.id }, context())
    expect(app.asked).toMatchObject([
      {
        method: 'POST',
        path: M2M,
        headers: {
          authorization: `Basic ${Buffer.from('client-id:client-secret').toString('base64')}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: { grant_type: 'client_credentials' },
      },
      { path: USER, headers: { authorization: 'Bearer token-1' } },
    ])
  })

  test('is fetched by a refresh token, and then by the one that replaces it', async () => {
    await using app = await serveCanned(issuing({ refresh_token: 'refresh-2' }, rejecting('token-1')))
    await gainsightAt(app.url, refreshing).readAccount({ id: target.id }, context())
    const fetches = app.asked.filter(({ path }) => path === REFRESH)
    expect(fetches.map(({ body }) => body)).toEqual([
      { grant_type: 'refresh_token', refresh_token: 'refresh-1' },
      { grant_type: 'refresh_token', refresh_token: 'refresh-2' },
    ])
  })

  test('is fetched where the settings say', async () => {
    await using app = await serveCanned(issuing({}))
    const auth = { tokenUrl: `${app.url}/v1/users/oauth/token` }
    await gainsightAt(app.url, { ...m2m, auth }).readAccount({ id: target.id }, context())
    expect(app.asked[0]?.path).toBe('/v1/users/oauth/token')
  })

  test('is fetched once for all who ask at the same moment, and kept', async () => {
    await using app = await serveCanned(issuing({}))
    const operations = gainsightAt(app.url, m2m)
    const read = () => operations.readAccount({ id: target.id }, context())
    await Promise.all([read(), read(), read()])
    await read()
    expect(lines(app.asked).filter((line) => line.endsWith('/token'))).toHaveLength(1)
  })

  test('is fetched to the end when the one who asked first leaves', async () => {
    await using app = await serveCanned(issuing({}))
    const operations = gainsightAt(app.url, m2m)
    const gone = new AbortController()
    const first = operations.readAccount({ id: target.id }, { ...context(), signal: gone.signal })
    const second = operations.readAccount({ id: target.id }, context())
    gone.abort(new Error('gone'))
    await expect(first).rejects.toThrow('gone')
    expect(await second).toMatchObject({ id: target.id })
  })

  test.each([
    [86_400, 86_339_000, 1],
    [86_400, 86_341_000, 2],
    [60, 29_000, 1],
    [60, 31_000, 2],
  ])('of %i seconds is after %i ms fetched %i times', async (expires_in, later, fetches) => {
    await using app = await serveCanned(issuing({ expires_in }))
    const operations = gainsightAt(app.url, m2m)
    const now = Date.now()
    await operations.readAccount({ id: target.id }, context())
    const late = { ...context(), deadline: now + later + 10_000 }
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now + later + 500)
    try {
      await operations.readAccount({ id: target.id }, late)
    } finally {
      clock.mockRestore()
    }
    expect(lines(app.asked).filter((line) => line.endsWith('/token'))).toHaveLength(fetches)
  })

  test('that is refused is fetched anew, and a read sent again', async () => {
    await using app = await serveCanned(issuing({}, rejecting('token-1')))
    expect(await gainsightAt(app.url, m2m).readAccount({ id: target.id }, context())).toMatchObject({
      id: target.id,
    })
    expect(lines(app.asked)).toEqual([`POST ${M2M}`, `GET ${USER}`, `POST ${M2M}`, `GET ${USER}`])
  })

  test('that is refused for a change is not used again, and the change not sent again', async () => {
    await using app = await serveCanned(issuing({}, rejecting('token-1')))
    const operations = gainsightAt(app.url, { ...m2m, superAdminWrites: true })
    const change = () => operations.deactivateAccount(target, context())
    await expect(change()).rejects.toMatchObject({ code: 'unauthorized' })
    await change()
    expect(lines(app.asked)).toEqual([`POST ${M2M}`, `PATCH ${USER}`, `POST ${M2M}`, `PATCH ${USER}`])
  })

  test('that is refused again is not fetched over and over', async () => {
    await using app = await serveCanned(issuing({}, () => fixtures.errors.unauthorized))
    const operations = gainsightAt(app.url, m2m)
    const read = () => operations.readAccount({ id: target.id }, context())
    await expect(read()).rejects.toMatchObject({ code: 'unauthorized' })
    expect(app.asked).toHaveLength(4)
    await expect(read()).rejects.toMatchObject({ code: 'unauthorized' })
    expect(app.asked.length).toBeLessThanOrEqual(6)
  })

  test.each<[string, CannedReply, object]>([
    [
      'a refused client',
      fixtures.oauth.denied,
      { code: 'unauthorized', hint: expect.stringContaining('clientId') },
    ],
    ['a refused grant', { status: 400, body: { error: 'invalid_grant' } }, { code: 'unauthorized' }],
    ['no such address', { status: 404, raw: '<html>' }, { code: 'unavailable', retryable: false }],
    ['something else', { body: { ok: true } }, { code: 'bad_reply' }],
    ['a token that is none', { body: { access_token: 'a\nb' } }, { code: 'bad_reply' }],
    ['an error', { status: 500 }, { code: 'unavailable', retryable: true }],
  ])('is not had from %s', async (_, reply, expected) => {
    await using app = await serveCanned(serving({ [M2M]: reply }))
    const write = gainsightAt(app.url, { ...m2m, superAdminWrites: true }).deactivateAccount(
      target,
      context(),
    )
    await expect(write).rejects.toMatchObject(expected)
    expect(lines(app.asked)).toEqual([`POST ${M2M}`])
  })
})

test('neither token nor refresh token is kept or shown, and the budget is that of the client', async () => {
  await using app = await serveCanned(
    issuing({ refresh_token: 'refresh-2' }, () => ({ body: { ...jane, title: 'token-1 client-id' } })),
  )
  const memory = new Map<string, unknown>()
  const parsed = parse({ url: app.url, ...refreshing, scimBasePath: undefined })
  const opening = vi.fn(vendorContext(memory).open)
  const settings = parsed.data as unknown as GainsightSettings
  const operations = gainsight.operations(settings, { ...vendorContext(memory), open: opening })
  const account = await operations.readAccount?.({ id: target.id }, context())
  expect(account?.title).toBe('[secret] [secret]')
  expect(JSON.stringify([...memory])).not.toMatch(/token-|refresh-/)
  const fingerprints = opening.mock.calls.map(([{ token }]) => token.fingerprint)
  expect(new Set(fingerprints)).toEqual(new Set([settings.tokens.clientId?.fingerprint]))
})
