import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'

export interface HttpReply {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

/** The address in `approveAt`, which tells the command of the terminal, too. */
export const linkIn = (approveAt: string): string => approveAt.split(' ')[0] ?? ''

/** Sends one request with exactly these headers. */
export const send = (
  origin: string,
  { method = 'GET', path = '/', headers = {}, body = '' }: HttpRequest = {},
): Promise<HttpReply> =>
  new Promise((resolve, reject) => {
    const outgoing = request(
      new URL(linkIn(origin)),
      { method, path, headers, agent: false },
      async (incoming) => {
        const pieces: Buffer[] = []
        for await (const piece of incoming) pieces.push(piece as Buffer) // no encoding is set
        const { statusCode: status = 0, headers } = incoming
        resolve({ status, headers, text: Buffer.concat(pieces).toString('utf8') })
      },
    )
    outgoing.once('error', reject)
    outgoing.end(body)
  })
export interface HttpRequest {
  method?: string
  path?: string
  headers?: OutgoingHttpHeaders
  body?: string
}

/** The fields of the form on the approval page. */
export type ApprovalFormFields = Partial<
  Record<'decision' | 'approver' | 'passphrase' | 'typed' | 'why' | 'token', string>
>

/** The request that a browser sends when a person opens `link`, fills in the form and submits it. */
export async function fillIn(link: string, fields: ApprovalFormFields) {
  const { pathname: path } = new URL(linkIn(link))
  const token = /name="token" value="([^"]*)"/.exec((await send(link, { path })).text)?.[1] ?? ''
  const type = 'application/x-www-form-urlencoded'
  return {
    method: 'POST',
    path,
    // Under `no-referrer` a browser sends `Origin: null`; `Sec-Fetch-Site` shows that the form is same-origin.
    headers: { 'content-type': type, origin: 'null', 'sec-fetch-site': 'same-origin' } as OutgoingHttpHeaders,
    body: new URLSearchParams({ token, decision: 'approved', ...fields }).toString(),
  }
}
