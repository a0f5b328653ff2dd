import { openStores } from '../../src/app/stores.ts'
import { type Approvers, openApprovers } from '../../src/approvals/approvers.ts'
import type { ScryptCost } from '../../src/approvals/passphrase-hash.ts'
import type { Store } from '../../src/store/store.ts'

export const PASSPHRASE = 'correct horse battery'

/** A cost of hashing for tests that are about something else. */
export const CHEAP: ScryptCost = { N: 2, r: 8, p: 1 }

/** Approvers whose passphrases are cheap to hash and to check. A child process hashes them anew at their first use. */
export const cheapApprovers = (store: Store): Approvers => openApprovers(store, CHEAP)

/** Options of Node that make hashing as cheap in a child process, for tests that decide often there. */
export const CHEAP_HASHING: readonly string[] = [
  '--import',
  `data:text/javascript,${encodeURIComponent(`
    import crypto from 'node:crypto'
    import { syncBuiltinESMExports } from 'node:module'
    const { scrypt } = crypto
    crypto.scrypt = (text, salt, length, cost, done) => scrypt(text, salt, length, ${JSON.stringify(CHEAP)}, done)
    syncBuiltinESMExports()
  `)}`,
]

/** Adds approvers, each with `PASSPHRASE`, without the command `approvers add`. */
export async function addApprovers({ dataDir }: { dataDir: string }, ...names: string[]): Promise<void> {
  const { store } = openStores(dataDir)
  for (const name of names) await cheapApprovers(store).add(name, PASSPHRASE)
  await store.close()
}
