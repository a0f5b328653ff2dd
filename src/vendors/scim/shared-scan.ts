import { randomBytes, randomUUID } from 'node:crypto'
import type { ListPosition } from '../../domain/operations.ts'
import type { SharedMemory } from '../../store/app-memory.ts'
import type { Sealer } from '../http/sealer.ts'
import type { FilterAttribute } from './capabilities.ts'
import type { Named } from './match.ts'

/** The users of an app that does not filter, as far as they were read. */
export interface Scan extends Reading {
  users: Map<string, Named>
  /** The parts that `users` has. */
  has: Set<string>
}

/** How far a list was read, by whichever process. */
interface Reading {
  edition: string
  total: number | undefined
  firstId: string | undefined
  /** When its first page was read, epoch milliseconds. */
  from: number
  /** Attributes that at least one user shows, and one user. */
  shows: FilterAttribute[]
  sample: Named | undefined
  next: ListPosition | undefined
  /** Pages that were read, of all that there are. */
  pages: number
  needs: number
  runs: number
  whole: boolean
  /** Names of the parts that hold its users, in the order in which they count. */
  parts: string[]
}

interface Part {
  users: Named[]
  gone?: string[]
}

/** What processes on one store know of the list together. While the store cannot be used, each goes on with its own. */
export interface SharedScan {
  /** The newest scan; only what `own` lacks is fetched. */
  recall(own: Scan | undefined): Promise<Scan | undefined>
  /** Adds users to what the others know of the scan, and says how far it is. `grown`: users that the list has more now. */
  add(scan: Scan, part: Part, grown?: number): Promise<void>
  forget(scan: Scan): Promise<void>
  /** Runs `work` if no other process runs it now; else undefined. */
  alone<Result>(work: () => Promise<Result>): Promise<{ result: Result } | undefined>
}

/** How long a list is used, from the first page on, milliseconds. */
export const LIFE_MS = 10 * 60_000
/** Users of a list that is shared: about 50 bytes of the store each. A longer one is read by each process. */
const MAX_USERS_SHARED = 100_000
/** How long another process waits for one that ended without a word. */
const LEASE_MS = 15_000

export function newScan(of: Pick<Scan, 'total' | 'firstId' | 'from'>): Scan {
  const begun = { next: undefined, sample: undefined, pages: 0, needs: 0, runs: 0, whole: false }
  return { ...of, ...begun, edition: randomUUID(), shows: [], parts: [], users: new Map(), has: new Set() }
}

export const UNSHARED: SharedScan = {
  recall: async (own) => own,
  add: async () => {},
  forget: async () => {},
  alone: async (work) => ({ result: await work() }),
}

/** Shares the list of this name through what is known of the app, sealed. Without a sealer nothing is shared. */
export function sharedScan(
  { update, get, set, remove, alone }: SharedMemory,
  sealer: Sealer | undefined,
  list: string,
  now: () => number = Date.now,
): SharedScan {
  const readingIn = (text: string | undefined) =>
    text === undefined ? undefined : sealer?.open<Reading>(list, text)
  const nameOf = (part: string) => `${list}/${part}`
  const dropParts = async (parts: readonly string[]) => {
    for (const part of parts) await remove(nameOf(part))
  }

  return {
    async recall(own) {
      const reading = sealer && readingIn(await get<string>(list))
      if (!reading || now() - reading.from > LIFE_MS) return own
      const isOwn = own?.edition === reading.edition
      if (own && !isOwn && own.from > reading.from) return own
      const base = isOwn ? own : newScan(reading)
      const lacking = reading.parts.filter((part) => !base.has.has(part))
      const parts: (readonly [string, Part])[] = []
      for (const part of lacking) {
        const text = await get<string>(nameOf(part))
        const opened = text === undefined ? undefined : sealer.open<Part>(nameOf(part), text)
        // It has lapsed with the rest.
        if (!opened) return own
        parts.push([part, opened])
      }
      for (const [part, { users, gone = [] }] of parts) {
        for (const user of users) base.users.set(user.account.id, user)
        for (const id of gone) base.users.delete(id)
        base.has.add(part)
      }
      return Object.assign(base, reading)
    },

    async add(scan, part, grown = 0) {
      const left = scan.from + LIFE_MS - now()
      if (!sealer || left <= 0 || (scan.total ?? Number.POSITIVE_INFINITY) > MAX_USERS_SHARED) return
      const name = randomBytes(8).toString('base64url')
      scan.has.add(name)
      await set(nameOf(name), sealer.seal(nameOf(name), part), left)
      const { users: _, has: __, ...own } = scan
      const outcome = await update<string, { shared: Reading; dropped: readonly string[] }>(list, (text) => {
        const current = readingIn(text)
        const isSame = current?.edition === own.edition
        const parts = isSame ? [...current.parts, name] : [name]
        const total = isSame && grown !== 0 ? (current.total ?? 0) + grown : own.total
        // A process that only adds a user is not the one that reads.
        const far = isSame && current.pages > own.pages ? current : own
        const shared = { ...far, total, parts }
        return {
          next: sealer.seal(list, shared),
          ttl: left,
          result: { shared, dropped: isSame ? [] : (current?.parts ?? []) },
        }
      })
      if (!outcome) return
      scan.parts = outcome.shared.parts
      await dropParts(outcome.dropped)
    },

    async forget({ edition }) {
      if (!sealer) return
      const dropped = await update<string, readonly string[]>(list, (text) => {
        const current = readingIn(text)
        const isSame = current?.edition === edition
        const left = (current?.from ?? 0) + LIFE_MS - now()
        return isSame || left <= 0
          ? { next: undefined, result: current?.parts ?? [] }
          : { next: text, ttl: left, result: [] }
      })
      await dropParts(dropped ?? [])
    },

    alone: (work) => alone(`${list}/reader`, LEASE_MS, work),
  }
}
