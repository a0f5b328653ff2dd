import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A proxy in front of a port on this machine, which can be slow, cut its connections, and swallow replies. */
export async function openProxy(target: number) {
  const pairs = new Set<{ client: Socket; server: Socket }>()
  const how = { target, delayMs: 0, swallow: false, asked: (_text: string) => {} }

  const pass = (from: Socket, to: Socket, swallows: () => boolean) =>
    from.on('data', (piece) => {
      const on = () => void (swallows() || to.destroyed || to.write(piece))
      if (how.delayMs > 0) setTimeout(on, how.delayMs)
      else on()
    })

  const server = createServer((client) => {
    const pair = { client, server: connect(how.target, '127.0.0.1') }
    pairs.add(pair)
    client.on('data', (piece) => how.asked(String(piece)))
    pass(client, pair.server, () => false)
    pass(pair.server, client, () => how.swallow)
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
     * Where new connections lead, how long each piece of data is on its way, whether what the server says gets lost, and
     * who is told of requests.
     */
    how,
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
