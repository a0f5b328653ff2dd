import { LimitReached } from '../errors.ts'
import type { Store } from '../store/store.ts'

/** Most pending requests of one caller, and of all, that approvers are shown; the others wait in line. */
export const MAX_SHOWN_OF_CALLER = 10
export const MAX_SHOWN = 30
/** Most requests of one caller, those in line included. */
export const MAX_OPEN_OF_CALLER = 100

/** A request that can still be decided or used. */
interface OpenRequest {
  id: string
  caller: string
  createdAt: number
  expiresAt: number
  approved?: true
  /** People have been told of it. */
  told?: true
}

/** The open requests of all callers. Nobody can put many before the approvers at once, or keep those of others from them. */
interface OpenRequests {
  /** Throws `LimitReached` if the caller has too many. */
  mustHaveRoom(caller: string): Promise<void>
  /** Does nothing if the request is there already. */
  add(request: Pick<OpenRequest, 'id' | 'caller' | 'createdAt' | 'expiresAt'>): Promise<void>
  approve(id: string): Promise<void>
  remove(id: string): Promise<void>
  /** How many requests wait for a decision. */
  pending(): Promise<number>
  /** Ids of the pending requests that approvers are not shown yet. */
  inLine(): Promise<ReadonlySet<string>>
  /** The ids that have come to be shown, and of those that expired approved and unused. Each is returned once. */
  news(): Promise<{ shown: string[]; unused: string[]; open: number }>
}

const KEY = 'approval/open'
const KEPT_MS = 24 * 60 * 60_000

export function openRequestsIn(store: Store): OpenRequests {
  const change = <Result>(
    edit: (open: OpenRequest[], now: number) => { next: OpenRequest[]; result: Result },
  ) => store.update<OpenRequest[], Result>(KEY, (open = [], now) => ({ ...edit(open, now), ttl: KEPT_MS }))
  const edit = (work: (open: OpenRequest[]) => OpenRequest[]) =>
    change((open) => ({ next: work(open), result: undefined }))
  const current = async () => {
    const now = await store.now()
    return ((await store.get<OpenRequest[]>(KEY)) ?? []).filter(({ expiresAt }) => expiresAt > now)
  }
  return {
    async mustHaveRoom(caller) {
      const own = (await current()).filter((one) => one.caller === caller && !one.approved)
      if (own.length < MAX_OPEN_OF_CALLER) return
      throw new LimitReached(
        `${own.length} requests of this caller wait for a person already.`,
        'Wait until some of them are decided or have expired.',
        { retryAt: Math.min(...own.map(({ expiresAt }) => expiresAt)) },
      )
    },
    add: ({ id, caller, createdAt, expiresAt }) =>
      change((open, now) => {
        if (open.some((one) => one.id === id)) return { next: open, result: undefined }
        const all = [...open, { id, caller, createdAt, expiresAt }]
        const shown = shownAmong(all, now)
        return {
          next: all.map((one) => (one.id === id && shown.has(id) ? told(one) : one)),
          result: undefined,
        }
      }),
    approve: (id) =>
      edit((open) => open.map((one) => (one.id === id ? { ...one, approved: true as const } : one))),
    remove: (id) => edit((open) => open.filter((one) => one.id !== id)),
    pending: async () => (await current()).filter((one) => !one.approved).length,
    async inLine() {
      const open = await current()
      const shown = shownAmong(open, await store.now())
      return new Set(open.filter((one) => !one.approved && !shown.has(one.id)).map(({ id }) => id))
    },
    news: () =>
      change((open, now) => {
        const next = open.filter(({ expiresAt }) => expiresAt > now)
        const shown = shownAmong(next, now)
        const isNew = (one: OpenRequest) => shown.has(one.id) && !one.told
        return {
          next: next.map((one) => (isNew(one) ? told(one) : one)),
          result: {
            shown: next.filter(isNew).map(({ id }) => id),
            unused: open.filter((one) => one.approved && one.expiresAt <= now).map(({ id }) => id),
            open: next.length,
          },
        }
      }),
  }
}

const told = (request: OpenRequest): OpenRequest => ({ ...request, told: true })

/**
 * The pending requests that approvers are shown: the oldest of each caller, then the second of each, and so on, so that the
 * places are shared fairly.
 */
function shownAmong(open: readonly OpenRequest[], now: number): ReadonlySet<string> {
  const ranks = new Map<string, number>()
  const ranked = open
    .filter((one) => !one.approved && one.expiresAt > now)
    .toSorted((a, b) => a.createdAt - b.createdAt)
    .map((one) => {
      const rank = ranks.get(one.caller) ?? 0
      ranks.set(one.caller, rank + 1)
      return { id: one.id, rank }
    })
  const places = ranked
    .filter(({ rank }) => rank < MAX_SHOWN_OF_CALLER)
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, MAX_SHOWN)
  return new Set(places.map(({ id }) => id))
}
