import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'

export interface Answered {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

/** Sends one request, with exactly these headers. */
export const send = (
  origin: string,
  { method = 'GET', path = '/', headers = {}, body = '' }: Sent = {},
): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const outgoing = request(new URL(origin), { method, path, headers, agent: false }, async (incoming) => {
      const pieces: Buffer[] = []
      for await (const piece of incoming) pieces.push(piece as Buffer) // no encoding is set
      const { statusCode: status = 0, headers } = incoming
      resolve({ status, headers, text: Buffer.concat(pieces).toString('utf8') })
    })
    outgoing.once('error', reject)
    outgoing.end(body)
  })
export interface Sent {
  method?: string
  path?: string
  headers?: OutgoingHttpHeaders
  body?: string
}

/** What a person types into the form of the approval page. */
export type Fields = Partial<Record<'decision' | 'approver' | 'passphrase' | 'typed' | 'token', string>>

/** What a browser sends when a person has opened `link`, filled in the form and submitted it. */
export async function fillIn(link: string, fields: Fields) {
  const { pathname: path } = new URL(link)
  const token = /name="token" value="([^"]*)"/.exec((await send(link, { path })).text)?.[1] ?? ''
  const type = 'application/x-www-form-urlencoded'
  return {
    method: 'POST',
    path,
    // Under `no-referrer` a browser gives no origin, and says in words that the form is the page's own.
    headers: { 'content-type': type, origin: 'null', 'sec-fetch-site': 'same-origin' } as OutgoingHttpHeaders,
    body: new URLSearchParams({ token, decision: 'approved', ...fields }).toString(),
  }
}
