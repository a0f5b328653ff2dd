import { once } from 'node:events'
import { WebSocket } from 'undici'

/** Starts Node with an inspector on a free port of this machine. */
export const INSPECTED = ['--inspect=127.0.0.1:0'] as const

/** What a process holds. */
export interface Held {
  /** Bytes that are left after a collection. */
  heap: number
  /** Sockets, pipes and whatever else keeps an event loop. */
  handles: number
  timers: number
}

export type Inspector = Awaited<ReturnType<typeof openInspector>>

/** Looks into a process that was started with `INSPECTED`, by what it wrote to stderr. */
export async function openInspector(stderr: string) {
  const [, address = ''] = /Debugger listening on (\S+)/.exec(stderr) ?? []
  const socket = new WebSocket(address)
  await once(socket, 'open')
  let last = 0
  const ask = async (method: string, params: object = {}): Promise<unknown> => {
    const id = ++last
    socket.send(JSON.stringify({ id, method, params }))
    for (;;) {
      const [{ data }] = (await once(socket, 'message')) as [{ data: string }]
      const answer = JSON.parse(data) as { id?: number; result?: unknown }
      if (answer.id === id) return answer.result
    }
  }
  return {
    async held(): Promise<Held> {
      await ask('HeapProfiler.collectGarbage')
      const expression = 'JSON.stringify([process.memoryUsage().heapUsed, process.getActiveResourcesInfo()])'
      const { result } = (await ask('Runtime.evaluate', { expression })) as { result: { value: string } }
      const [heap, resources] = JSON.parse(result.value) as [number, string[]]
      const timers = resources.filter((name) => name === 'Timeout' || name === 'Immediate').length
      return { heap, handles: resources.length - timers, timers }
    },
    close: () => socket.close(),
  }
}
