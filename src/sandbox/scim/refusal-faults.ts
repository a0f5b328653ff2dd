import type { FaultKind } from '../faults.ts'
import type { Incoming, Reply } from '../http-types.ts'
import { isObject } from '../http-types.ts'
import { isScim, refuse } from './fault-parts.ts'

/** A fault that words every refusal anew, whoever made it. */
const worded = (about: string, word: (reply: Reply) => Reply): FaultKind => ({
  about,
  front: true,
  when: isScim,
  async act(incoming, run) {
    const outcome = await run(incoming)
    return typeof outcome === 'object' && outcome.status >= 400 ? word(outcome) : outcome
  },
})

/** A fault that refuses requests with a header like that. */
const minding = (
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
const ANY = /\*\/\*/

const detailOf = ({ body }: Reply) => (isObject(body) ? (body.detail ?? body.message) : body) ?? 'Error'

/** Odd ways in which SCIM services refuse. */
export const REFUSAL_FAULTS = {
  'errors-number': worded('Errors say their status as a number.', (reply) => ({
    ...reply,
    ...(isObject(reply.body) && { body: { ...reply.body, status: reply.status } }),
  })),
  'errors-untyped': worded('Errors bear no scimType.', (reply) => ({
    ...reply,
    body: isObject(reply.body) ? { ...reply.body, scimType: undefined } : reply.body,
  })),
  'errors-text': worded('Errors are plain text.', (reply) => ({
    ...reply,
    type: 'text/plain',
    body: String(detailOf(reply)),
  })),
  // Metatavu/keycloak-scim-server#114
  'errors-html': worded('Errors are HTML.', (reply) => ({
    ...reply,
    type: 'text/html',
    body: `<html><body><h1>Error ${reply.status}</h1></body></html>`,
  })),
  // FusionAuth/fusionauth-issues#1769
  'errors-odd-type': worded('Errors are application/json+scim.', (reply) => ({
    ...reply,
    type: 'application/json+scim',
  })),
  'errors-return-code': worded('Errors are {"returnCode","message"}.', (reply) => ({
    ...reply,
    type: 'application/json',
    body: { returnCode: 1000 + reply.status, message: detailOf(reply) },
  })),
  'errors-block': worded('Errors are {"Errors":[{"code","description"}]}.', (reply) => ({
    ...reply,
    type: 'application/json',
    body: { Errors: [{ code: reply.status, description: detailOf(reply) }] },
  })),
  'errors-empty': worded('Errors have no body.', ({ body: _, ...reply }) => reply),
  // wso2/product-is#3374
  'accept-json-only': minding(
    'Answers 406 unless Accept allows application/json.',
    406,
    ({ accept = '*/*' }) => !JSON_TYPE.test(accept) && !ANY.test(accept),
  ),
  'accept-scim-only': minding(
    'Answers 406 unless Accept allows application/scim+json.',
    406,
    ({ accept = '*/*' }) => !SCIM_JSON.test(accept) && !ANY.test(accept),
  ),
  'send-json-only': minding('Answers 415 to bodies that are application/scim+json.', 415, (headers) =>
    SCIM_JSON.test(headers['content-type'] ?? ''),
  ),
  'send-scim-only': minding('Answers 415 to bodies that are application/json.', 415, (headers) =>
    JSON_TYPE.test(headers['content-type'] ?? ''),
  ),
} satisfies Record<string, FaultKind>
