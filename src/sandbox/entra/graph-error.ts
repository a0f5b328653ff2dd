import type { Reply } from '../http-types.ts'

/** An error in the form of learn.microsoft.com/graph/errors. */
export function graphError(
  status: number,
  code: string,
  message: string,
  details?: readonly object[],
): Reply {
  const id = crypto.randomUUID()
  const innerError = {
    date: new Date().toISOString().slice(0, 19),
    'request-id': id,
    'client-request-id': id,
  }
  return { status, body: { error: { code, message, ...(details && { details }), innerError } } }
}

export const notFound = (name: string): Reply =>
  graphError(
    404,
    'Request_ResourceNotFound',
    `Resource '${name}' does not exist or one of its queried reference-property objects are not present.`,
  )

export const denied = (): Reply =>
  graphError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.')

export const badRequest = (message: string, details?: readonly object[]): Reply =>
  graphError(400, 'Request_BadRequest', message, details)

export const unsupportedQuery = (message: string): Reply =>
  graphError(400, 'Request_UnsupportedQuery', message)

/** A question that Graph refuses; thrown where it is found. */
export class Refusal extends Error {
  readonly reply: Reply

  constructor(reply: Reply) {
    super('refused')
    this.reply = reply
  }
}
