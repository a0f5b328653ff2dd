import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'

/** Serves a request with what speaks the Fetch standard; `signal` ends when the client is gone. The body stays unread. */
export async function serveFetch(
  request: IncomingMessage,
  response: ServerResponse,
  serve: (request: Request) => Promise<Response>,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const { method = 'GET', url = '/' } = request
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    for (const one of [value ?? []].flat()) headers.append(name, one)
  }
  const reply = await serve(
    new Request(new URL(url, 'http://here'), { method, headers, signal: gone.signal }),
  )
  response.writeHead(reply.status, Object.fromEntries(reply.headers))
  if (reply.headers.get('content-type') !== 'text/event-stream' || !reply.body) {
    response.end(Buffer.from(await reply.arrayBuffer()))
    return
  }
  // Its type is the DOM's, which Node's own stands for.
  const body = Readable.fromWeb(reply.body as ReadableStream)
  // A client that leaves is no error; the stream ends with it.
  await pipeline(body, response).catch(() => undefined)
}
