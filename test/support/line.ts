import { once } from 'node:events'
import { connect } from 'node:net'

/** A bare connection to a server, for what no honest client would send. */
export async function openLine({ hostname, port }: URL) {
  const socket = connect(Number(port), hostname.replace(/[[\]]/g, ''))
  let received = ''
  socket.on('data', (piece) => {
    received += String(piece)
  })
  // A connection that is cut is what some tests are about.
  socket.on('error', () => undefined)
  const closed = once(socket, 'close').then(() => received)
  await once(socket, 'connect')
  return {
    send: (text: string) => new Promise<void>((resolve) => socket.write(text, () => resolve())),
    received: () => received,
    /** Resolves with all that was received once the server has closed the connection. */
    closed,
    async [Symbol.asyncDispose]() {
      socket.destroy()
      await closed
    },
  }
}
