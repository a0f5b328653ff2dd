import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'

/** Serves a request with a Fetch handler; its `signal` aborts when the client disconnects. The body is not read. */
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
  // Typed as the DOM's stream; Node's own is the same.
  const body = Readable.fromWeb(reply.body as ReadableStream)
  // A client that disconnects is not an error; it ends the stream.
  await pipeline(body, response).catch(() => undefined)
}
