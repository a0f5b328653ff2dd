import type { Incoming, Reply } from '../http-types.ts'
import { parseJson } from '../http-types.ts'
import { ScimError } from './schema.ts'

const SCIM_TYPE = 'application/scim+json;charset=utf-8'
const ERROR_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:Error'

/** A SCIM reply (RFC 7644, 3.8). */
export const scimReply = <Body>(status: number, body: Body): Reply & { body: Body } => ({
  status,
  type: SCIM_TYPE,
  body,
})

/** A SCIM error object (RFC 7644, 3.12). */
export const errorReply = ({ status, message, scimType }: ScimError, type: string): Reply => ({
  status,
  type,
  body: { schemas: [ERROR_SCHEMA], status: String(status), detail: message, ...(scimType && { scimType }) },
})

/** The JSON body of a write. Throws a `ScimError` if the media type or the JSON is invalid. */
export function bodyOf({ headers, text }: Incoming): unknown {
  if (!/^application\/(scim\+)?json\b/i.test(headers['content-type'] ?? '')) {
    throw new ScimError(415, 'The body must be application/scim+json or application/json')
  }
  const body = parseJson(text)
  if (body === undefined) throw new ScimError(400, 'The body is not JSON', 'invalidSyntax')
  return body
}
