import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Approval, statusOf } from '../approval.ts'
import type { PageParts } from './handler.ts'
import { pathOf } from './layout.ts'

/** How often to check for open requests, and how long the page stays open after the last of them. */
const CHECK_EVERY_MS = 1_000
const LINGER_MS = 5_000
/** How long a used request is followed, and a run after its end, so that its approver sees what came of it. */
const FOLLOWED_MS = 60_000

/** The approval page on a local port that is open only while a linked request waits for its decision, its use or its end. */
export interface LoopbackPage {
  /** The address of the page for this request; undefined when no port can be opened. */
  link(id: string): Promise<string | undefined>
  close(): Promise<void>
}

export function loopbackPage(parts: PageParts): LoopbackPage {
  /** Requests that are linked, with the time until which the last look keeps them open. */
  const linked = new Map<string, number>()
  let open: Promise<{ origin: string; close(): void }> | undefined
  let closed = false
  /** When a request was last seen to be open, or linked: it can be linked and decided between two looks. */
  let lastOpen = 0

  /** Closes the port when nothing has been open for a while. A new link meanwhile keeps it open. */
  const watch = (close: () => void) => {
    const timer = setInterval(async () => {
      try {
        if (await anyOpen(parts, linked)) lastOpen = Date.now()
      } catch (error) {
        parts.warn('the approval page could not read the store', error)
      }
      if (Date.now() - lastOpen < LINGER_MS || linked.size > 0) return
      open = undefined
      close()
    }, CHECK_EVERY_MS)
    return timer.unref()
  }

  const start = async () => {
    const origins: string[] = []
    // Loaded when the first request is pending: most runs never need it.
    const [{ createServer }, { approvalPage }] = await Promise.all([
      import('node:http'),
      import('./handler.ts'),
    ])
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
      linked.set(id, 0)
      lastOpen = Date.now()
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

/** Whether any of these is still open; removes the others from `linked`. */
async function anyOpen(parts: PageParts, linked: Map<string, number>): Promise<boolean> {
  for (const [id, until] of linked) {
    const approval = await parts.approvals.get(id)
    const now = Date.now()
    if (approval && (await isRunning(parts, approval))) linked.set(id, now + FOLLOWED_MS)
    else if (!approval || !(isOpen(approval) || until > now)) linked.delete(id)
  }
  return linked.size > 0
}

const isRunning = async ({ runs }: PageParts, { usedAt, briefing }: Approval): Promise<boolean> =>
  usedAt !== undefined && briefing?.run !== undefined && (await runs.stateOf(briefing.run.id)) === 'running'

/** Whether a person can still decide it, or see what comes of it. */
const isOpen = (approval: Approval): boolean =>
  ['pending', 'approved'].includes(statusOf(approval)) ||
  (approval.usedAt !== undefined && approval.usedAt + FOLLOWED_MS > Date.now())
