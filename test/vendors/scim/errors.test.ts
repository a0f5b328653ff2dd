import { expect, test } from 'vitest'
import type { IdentityError } from '../../../src/errors.ts'
import netskope from '../../fixtures/netskope.json' with { type: 'json' }
import quirks from '../../fixtures/scim-quirks.json' with { type: 'json' }
import { type CannedReply, context, serveCanned } from '../../support/canned.ts'
import { scimAt } from './scim-at.ts'

const { errors, scim } = netskope
const scimError = (status: number, more: Record<string, unknown> = {}): CannedReply => ({
  status,
  body: {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: String(status),
    detail: 'SECRET WORDS',
    ...more,
  },
})

const reading = async (reply: CannedReply): Promise<IdentityError> => {
  await using app = await serveCanned(() => reply)
  const error = await scimAt(app.url)
    .listAccounts({ limit: 10 }, context())
    .then(
      () => expect.unreachable('an error'),
      (thrown: IdentityError) => thrown,
    )
  return error
}
const writing = async (reply: CannedReply) => {
  await using app = await serveCanned(() => reply)
  const error = await scimAt(app.url, { patchStrategy: 'path' })
    .deactivateAccount({ id: 'u1', userName: 'ana@example.com' }, context())
    .then(
      () => undefined,
      (thrown: IdentityError) => thrown,
    )
  return { code: error?.code ?? 'accepted', requests: app.asked.length }
}

test.each<[string, string, CannedReply]>([
  ['a 401', 'unauthorized', errors.unauthorized],
  ['a 403 with words', 'forbidden', errors.forbiddenNoGrant],
  ['a bare 403', 'forbidden', errors.forbiddenEmpty],
  ['words under status.message', 'bad_reply', errors.nestedStatusMessage],
  ['words under error', 'bad_reply', errors.errorKey],
  ['words in a list', 'bad_reply', errors.detailArray],
  ['a bare string', 'bad_reply', errors.bareString],
  ['plain text', 'bad_reply', quirks.errorPlainText],
  ['a media type of its own', 'bad_reply', quirks.errorOddContentType],
  ['an envelope of its own', 'bad_reply', quirks.errorMixedEnvelope],
  ['words under data.error', 'bad_reply', { status: 400, body: { data: { error: 'x' } } }],
  ['words under result', 'bad_reply', { status: 400, body: { result: 'x' } }],
  ['words under status', 'bad_reply', { status: 400, body: { status: 'x' } }],
  [
    'errors of version 1',
    'bad_reply',
    { status: 400, body: { status: 'error', errorCode: 'x', errors: ['y'] } },
  ],
  ['a 406', 'bad_reply', quirks.notAcceptable],
  ['HTML with a 415', 'bad_reply', quirks.errorHtml],
  ['a gateway error', 'unavailable', errors.badGateway],
  ['a 501', 'unsupported', quirks.filterNotImplemented],
  ['a 404 for the list', 'unavailable', scimError(404)],
  ['a gateway without the route', 'unavailable', scim.gatewayNoRoute],
  ['a 429', 'rate_limited', errors.rateLimited],
  ['ok:0 with a status inside a 200', 'unauthorized', errors.okZeroIn200],
  ['ok:0 with words inside a 200', 'forbidden', { body: { ok: 0, result: 'Forbidden' } }],
  ['success:false inside a 200', 'bad_reply', { body: { success: false } }],
  ['result:false inside a 200', 'bad_reply', { body: { result: false, errorDesc: 'x' } }],
  ['status:error inside a 200', 'bad_reply', { body: { status: 'error', message: 'x' } }],
  ['data.error inside a 200', 'bad_reply', { body: { data: { error: 'x' } } }],
  ['a SCIM error inside a 200', 'unavailable', { ...scimError(404), status: 200 }],
  [
    'a SCIM error of one schema inside a 200',
    'forbidden',
    { body: { schemas: 'urn:ietf:params:scim:api:messages:2.0:Error', id: 'e1', detail: 'Forbidden' } },
  ],
  ['text inside a 200', 'bad_reply', { raw: 'hello' }],
  ['a list of another kind', 'bad_reply', { body: { users: [] } }],
  ['nothing inside a 200', 'bad_reply', { raw: '' }],
  ['a redirect', 'unavailable', quirks.crossOriginRedirect],
])('a read that is answered with %s is %s', async (_, code, reply) => {
  expect((await reading(reply)).code).toBe(code)
})

test.each<[string, string, CannedReply]>([
  ['202', 'accepted', { status: 202 }],
  ['a 401', 'unauthorized', errors.unauthorized],
  ['a bare 403', 'forbidden', errors.forbiddenEmpty],
  ['a SCIM 404', 'not_found', scim.getUserNotFound],
  ['a 404 with a number', 'not_found', quirks.errorNumericStatus],
  ['a 409 without a type', 'conflict', quirks.errorNoScimType],
  ['a 400 about uniqueness', 'conflict', scimError(400, { scimType: 'uniqueness' })],
  ['a 400 about Uniqueness', 'conflict', scimError(400, { scimType: 'Uniqueness' })],
  ['a 400 about mutability', 'refused', scimError(400, { scimType: 'mutability' })],
  ['a 412', 'conflict', quirks.preconditionFailed],
  ['a 413', 'refused', quirks.payloadTooLarge],
  ['a 429', 'rate_limited', errors.rateLimitedRetryAfter],
  ['a 501', 'unsupported', scimError(501)],
  ['a 500', 'unknown_outcome', quirks.filterServerError],
  ['a 502 of a gateway', 'unknown_outcome', errors.badGateway],
  ['a 503', 'unknown_outcome', quirks.retryAfterDate],
  ['a 408', 'unknown_outcome', { status: 408 }],
  ['no reply', 'unknown_outcome', { drop: true }],
  ['a failure inside a 200 that does not say which', 'unknown_outcome', { body: { ok: 0 } }],
  ['a refusal inside a 200', 'forbidden', { body: { ok: 0, status: 403 } }],
  ['a redirect', 'unavailable', quirks.crossOriginRedirect],
])('a write that is answered with %s is %s, and sent once', async (_, code, reply) => {
  expect(await writing(reply)).toEqual({ code, requests: 1 })
})

test('never shows the words of an app', async () => {
  const error = await reading(scimError(400, { scimType: 'invalidValue' }))
  expect(JSON.stringify([error.message, error.hint, String(error.cause), error.details])).not.toContain(
    'SECRET',
  )
})

test('keeps the name that the app gave the request, for its support', async () => {
  const error = await reading({ status: 500, headers: { 'x-request-id': 'req-7' } })
  expect(String(error.cause)).toContain('req-7')
})
