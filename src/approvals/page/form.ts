import type { IncomingMessage } from 'node:http'

/** Bytes that a form may fill: each field at its longest, with every letter written as escapes. */
const MOST = 16_384

/** The fields of the form that a request carries, or the HTTP status that turns it away. */
export async function formIn(request: IncomingMessage): Promise<Partial<Record<string, string>> | 413 | 415> {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';')
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded') return 415
  const body = await bodyOf(request)
  return body === undefined ? 413 : Object.fromEntries(new URLSearchParams(body.toString('utf8')))
}

/** The whole body, or undefined when it is broken off or too long; what is too much of it is not read. */
const bodyOf = (request: IncomingMessage): Promise<Buffer | undefined> =>
  new Promise((resolve) => {
    let body = Buffer.alloc(0)
    request.on('data', (piece: Buffer) => {
      if (body.length + piece.length > MOST) {
        request.pause()
        resolve(undefined)
      } else body = Buffer.concat([body, piece])
    })
    request.once('end', () => resolve(body))
    request.once('error', () => resolve(undefined))
    request.once('close', () => resolve(undefined))
  })
