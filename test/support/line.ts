import { once } from 'node:events'
import { connect } from 'node:net'

/** A raw TCP connection to a server, to send what no well-behaved client sends. */
export async function openRawConnection({ hostname, port }: URL) {
  const socket = connect(Number(port), hostname.replace(/[[\]]/g, ''))
  let received = ''
  socket.on('data', (piece) => {
    received += String(piece)
  })
  // Some tests are about cut connections.
  socket.on('error', () => undefined)
  const closed = once(socket, 'close').then(() => received)
  await once(socket, 'connect')
  return {
    send: (text: string) => new Promise<void>((resolve) => socket.write(text, () => resolve())),
    received: () => received,
    /** Resolves with everything received, when the server has closed the connection. */
    closed,
    async [Symbol.asyncDispose]() {
      socket.destroy()
      await closed
    },
  }
}
