import type { IncomingMessage } from 'node:http'

/** Enough for each field at its maximum length, with every character escaped. */
const MAX_FORM_BYTES = 16_384

/** The form fields of a request, or the HTTP status that rejects it. */
export async function formIn(request: IncomingMessage): Promise<Partial<Record<string, string>> | 413 | 415> {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';')
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded') return 415
  const body = await bodyOf(request)
  return body === undefined ? 413 : Object.fromEntries(new URLSearchParams(body.toString('utf8')))
}

/** The whole body; undefined when it is incomplete or too long, which stops reading. */
const bodyOf = (request: IncomingMessage): Promise<Buffer | undefined> =>
  new Promise((resolve) => {
    let body = Buffer.alloc(0)
    request.on('data', (piece: Buffer) => {
      if (body.length + piece.length > MAX_FORM_BYTES) {
        request.pause()
        resolve(undefined)
      } else body = Buffer.concat([body, piece])
    })
    request.once('end', () => resolve(body))
    request.once('error', () => resolve(undefined))
    request.once('close', () => resolve(undefined))
  })
