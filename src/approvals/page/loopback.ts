import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { statusOf } from '../approval.ts'
import type { Approvals } from '../approvals.ts'
import { approvalPage, type PageParts } from './handler.ts'
import { pathOf } from './layout.ts'

/** How often to check for pending requests, and how long the page stays open after the last decision. */
const CHECK_EVERY_MS = 1_000
const LINGER_MS = 5_000

/** The approval page on a local port that is open only while a linked request is pending. */
export interface LoopbackPage {
  /** The address of the page for this request; undefined when no port can be opened. */
  link(id: string): Promise<string | undefined>
  close(): Promise<void>
}

export function loopbackPage(parts: PageParts): LoopbackPage {
  const linked = new Set<string>()
  let open: Promise<{ origin: string; close(): void }> | undefined
  let closed = false

  /** Closes the port when nothing has been pending for a while. A new link meanwhile keeps it open. */
  const watch = (close: () => void) => {
    let lastPending = Date.now()
    const timer = setInterval(async () => {
      try {
        if (await anyPending(parts.approvals, linked)) lastPending = Date.now()
      } catch (error) {
        parts.warn('the approval page could not read the store', error)
      }
      if (Date.now() - lastPending < LINGER_MS || linked.size > 0) return
      open = undefined
      close()
    }, CHECK_EVERY_MS)
    return timer.unref()
  }

  const start = async () => {
    const origins: string[] = []
    // Loaded when the first request is pending: most runs never need it.
    const { createServer } = await import('node:http')
    const server = createServer(
      { requestTimeout: 10_000, headersTimeout: 5_000, connectionsCheckingInterval: 2_000 },
      approvalPage(parts, origins),
    )
    server.maxConnections = 32
    const origin = `http://127.0.0.1:${await listen(server)}`
    origins.push(origin)
    // An open page does not keep the process alive.
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

/** Whether any of these is still pending; removes the others from `ids`. */
async function anyPending(approvals: Approvals, ids: Set<string>): Promise<boolean> {
  for (const id of ids) {
    const approval = await approvals.get(id)
    if (!approval || statusOf(approval) !== 'pending') ids.delete(id)
  }
  return ids.size > 0
}
