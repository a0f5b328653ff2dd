import { randomBytes } from 'node:crypto'
import { Unavailable } from '../errors.ts'
import { keepingLastKnown } from '../store/last-known.ts'
import type { Store } from '../store/store.ts'
import { addLost, lackedBy, type OwnSpending, spentBy } from './own-spending.ts'
import { landOthers, newState, type State, settle, spentMs, type Ticket } from './sliding-window.ts'
import type { Learned } from './throttle.ts'

/** How a process continues while its store is unavailable. */
export interface OutageFallback {
  /** The share of every limit that it may then spend. */
  share: number
  /** Called when the outage begins, with the reason, and when it ends. */
  say: (alone: boolean, reason?: unknown) => void
}

/** What a process knows about a bucket that the store does not know yet. */
interface LocalBucket {
  /** During an outage: the bucket as last seen, with the local changes since. */
  state?: State
  /** Tickets spent since, not yet in the store; `at` is by the local clock. */
  owed: OwedTicket[]
}

interface OwedTicket {
  ticket: Ticket
  learned: Learned | undefined
  at: number
  /** The local state that has it already. */
  countedIn?: State
}

/**
 * How long a settled ticket may wait to be written together with the next `take`, milliseconds. Until then it counts as
 * in flight, so its tokens cannot be spent twice.
 */
const SETTLE_WITHIN_MS = 25

// Longer than the longest window, so only unused buckets expire.
const BUCKET_TTL_MS = 2 * 86_400_000

/** A change or read of a bucket at the store's time `now`, with a share of the limits. */
type BucketWork<Result> = (state: State, now: number, share: number) => Result

/** Its result, the store's time, and whether the store has it. */
interface BucketOutcome<Result> {
  result: Result
  now: number
  shared: boolean
}

/** The buckets of a store, and what this process has not written to them yet. */
interface SharedBuckets {
  /** What marks the tickets of this process. */
  by: string
  /** Updates a bucket in the store, or locally when the store is unavailable. */
  change<Result>(bucket: string, work: BucketWork<Result>): Promise<BucketOutcome<Result>>
  /** Reads a bucket without changing it. */
  read<Result>(bucket: string, work: BucketWork<Result>): Promise<BucketOutcome<Result>>
  /** Queues a spent ticket for the next update of its bucket, or for a short timer. */
  queue(bucket: string, ticket: Ticket, learned: Learned | undefined): void
  /** Notes a ticket spent during an outage, to be written when the store is back. */
  owe(bucket: string, state: State, ticket: Ticket, learned: Learned | undefined): void
  /** Writes everything that is queued. */
  flush(): Promise<void>
  forget(bucket: string): Promise<void>
  /** Whether the store is unavailable, or lacks what this process spent while it was. */
  isBehind(bucket: string): boolean
}

/**
 * Buckets shared by all processes that use the same store, by the store's clock. With `alone`, a process whose store is
 * unavailable continues with its share of the last known state, and writes what it spent later.
 */
