import type { Incoming, Reply } from '../http-types.ts'
import { parseJson } from '../http-types.ts'
import { ScimError } from './schema.ts'

const TYPE = 'application/scim+json;charset=utf-8'
const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error'

/** A reply as a SCIM service words it (RFC 7644, 3.8). */
export const scimReply = <Body>(status: number, body: Body): Reply & { body: Body } => ({
  status,
  type: TYPE,
  body,
})

/** A SCIM error object (RFC 7644, 3.12). */
export const errorReply = ({ status, message, scimType }: ScimError, type: string): Reply => ({
  status,
  type,
  body: { schemas: [ERROR], status: String(status), detail: message, ...(scimType && { scimType }) },
})

/** The JSON that a write brings. Throws the `ScimError` that says what is wrong with it. */
export function bodyOf({ headers, text }: Incoming): unknown {
  if (!/^application\/(scim\+)?json\b/i.test(headers['content-type'] ?? '')) {
    throw new ScimError(415, 'The body must be application/scim+json or application/json')
  }
  const body = parseJson(text)
  if (body === undefined) throw new ScimError(400, 'The body is not JSON', 'invalidSyntax')
  return body
}
