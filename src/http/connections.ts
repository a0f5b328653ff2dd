import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** The open connections of a server, which strangers cannot use up. */
export interface Connections {
  /** A request has come, by nobody known yet: its connection ends with the answer. */
  arrived(response: ServerResponse): void
  /** The request turned out to be an authenticated caller's: its connection stays open for more. */
  authenticated(request: IncomingMessage, response: ServerResponse): void
}

/**
 * Keeps at most `most` connections open. When one more comes, the oldest goes that never carried an authenticated request,
 * else the one of a caller that was idle for longest. One with an authenticated request in flight never goes.
 */
export function boundedConnections(server: Server, most: number): Connections {
  const strangers = new Set<Socket>()
  const idle = new Set<Socket>()
  const busy = new Set<Socket>()
  const all = [strangers, idle, busy]
  const forget = (socket: Socket) => {
    for (const sockets of all) sockets.delete(socket)
  }

  server.on('connection', (socket: Socket) => {
    if (all.reduce((sum, { size }) => sum + size, 0) >= most) {
      const [oldest = socket] = strangers.size > 0 ? strangers : idle
      forget(oldest)
      oldest.destroy()
      if (oldest === socket) return
    }
    strangers.add(socket)
    socket.once('close', () => forget(socket))
  })

  return {
    arrived(response) {
      response.shouldKeepAlive = false
    },
    authenticated({ socket, httpVersion, headers }, response) {
      response.shouldKeepAlive = httpVersion === '1.1' && !/\bclose\b/i.test(headers.connection ?? '')
      forget(socket)
      busy.add(socket)
      response.once('close', () => {
        if (!busy.delete(socket) || socket.destroyed) return
        idle.add(socket)
      })
    },
  }
}
