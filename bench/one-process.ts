import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parseSettings } from '../src/config/settings.ts'
import type { ListPosition, RequestContext } from '../src/domain/operations.ts'
import { openTenants } from '../src/engine/tenants.ts'
import { RateLimited } from '../src/errors.ts'
import { storeLedger } from '../src/limits/ledger.ts'
import { diskStore } from '../src/store/table-store.ts'
import { vendors } from '../src/vendors/index.ts'
import { temporaryFolder } from '../test/support/folder.ts'
import { type App, userNames } from './app.ts'
import type { Ask } from './askers.ts'

// The server's deadline for requests to apps: 50 s per call, less 2 s to write the answer.
const CALL_DEADLINE_MS = 48_000

/**
 * Everything that a server runs between a call and the app, in this process and without the protocol: the vendor's
 * look-up, the request guards, the ledger on disk. Unlike over stdio, each look-up can have its own caller.
 */
export function openInProcess(
  { settings, env }: App,
  budget: Record<string, number> = {},
  more: Record<string, unknown> = {},
) {
  const folder = temporaryFolder()
  const store = diskStore(join(folder.path, 'state'), { durable: true })
  const budgets = diskStore(join(folder.path, 'budgets'), { durable: false })
  const tenant = { ...settings.tenants['acme-netskope'], ...more, budget }
  const parsed = parseSettings({ tenants: { 'acme-netskope': tenant } }, vendors, env, 'the benchmark')
  const { operations } = openTenants(parsed, vendors, { ledger: storeLedger(budgets), store }).get(
    'acme-netskope',
  )
  const name = userNames()
  return {
    /** Looks people up, with one request each. */
    lookUp:
      (identity: Pick<RequestContext, 'caller' | 'priority'>): Ask =>
      async (signal) => {
        try {
          await operations.findAccounts?.(
            { user: name() },
            { ...identity, signal, deadline: Date.now() + CALL_DEADLINE_MS },
          )
          return 'answered'
        } catch (error) {
          if (error instanceof RateLimited && error.details.retryAt) return { retryAt: error.details.retryAt }
          throw error
        }
      },
    /** Lists all users page by page. Returns the live memory in bytes, after a tenth of the pages and at the end. */
    async readEverybody(limit: number) {
      let seen = 0
      let at: ListPosition | undefined
      const memory: number[] = []
      do {
        const page = await operations.listAccounts?.(
          { limit, ...(at && { at }) },
          {
            caller: 'scan',
            priority: 'bulk',
            signal: AbortSignal.timeout(CALL_DEADLINE_MS),
            deadline: Date.now() + CALL_DEADLINE_MS,
          },
        )
        seen += page?.items.length ?? 0
        at = page?.next
        memory.push(liveBytes())
      } while (at)
      return { seen, early: memory[Math.floor(memory.length / 10)] ?? 0, late: memory.at(-1) ?? 0 }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([store.close(), budgets.close()])
      folder[Symbol.dispose]()
    },
  }
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** The size of the heap after a garbage collection. */
function liveBytes(): number {
  collect()
  return process.memoryUsage().heapUsed
}