export function sharedBuckets(store: Store, alone?: OutageFallback): SharedBuckets {
  const buckets = keepingLastKnown(store)
  const by = randomBytes(6).toString('base64url')
  const localBuckets = new Map<string, LocalBucket>()
  const ownSpending = new Map<string, OwnSpending>()
  const keyOf = (bucket: string) => `budget/${bucket}`
  /** How far the store's clock is ahead of ours. An upper estimate, so no token comes back too early. */
  let clockAheadMs = 0
  let inOutage = false
  const lacksSpent = (bucket: string) => localBuckets.get(bucket)?.state !== undefined

  /** Updates a bucket in the store, or locally when the store is unavailable. */
  async function change<Result>(bucket: string, work: BucketWork<Result>): Promise<BucketOutcome<Result>> {
    const local = localBuckets.get(bucket)
    // This update also writes all pending tickets.
    const owed = local?.owed.splice(0) ?? []
    const began = Date.now()
    try {
      const { own, ...outcome } = await buckets.update<State, BucketOutcome<Result> & { own: OwnSpending }>(
        keyOf(bucket),
        (state = newState(), now) => {
          const known = ownSpending.get(bucket)
          addLost(state, by, known)
          for (const { ticket, learned, at } of owed)
            settle(state, ticket, learned, { now, at: now - (began - at), by })
          const result = work(state, now, 1)
          const own = spentBy(state, by, known, now)
          return { next: state, ttl: BUCKET_TTL_MS, result: { result, now, shared: true, own } }
        },
      )
      if (own.total > 0) ownSpending.set(bucket, own)
      if (local) delete local.state
      // Another update may have put a new one in its place, with tickets of its own.
      if (local?.owed.length === 0 && localBuckets.get(bucket) === local) localBuckets.delete(bucket)
      clockAheadMs = outcome.now - began
      if (inOutage) alone?.say(false)
      inOutage = false
      return outcome
    } catch (error) {
      return changeLocally(bucket, error, work, owed)
    }
  }

  /** Reads a bucket without changing it. */
  async function read<Result>(bucket: string, work: BucketWork<Result>): Promise<BucketOutcome<Result>> {
    // The store does not count what was spent during an outage until it is written.
    if (lacksSpent(bucket)) return change(bucket, work)
    try {
      const [state, now] = await Promise.all([buckets.get<State>(keyOf(bucket)), store.now()])
      if (lackedBy(state, by, ownSpending.get(bucket)) > 0) return change(bucket, work)
      return { result: work(state ?? newState(), now, 1), now, shared: true }
    } catch (error) {
      return changeLocally(bucket, error, work)
    }
  }

  /** `unwritten` are tickets that the failed change would have written. */
  function changeLocally<Result>(
    bucket: string,
    error: unknown,
    work: BucketWork<Result>,
    unwritten: readonly OwedTicket[] = [],
  ): BucketOutcome<Result> {
    const local = localBuckets.get(bucket) ?? { owed: [] }
    localBuckets.set(bucket, local)
    local.owed.unshift(...unwritten)
    if (!alone || !(error instanceof Unavailable)) throw error
    if (!inOutage) alone.say(true, error)
    inOutage = true
    const now = Date.now() + clockAheadMs
    const isNew = !local.state
    const state = local.state ?? buckets.last<State>(keyOf(bucket)) ?? newState()
    local.state = state
    // Several changes can fail at once, and each brings back its own.
    for (const owed of local.owed.filter(({ countedIn }) => countedIn !== state)) {
      settle(state, owed.ticket, owed.learned, { now, at: owed.at + clockAheadMs })
      owed.countedIn = state
    }
    // They have shares of their own now, and what they do is no longer heard of.
    if (isNew) landOthers(state, by, now)
    return { result: work(state, now, alone.share), now, shared: false }
  }

  /** Queues a ticket for the next update of its bucket, or for a short timer. */
  function queueTicket(bucket: string, ticket: Ticket, learned: Learned | undefined): void {
    const local = localBuckets.get(bucket) ?? { owed: [] }
    localBuckets.set(bucket, local)
    local.owed.push({ ticket, learned, at: Date.now() })
    // If this fails, the next update writes it.
    if (local.owed.length === 1)
      setTimeout(() => void writeQueued(bucket).catch(() => undefined), SETTLE_WITHIN_MS).unref()
  }

  async function writeQueued(bucket: string): Promise<void> {
    if (localBuckets.get(bucket)?.owed.length) await change(bucket, () => undefined)
  }

  return {
    by,
    change,
    read,
    queue: queueTicket,
    owe(bucket, state, ticket, learned) {
      const owed = localBuckets.get(bucket)?.owed ?? []
      owed.push({ ticket, learned, at: Date.now(), countedIn: state })
      while (owed[0] && owed[0].at < Date.now() - spentMs(state.longestMs)) owed.shift()
    },
    // Also of buckets whose tickets are being written now: updates of a bucket end in order.
    flush: async () =>
      void (await Promise.all([...localBuckets.keys()].map((bucket) => change(bucket, () => undefined)))),
    forget: (bucket) =>
      // What each process has written stays: nothing was lost.
      store.update<State, void>(keyOf(bucket), (state) => ({
        next: { ...newState(), ...(state?.written && { written: state.written }) },
        ttl: BUCKET_TTL_MS,
        result: undefined,
      })),
    isBehind: (bucket) => inOutage || lacksSpent(bucket),
  }
}
