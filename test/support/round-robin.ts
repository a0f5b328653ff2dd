import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const REPLY_TIMEOUT_MS = 60_000

export type RoundRobin = Awaited<ReturnType<typeof openRoundRobin>>

/**
 * A round-robin proxy for the current ports in `targets`. If a port refuses the connection, it tries the next one. It
 * answers 502 to a request that was lost on its way, because that request may have been served.
 */
export async function openRoundRobin() {
  const targets: (number | undefined)[] = []
  let turn = 0
  const server = createServer(async (incoming, outgoing) => {
    const body = Buffer.concat(await incoming.toArray())
    for (let tried = 0; tried < targets.length; tried++) {
      const port = targets[turn++ % targets.length]
      if (port !== undefined && (await forward(port, incoming, body, outgoing)) !== 'refused') return
    }
    outgoing.writeHead(503).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    targets,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

const forward = (
  port: number,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  outgoing: ServerResponse,
) =>
  new Promise<'passed' | 'refused'>((resolve) => {
    const passed = request(
      { host: '127.0.0.1', port, method, path: url, headers, agent: false, timeout: REPLY_TIMEOUT_MS },
      (reply) => {
        outgoing.writeHead(reply.statusCode ?? 502, reply.headers)
        reply.pipe(outgoing)
        reply.once('error', () => outgoing.destroy())
        resolve('passed')
      },
    )
    passed.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') return resolve('refused')
      if (outgoing.headersSent) outgoing.destroy()
      else outgoing.writeHead(502).end()
      resolve('passed')
    })
    passed.end(body)
  })
