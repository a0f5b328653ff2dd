import type { Store } from './store.ts'

/** Who works on something, among all processes on the store: another takes over once a lease lapses. */
export interface Leases {
  /** Whether this owner has it from now on; renews it too. */
  take(key: string, owner: string): Promise<boolean>
  release(key: string, owner: string): Promise<void>
}

interface Lease {
  owner: string
  until: number
}

/** Leases of `lastMs` each; they need not outlive a power loss. */
export const openLeases = (store: Pick<Store, 'update'>, lastMs: number): Leases => ({
  take: (key, owner) =>
    store.update<Lease, boolean>(key, (lease, now) => {
      // One that ends later than it can is of a clock that was put back.
      const isFree = !lease || lease.owner === owner || lease.until <= now || lease.until > now + lastMs
      const next = isFree ? { owner, until: now + lastMs } : lease
      return { next, ttl: Math.max(1, next.until - now), result: isFree }
    }),
  release: (key, owner) =>
    store.update<Lease, void>(key, (lease, now) =>
      lease && lease.owner !== owner
        ? { next: lease, ttl: Math.max(1, lease.until - now), result: undefined }
        : { next: undefined, result: undefined },
    ),
})
