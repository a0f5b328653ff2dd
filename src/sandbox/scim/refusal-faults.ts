import type { FaultKind } from '../faults.ts'
import type { Incoming, Reply } from '../http-types.ts'
import { isObject } from '../http-types.ts'
import { isScim, refuse } from './fault-parts.ts'

/** A fault that rewrites every error reply, including those of other faults. */
const rewrittenErrors = (about: string, rewrite: (reply: Reply) => Reply): FaultKind => ({
  about,
  front: true,
  when: isScim,
  async act(incoming, run) {
    const outcome = await run(incoming)
    return typeof outcome === 'object' && outcome.status >= 400 ? rewrite(outcome) : outcome
  },
})

/** A fault that refuses requests by their media type headers. */
const mediaTypeFault = (
  about: string,
  status: number,
  when: (headers: Incoming['headers']) => boolean,
): FaultKind => ({
  about,
  when: (incoming) => isScim(incoming) && when(incoming.headers),
  act: () => refuse(status, status === 406 ? 'Not acceptable' : 'Unsupported media type'),
})

const SCIM_JSON = /application\/scim\+json/i
const JSON_TYPE = /application\/json/i
const ANY_TYPE = /\*\/\*/

const detailOf = ({ body }: Reply) => (isObject(body) ? (body.detail ?? body.message) : body) ?? 'Error'

/** Deviations of SCIM services in error replies. */
export const REFUSAL_FAULTS = {
  'errors-number': rewrittenErrors('Errors return their status as a number.', (reply) => ({
    ...reply,
    ...(isObject(reply.body) && { body: { ...reply.body, status: reply.status } }),
  })),
  'errors-untyped': rewrittenErrors('Errors have no scimType.', (reply) => ({
    ...reply,
    body: isObject(reply.body) ? { ...reply.body, scimType: undefined } : reply.body,
  })),
  'errors-lower-case': rewrittenErrors('Errors have a scimType and one schema in lower case.', (reply) => ({
    ...reply,
    ...(isObject(reply.body) && {
      body: {
        ...reply.body,
        schemas: 'urn:ietf:params:scim:api:messages:2.0:error',
        ...(typeof reply.body.scimType === 'string' && { scimType: reply.body.scimType.toLowerCase() }),
      },
    }),
  })),
  'errors-text': rewrittenErrors('Errors are plain text.', (reply) => ({
    ...reply,
    type: 'text/plain',
    body: String(detailOf(reply)),
  })),
  // Metatavu/keycloak-scim-server#114
  'errors-html': rewrittenErrors('Errors are HTML.', (reply) => ({
    ...reply,
    type: 'text/html',
    body: `<html><body><h1>Error ${reply.status}</h1></body></html>`,
  })),
  // FusionAuth/fusionauth-issues#1769
  'errors-odd-type': rewrittenErrors('Errors are application/json+scim.', (reply) => ({
    ...reply,
    type: 'application/json+scim',
  })),
  'errors-return-code': rewrittenErrors('Errors are {"returnCode","message"}.', (reply) => ({
    ...reply,
    type: 'application/json',
    body: { returnCode: 1000 + reply.status, message: detailOf(reply) },
  })),
  'errors-block': rewrittenErrors('Errors are {"Errors":[{"code","description"}]}.', (reply) => ({
    ...reply,
    type: 'application/json',
    body: { Errors: [{ code: reply.status, description: detailOf(reply) }] },
  })),
  'errors-empty': rewrittenErrors('Errors have no body.', ({ body: _, ...reply }) => reply),
  // wso2/product-is#3374
  'accept-json-only': mediaTypeFault(
    'Answers 406 unless Accept allows application/json.',
    406,
    ({ accept = '*/*' }) => !JSON_TYPE.test(accept) && !ANY_TYPE.test(accept),
  ),
  'accept-scim-only': mediaTypeFault(
    'Answers 406 unless Accept allows application/scim+json.',
    406,
    ({ accept = '*/*' }) => !SCIM_JSON.test(accept) && !ANY_TYPE.test(accept),
  ),
  'send-json-only': mediaTypeFault('Answers 415 to application/scim+json bodies.', 415, (headers) =>
    SCIM_JSON.test(headers['content-type'] ?? ''),
  ),
  'send-scim-only': mediaTypeFault('Answers 415 to application/json bodies.', 415, (headers) =>
    JSON_TYPE.test(headers['content-type'] ?? ''),
  ),
} satisfies Record<string, FaultKind>
