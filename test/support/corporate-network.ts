import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { join } from 'node:path'

const FIXTURES = join(import.meta.dirname, '../fixtures/tls')

/** The certificate of the authority that signed those of the simulated app, which Node does not know. */
export const AUTHORITY = join(FIXTURES, 'authority.pem')

type Certificate = 'server' | 'expired'

const keyed = (certificate: Certificate) => ({
  key: readFileSync(join(FIXTURES, 'server-key.pem')),
  cert: readFileSync(join(FIXTURES, `${certificate}.pem`)),
})

async function listening<Kind extends Server>(server: Kind) {
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy())
  }
  server.on('connection', keep).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    keep,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** An app over TLS, for app.example, localhost and 127.0.0.1, and the paths that it was asked for. */
export async function openTlsApp(
  answer: RequestListener = (_, response) => response.end('{"totalResults":0,"Resources":[]}'),
  certificate: Certificate = 'server',
) {
  const asked: string[] = []
  const app = await listening(
    createTlsServer(keyed(certificate), (request, response) => {
      asked.push(`${request.method} ${request.url}`)
      answer(request, response)
    }) as unknown as Server,
  )
  return { ...app, asked }
}

/** What a proxy is to do with a CONNECT: a port to connect it to, whatever its host, or a status to refuse it with. */
type Decide = { port: number } | { status: number }

/** A proxy. `asked` has the first line of each request, and what it says of the login. */
export async function openConnectProxy(decide: Decide, { secure = false } = {}) {
  const asked: string[] = []
  /** Everything that the clients sent. */
  let heard = ''
  const server = secure ? (createTlsServer(keyed('server')) as unknown as Server) : createServer()
  const proxy = await listening(server)
  server.on('request', (request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.writeHead(405).end()
  })
  server.on('connect', ({ url, headers }, client: Socket, head: Buffer) => {
    asked.push(`CONNECT ${url} ${headers['proxy-authorization'] ?? ''}`.trim())
    if ('status' in decide) {
      client.end(`HTTP/1.1 ${decide.status} No\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    const there = connect(decide.port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      there.write(head)
      client.on('data', (piece) => {
        heard += piece.toString('latin1')
      })
      client.pipe(there).pipe(client)
    })
    proxy.keep(there)
    client.on('error', () => there.destroy()).on('close', () => there.destroy())
    there.on('close', () => client.destroy())
  })
  return {
    ...proxy,
    url: `${secure ? 'https' : 'http'}://127.0.0.1:${proxy.port}`,
    asked,
    heard: () => heard,
  }
}
