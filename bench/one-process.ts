import { join } from 'node:path'
import { storeLedger } from '../src/budget/ledger.ts'
import { parseSettings } from '../src/config.ts'
import { RateLimited } from '../src/errors.ts'
import type { Errand } from '../src/identity/operations.ts'
import { diskStore } from '../src/store/open.ts'
import { openTenants } from '../src/tenants.ts'
import { vendors } from '../src/vendors/index.ts'
import { type App, userNames } from './app.ts'
import type { Ask } from './askers.ts'
import { temporaryFolder } from './folder.ts'

// What the server gives an errand: 50 s for a call, less 2 s for wording the answer.
const CALL_MS = 48_000

/**
 * All that a server puts between a call and the app, in this process and without the protocol: the vendor's look-up,
 * the request guards, the ledger on disk. Unlike over stdio, each asker may be a caller of its own.
 */
export function openInProcess({ settings, env }: App, budget: Record<string, number> = {}) {
  const folder = temporaryFolder()
  const store = diskStore(join(folder.path, 'state'), { durable: true })
  const budgets = diskStore(join(folder.path, 'budgets'), { durable: false })
  const tenant = { ...settings.tenants['acme-netskope'], budget }
  const parsed = parseSettings({ tenants: { 'acme-netskope': tenant } }, vendors, env, 'the benchmark')
  const { operations } = openTenants(parsed, vendors, { ledger: storeLedger(budgets), store }).get(
    'acme-netskope',
  )
  const name = userNames()
  return {
    /** Looks people up, one request each. */
    lookUp:
      (who: Pick<Errand, 'caller' | 'pace'>): Ask =>
      async (signal) => {
        try {
          await operations.findAccounts?.(
            { user: name() },
            { ...who, signal, deadline: Date.now() + CALL_MS },
          )
          return 'answered'
        } catch (error) {
          if (error instanceof RateLimited && error.details.retryAt) return { retryAt: error.details.retryAt }
          throw error
        }
      },
    async [Symbol.asyncDispose]() {
      await Promise.all([store.close(), budgets.close()])
      folder[Symbol.dispose]()
    },
  }
}
