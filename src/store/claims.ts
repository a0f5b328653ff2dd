import { randomUUID } from 'node:crypto'
import type { Store } from './store.ts'

/** Why a call does not have what it wants to claim: it lost it, or another call holds it, of the same caller or another. */
export type Obstacle = 'lost' | 'own' | 'another'

/** What one call holds of what only one may change at a time. */
export interface Claims {
  /**
   * Waits for its turn and takes all `keys`; what is in the way if that takes too long, or if one of them was lost. What was
   * taken before then stays held. Throws the signal's reason if the call ends first.
   */
  take(keys: Iterable<string>): Promise<Obstacle | undefined>
  /** Whether all `keys` were taken, held still or not. */
  hasTaken(keys: Iterable<string>): boolean
  /** Whether all `keys` are held still: a process that was stopped for a while may have lost what it had. */
  stillHolds(keys: Iterable<string>): Promise<boolean>
  /** Gives everything back. Never throws: what cannot be given back lapses with its lease. */
  release(): Promise<void>
}

/** Whose claims they are. */
interface Claimant {
  caller: string
  signal: AbortSignal
}

/** A claim of a process that was killed lapses after this long, milliseconds; the others renew theirs until then. */
const LEASE_MS = 6_000
const RENEW_MS = LEASE_MS / 3
/** How long a call waits for what another call is changing, milliseconds. */
const PATIENCE_MS = 15_000
const FIRST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 250
/** A place in the line lapses after this long unless its call looks again, milliseconds. */
const PLACE_MS = 6 * LONGEST_PAUSE_MS
/** Callers that a line remembers to have served. */
const MAX_SERVED = 20

/** All times are by the clock of the store. */
interface Lease {
  /** The call that holds it; none while it is being handed on. */
  owner?: string
  until: number
  /** The calls that wait, in the order in which they came. */
  line?: Place[]
  /** The callers that had it since somebody waited, the last one last. */
  served?: string[]
}
interface Place {
  owner: string
  caller: string
  until: number
}

