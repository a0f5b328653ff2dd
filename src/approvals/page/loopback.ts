import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Approvals, statusOf } from '../approvals.ts'
import { approvalPage, type PageParts } from './handler.ts'
import { pathOf } from './layout.ts'

/** How often it is looked whether anything still waits, and for how long a person who has decided gets to see so. */
const LOOK_EVERY_MS = 1_000
const LINGER_MS = 5_000

/** The approval page on a port of this machine that is open only while something waits which it was opened for. */
export interface LoopbackPage {
  /** The address of the page for this request; undefined where no port can be opened. */
  link(id: string): Promise<string | undefined>
  close(): Promise<void>
}

export function loopbackPage(parts: PageParts): LoopbackPage {
  const linked = new Set<string>()
  let open: Promise<{ origin: string; close(): void }> | undefined
  let closed = false

  /** Closes the port once nothing has waited for a while; a link that is asked for meanwhile keeps it open. */
  const watch = (close: () => void) => {
    let lastWaiting = Date.now()
    const timer = setInterval(async () => {
      try {
        if (await anyWaits(parts.approvals, linked)) lastWaiting = Date.now()
      } catch (error) {
        parts.warn('the approval page could not look at the store', error)
      }
      if (Date.now() - lastWaiting < LINGER_MS || linked.size > 0) return
      open = undefined
      close()
    }, LOOK_EVERY_MS)
    return timer.unref()
  }

  const start = async () => {
    const origins: string[] = []
    const server = createServer(
      { requestTimeout: 10_000, headersTimeout: 5_000, connectionsCheckingInterval: 2_000 },
      approvalPage(parts, origins),
    )
    server.maxConnections = 32
    const origin = `http://127.0.0.1:${await listen(server)}`
    origins.push(origin)
    // A person who reads keeps no process alive.
    server.unref()
    const close = () => {
      clearInterval(timer)
      server.close()
      server.closeAllConnections()
    }
    const timer = watch(close)
    return { origin, close }
  }

  return {
    async link(id) {
      if (closed) return undefined
      linked.add(id)
      open ??= start()
      try {
        return (await open).origin + pathOf(id)
      } catch (error) {
        open = undefined
        parts.warn('the approval page could not be opened', error)
        return undefined
      }
    },
    async close() {
      closed = true
      const { close } = (await open?.catch(() => undefined)) ?? {}
      close?.()
    },
  }
}

const listen = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    // An address object, since the server listens on a port and not on a pipe.
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })

/** Whether any of these still waits for a person; forgets those that do not. */
async function anyWaits(approvals: Approvals, ids: Set<string>): Promise<boolean> {
  for (const id of ids) {
    const approval = await approvals.get(id)
    if (!approval || statusOf(approval) !== 'pending') ids.delete(id)
  }
  return ids.size > 0
}
