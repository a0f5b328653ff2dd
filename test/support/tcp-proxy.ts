import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A TCP proxy for a local port that can delay data, cut connections, and swallow replies. */
export async function openTcpProxy(target: number) {
  const pairs = new Set<{ client: Socket; server: Socket }>()
  const behavior = { target, delayMs: 0, swallow: false, asked: (_text: string) => {} }

  const pass = (from: Socket, to: Socket, swallows: () => boolean) =>
    from.on('data', (piece) => {
      const on = () => void (swallows() || to.destroyed || to.write(piece))
      if (behavior.delayMs > 0) setTimeout(on, behavior.delayMs)
      else on()
    })

  const server = createServer((client) => {
    const pair = { client, server: connect(behavior.target, '127.0.0.1') }
    pairs.add(pair)
    client.on('data', (piece) => behavior.asked(String(piece)))
    pass(client, pair.server, () => false)
    pass(pair.server, client, () => behavior.swallow)
    for (const [one, other] of [
      [client, pair.server],
      [pair.server, client],
    ] as const) {
      one.on('error', () => one.destroy())
      one.on('close', () => {
        pairs.delete(pair)
        other.destroy()
      })
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    port: (server.address() as AddressInfo).port,
    /**
     * The port for new connections, the delay of each piece of data, whether to drop the server's replies, and a listener
     * for requests.
     */
    how: behavior,
    cut() {
      for (const { client } of pairs) client.destroy()
    },
    async [Symbol.asyncDispose]() {
      this.cut()
      server.close()
      await once(server, 'close')
    },
  }
}
