import { randomUUID } from 'node:crypto'
import type { Ask } from '../engine/ask.ts'
import type { Tenants } from '../engine/tenants.ts'
import { IdentityError } from '../errors.ts'
import type { Log } from '../log.ts'
import { openLeases } from '../store/leases.ts'
import type { Store } from '../store/store.ts'
import type { SnapshotStore } from './snapshot-store.ts'
import { takeSnapshot } from './take.ts'

/** Takes lists of accounts by itself while a server serves. */
interface SnapshotSchedule {
  start(): void
  /** Resolves when no list is being taken any more. */
  stop(): Promise<void>
}

interface ScheduleParts {
  everyMs: number
  tenants: Tenants
  ask(signal: AbortSignal): Ask
  snapshots: SnapshotStore
  store: Pick<Store, 'get' | 'set' | 'now'>
  /** For the lease. */
  leases: Pick<Store, 'update'>
  log: Pick<Log, 'error' | 'info'>
}

/** How often it looks whether a list is due; a start has more urgent things to do. */
const POLL_MS = 20_000
const FIRST_POLL_MS = 1_000
/** Longer than a few looks, so that one instance keeps it: two lists of different machines tell nothing. */
const LEASE_MS = 90_000
/** A list that could not be read whole is tried again after this. */
const RETRY_MS = 3_600_000

/** When a tenant's list was last taken, by the clock of the store. */
const LAST = (tenant: string) => `snapshot/last/${tenant}`
const LEASE = 'snapshot/lease'

export function snapshotSchedule({
  everyMs,
  tenants,
  ask,
  snapshots,
  store,
  leases,
  log,
}: ScheduleParts): SnapshotSchedule {
  const owner = randomUUID()
  const lease = openLeases(leases, LEASE_MS)
  const stopping = new AbortController()
  const timers: NodeJS.Timeout[] = []
  let working: Promise<void> | undefined

  const isDue = async (tenant: string) => {
    const [last, now] = [await store.get<number>(LAST(tenant)), await store.now()]
    // One in the future is of a clock that was put back.
    return last === undefined || last > now || now - last >= everyMs
  }
  const take = async (tenant: string) => {
    const begun = await store.now()
    try {
      await takeSnapshot(tenant, { ask: ask(stopping.signal), snapshots, signal: stopping.signal })
      await store.set(LAST(tenant), begun)
    } catch (error) {
      if (stopping.signal.aborted) return
      if (!(error instanceof IdentityError)) throw error
      log.error(`no snapshot of ${tenant} was taken`, { error })
      await store.set(LAST(tenant), begun - everyMs + Math.min(RETRY_MS, everyMs))
    }
  }
  const work = async () => {
    // Apps with a log of their own tell more than two lists do.
    for (const { name, offers } of tenants.all) {
      const hasLists = offers('listAccounts') && !offers('pullAudit')
      if (!hasLists || stopping.signal.aborted || !(await isDue(name))) continue
      await take(name)
    }
  }
  const poll = async () => {
    if (!(await lease.take(LEASE, owner))) return
    working ??= work().finally(() => {
      working = undefined
    })
    await working
  }
  const look = () => {
    poll().catch((error) => {
      if (!stopping.signal.aborted) log.error('snapshots could not be taken', { error })
    })
  }
  return {
    start() {
      if (timers.length === 0)
        timers.push(setTimeout(look, FIRST_POLL_MS).unref(), setInterval(look, POLL_MS).unref())
    },
    async stop() {
      for (const timer of timers) clearTimeout(timer)
      stopping.abort()
      await working?.catch(() => undefined)
      if (timers.length > 0) await lease.release(LEASE, owner).catch(() => undefined)
    },
  }
}