/** Claims for one call in `store`, which every process that uses the store respects. Callers take turns. */
export function openClaims(store: Pick<Store, 'update'>): (claimant: Claimant) => Claims {
  const sleeping = sleepers()
  return ({ caller, signal }) => {
    const owner = randomUUID()
    /** When each key was taken or renewed, by a clock that nobody sets. */
    const held = new Map<string, number>()
    const [taken, wanted] = [new Set<string>(), new Set<string>()]
    let renewing: NodeJS.Timeout | undefined
    const without = (line: readonly Place[]) => line.filter((place) => place.owner !== owner)

    /** Takes the key if it is free and this call is next; else keeps a place in its line. */
    const tryOnce = async (key: string): Promise<Obstacle | undefined> => {
      const at = performance.now()
      wanted.add(key)
      const obstacle = await store.update<Lease, Obstacle | undefined>(keyOf(key), (lease, now) => {
        const before = lineAt(lease, now)
        const own: Place = { owner, caller, until: now + PLACE_MS }
        // It keeps the place that it has.
        const line = before.some((place) => place.owner === owner)
          ? before.map((place) => (place.owner === owner ? own : place))
          : [...before, own]
        const holder = holderAt(lease, now)
        const served = lease?.served ?? []
        if (holder === undefined && nextIn(line, served)?.owner === owner) {
          const all = [...served.filter((one) => one !== caller), caller].slice(-MAX_SERVED)
          return kept({ owner, until: now + LEASE_MS, line: without(line), served: all }, now, undefined)
        }
        const next = { ...lease, until: lease?.until ?? 0, line }
        return kept(next, now, served.at(-1) === caller ? 'own' : 'another')
      })
      if (obstacle === undefined) {
        held.set(key, at)
        taken.add(key)
      }
      return obstacle
    }
    /** Renews a lease. One that lapsed is lost even if it is free: another call can have come and gone. */
    const renew = async (key: string): Promise<boolean> => {
      const at = performance.now()
      const isOurs = await store.update<Lease, boolean>(keyOf(key), (lease, now) =>
        lease?.owner === owner
          ? kept({ ...lease, until: now + LEASE_MS }, now, true)
          : kept(lease, now, false),
      )
      if (isOurs && held.has(key)) held.set(key, at)
      if (!isOurs) held.delete(key)
      return isOurs
    }
    const renewAll = () => {
      for (const key of held.keys()) void renew(key).catch(() => undefined)
    }
    const take = async (key: string, patientUntil: number): Promise<Obstacle | undefined> => {
      if (held.has(key)) return undefined
      if (taken.has(key)) return 'lost'
      for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
        signal.throwIfAborted()
        const obstacle = await tryOnce(key)
        if (obstacle === undefined || performance.now() + wait > patientUntil) return obstacle
        // Other processes do not tell when they are done. Not all look at the same moment.
        await sleeping.sleep(owner, { ms: wait * (0.5 + Math.random() / 2), signal })
      }
    }
    /** Gives the key and the place in its line back, and wakes who is next if that is in this process. */
    const giveBack = async (key: string): Promise<void> => {
      const next = await store.update<Lease, string | undefined>(keyOf(key), (lease, now) => {
        const line = without(lineAt(lease, now))
        const { owner: holder, ...rest } = lease ?? { until: 0 }
        if (holder !== undefined && holder !== owner)
          return kept({ ...rest, owner: holder, line }, now, undefined)
        return kept({ ...rest, until: 0, line }, now, nextIn(line, lease?.served ?? [])?.owner)
      })
      if (next !== undefined) sleeping.wake(next)
    }

    return {
      async take(keys) {
        const patientUntil = performance.now() + PATIENCE_MS
        renewing ??= setInterval(renewAll, RENEW_MS).unref()
        // In one order everywhere, so that no two calls wait for each other.
        for (const key of [...new Set(keys)].sort()) {
          const obstacle = await take(key, patientUntil)
          if (obstacle !== undefined) return obstacle
        }
        return undefined
      },
      hasTaken: (keys) => [...keys].every((key) => taken.has(key)),
      async stillHolds(keys) {
        for (const key of keys) {
          const at = held.get(key)
          if (at === undefined) return false
          if (performance.now() - at > 2 * RENEW_MS && !(await renew(key))) return false
        }
        return true
      },
      async release() {
        clearInterval(renewing)
        held.clear()
        await Promise.all([...wanted].map(giveBack)).catch(() => undefined)
      },
    }
  }
}

const keyOf = (key: string) => `claim/${key}`
const holderAt = (lease: Lease | undefined, now: number) =>
  lease && lease.until > now ? lease.owner : undefined
const lineAt = (lease: Lease | undefined, now: number) =>
  lease?.line?.filter(({ until }) => until > now) ?? []

/** The place whose caller was served longest ago or never; of one caller, the one that came first. */
const nextIn = (line: readonly Place[], served: readonly string[]): Place | undefined =>
  line.toSorted((a, b) => served.indexOf(a.caller) - served.indexOf(b.caller))[0]

/** An update that keeps a lease for as long as somebody holds it or waits. */
function kept<Result>(lease: Lease | undefined, now: number, result: Result) {
  const until = Math.max(lease?.until ?? 0, ...(lease?.line ?? []).map((place) => place.until))
  return until > now ? { next: lease, ttl: until - now, result } : { next: undefined, result }
}

/** Calls of this process that sleep until their turn may have come. */
function sleepers() {
  const sleeping = new Map<string, () => void>()
  return {
    /** Resolves when `wake` is called for the owner, after `ms`, or when the signal is aborted. */
    sleep: (owner: string, { ms, signal }: { ms: number; signal: AbortSignal }) =>
      new Promise<void>((resolve) => {
        const proceed = () => {
          clearTimeout(timer)
          signal.removeEventListener('abort', proceed)
          sleeping.delete(owner)
          resolve()
        }
        const timer = setTimeout(proceed, ms)
        signal.addEventListener('abort', proceed)
        sleeping.set(owner, proceed)
      }),
    wake: (owner: string) => sleeping.get(owner)?.(),
  }
}
