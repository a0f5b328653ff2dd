import { randomUUID } from 'node:crypto'
import type { Store } from './store.ts'

/** What one call holds of what only one may change at a time. */
export interface Claims {
  /**
   * Waits for its turn and takes all `keys`. False if others held one of them for too long; what was taken before then
   * stays held. Throws the signal's reason if the call ends first.
   */
  take(keys: Iterable<string>): Promise<boolean>
  /** Whether all `keys` are held still: a process that was stopped for a while may have lost what it had. */
  stillHolds(keys: Iterable<string>): Promise<boolean>
  /** Gives everything back. Never throws: what cannot be given back lapses with its lease. */
  release(): Promise<void>
}

/** A claim of a process that was killed lapses after this long, milliseconds; the others renew theirs until then. */
const LEASE_MS = 6_000
const RENEW_MS = LEASE_MS / 3
/** How long a call waits for what another call is changing, milliseconds. */
const PATIENCE_MS = 15_000
const FIRST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 250

interface Lease {
  owner: string
  /** By the clock of the store. */
  until: number
}

/** Claims for one call in `store`, which every process that uses the store respects. */
export function openClaims(store: Pick<Store, 'update'>): (signal: AbortSignal) => Claims {
  const nextInLine = lineOf()
  return (signal) => {
    const owner = randomUUID()
    /** When each key was taken or renewed, by a clock that nobody sets. */
    const held = new Map<string, number>()
    let renewing: NodeJS.Timeout | undefined

    const tryOnce = async (key: string): Promise<boolean> => {
      const at = performance.now()
      const isOurs = await store.update<Lease, boolean>(keyOf(key), (lease, now) => {
        const isFree = !lease || lease.owner === owner || lease.until <= now
        const next = isFree ? { owner, until: now + LEASE_MS } : lease
        return { next, ttl: Math.max(1, next.until - now), result: isFree }
      })
      if (isOurs) held.set(key, at)
      else held.delete(key)
      return isOurs
    }
    const renew = () => {
      for (const key of held.keys()) void tryOnce(key).catch(() => undefined)
    }
    const take = async (key: string, patientUntil: number): Promise<boolean> => {
      const since = performance.now()
      for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
        signal.throwIfAborted()
        if (await tryOnce(key)) return true
        if (performance.now() + wait > patientUntil) return false
        // Other processes do not tell when they are done. Not all look at the same moment.
        await nextInLine.turn(key, { since, ms: wait * (0.5 + Math.random() / 2), signal })
      }
    }

    return {
      async take(keys) {
        const patientUntil = performance.now() + PATIENCE_MS
        renewing ??= setInterval(renew, RENEW_MS).unref()
        // In one order everywhere, so that no two calls wait for each other.
        for (const key of [...new Set(keys)].sort()) {
          if (!held.has(key) && !(await take(key, patientUntil))) return false
        }
        return true
      },
      async stillHolds(keys) {
        for (const key of keys) {
          const at = held.get(key)
          if (at === undefined) return false
          if (performance.now() - at > 2 * RENEW_MS && !(await tryOnce(key))) return false
        }
        return true
      },
      async release() {
        clearInterval(renewing)
        const keys = [...held.keys()]
        held.clear()
        const giveBack = async (key: string) => {
          await store.update<Lease, void>(keyOf(key), (lease, now) =>
            lease && lease.owner !== owner
              ? { next: lease, ttl: Math.max(1, lease.until - now), result: undefined }
              : { next: undefined, result: undefined },
          )
          nextInLine.call(key)
        }
        await Promise.all(keys.map(giveBack)).catch(() => undefined)
      },
    }
  }
}

const keyOf = (key: string) => `claim/${key}`

/** Whoever waits in this process is called when a key is given back here, whoever has waited longest first. */
function lineOf() {
  const waiting = new Map<string, Map<() => void, number>>()
  return {
    /** Resolves when `call` is called for the key, after `ms`, or when the signal is aborted. `since` is a place in the line. */
    turn: (key: string, { since, ms, signal }: { since: number; ms: number; signal: AbortSignal }) =>
      new Promise<void>((resolve) => {
        const line = waiting.get(key) ?? new Map<() => void, number>()
        waiting.set(key, line)
        const proceed = () => {
          clearTimeout(timer)
          signal.removeEventListener('abort', proceed)
          line.delete(proceed)
          if (line.size === 0) waiting.delete(key)
          resolve()
        }
        const timer = setTimeout(proceed, ms)
        signal.addEventListener('abort', proceed)
        line.set(proceed, since)
      }),
    call(key: string) {
      const [first] = [...(waiting.get(key) ?? [])].sort(([, a], [, b]) => a - b)
      first?.[0]()
    },
  }
}
