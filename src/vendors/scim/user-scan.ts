import { setTimeout } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { ListPosition, RequestContext } from '../../domain/operations.ts'
import { RateLimited } from '../../errors.ts'
import type { Paying } from '../http/client.ts'
import { collect, inconclusive, type Listing } from '../http/collect.ts'
import type { PageRows } from '../http/paging.ts'
import type { FilterAttribute } from './capabilities.ts'
import { valuesOf } from './look-up.ts'
import type { Named } from './match.ts'
import { mentionsIn } from './mentions.ts'
import type { ScimUser } from './read.ts'
import { mustBePayable, mustBePayableInTime, pagesOf, readLater } from './scan-budget.ts'
import { LIFE_MS, newScan, type Scan, type SharedScan, UNSHARED } from './shared-scan.ts'

/** The users of an app that does not filter: read once, and then used for every look-up of the next minutes. */
export interface UserScan {
  /**
   * All users. What was read before counts while the first page, which was just read, tells of the same list. Goes on where
   * an earlier call stopped. Throws `Unsupported` before the second page when the budget cannot pay for all of them,
   * `RateLimited` with the time when it can pay for the rest, and `BadReply` when they cannot all be read.
   */
  read(list: UserList, maxPages: number, context: RequestContext): Promise<Scanned>
  /** `error`, with the time when what is left of a reading can be paid for, if it says that the budget is used up. */
  later(error: unknown, paying: Paying | undefined, context: RequestContext): Promise<unknown>
  /** A record that was read by its id: the list may not show it yet. */
  seen(user: ScimUser): Promise<void>
  /** Forgets the list: it shows what the records do not. */
  forget(): Promise<void>
  /** There is no record with this id any more. */
  gone(id: string): Promise<void>
}

/** The list of users of an app, as somebody reads it. */
export interface UserList extends Pick<Listing<ScimUser>, 'read' | 'idIn' | 'pageSize'> {
  first: PageRows
  /** Fetches pages, from the first on or from where an earlier call stopped. */
  pages(at: ListPosition | undefined): Listing<ScimUser>['fetch']
  paying: Paying | undefined
  /** Whether this is somebody who is looked for. */
  isMeant(user: Named): boolean
  /** Called for each of them as soon as this call reads them, whatever becomes of the rest. */
  found?(user: ScimUser): void
  /** The user as the app has them now. Undefined if that cannot be read, or they are no longer there. */
  readAgain(known: Known): Promise<ScimUser | undefined>
}

/** A user in what was read before. */
export interface Known {
  id: string
  /** Where the list had them, from 1 on. */
  place: number
}

/** Whoever is looked for, and what the list shows of all. */
export interface Scanned {
  /** Those of them that this call itself read. */
  fresh: readonly ScimUser[]
  /** The others: their records may be others by now. */
  known: readonly Known[]
  /** Attributes that at least one user shows. */
  shows: ReadonlySet<FilterAttribute>
  /** One user. */
  sample: Named | undefined
  /** Users whose records have addresses where no name of theirs is known to stand. */
  mentioning: readonly Named[]
}

/** How often a process looks how far another one is. */
const LOOK_MS = 200
const ATTRIBUTES: readonly FilterAttribute[] = ['userName', 'emails.value', 'externalId']

/** Keeps the users of one app, for all callers in this process, and shares them with other processes. */
export function userScan(shared: SharedScan = UNSHARED, now: () => number = Date.now): UserScan {
  let scan: Scan | undefined
  let reading: Promise<unknown> | undefined

  /** Whether what was read is of this list, and new enough. A total that is not the number of users would not tell of another one. */
  const isOf = (known: Scan, { total }: PageRows, shown: readonly (ScimUser | undefined)[]) =>
    known.firstId === shown[0]?.account.id &&
    known.total === total &&
    total !== undefined &&
    (!known.whole ||
      (known.users.size === total && shown.every((user) => user && known.users.has(user.account.id)))) &&
    now() - known.from <= LIFE_MS

  async function readOn(current: Scan, list: UserList, maxPages: number): Promise<ScimUser[]> {
    const { next: at } = current
    current.runs += 1
    let page: Named[] = []
    let saving = Promise.resolve()
    const save = () => {
      const users = page
      page = []
      saving = saving.then(() => shared.add(current, { users }))
    }
    const read = await collect<ScimUser>({
      fetch: list.pages(at),
      read: list.read,
      ...(list.idIn && { idIn: list.idIn }),
      keep(user) {
        page.push(keepShown(current, user))
        const isMeant = list.isMeant(user)
        if (isMeant) list.found?.(user)
        return isMeant
      },
      reached(next) {
        current.next = next
        current.pages += 1
        save()
      },
      at,
      pageSize: list.pageSize,
      maxPages: maxPages - current.pages,
      limit: Number.POSITIVE_INFINITY,
    }).finally(() => saving)
    // What was added or taken away between two runs can have moved a user from one page to another.
    const isShort = current.runs > 1 && current.users.size !== current.total
    if (!read.complete || isShort) {
      await forget()
      throw inconclusive(read.note)
    }
    current.whole = true
    save()
    await saving
    return read.items
  }

  async function later(
    error: unknown,
    paying: Paying | undefined,
    context: RequestContext,
  ): Promise<unknown> {
    if (!(error instanceof RateLimited) || !paying) return error
    scan = await shared.recall(scan)
    return scan && !scan.whole ? readLater(scan, paying, error, context) : error
  }

  async function forget(): Promise<void> {
    const forgotten = scan
    scan = undefined
    if (forgotten) await shared.forget(forgotten)
  }

  /** The whole list, read by this process or another; undefined while another one reads it. */
  async function readAlone(
    list: UserList,
    shown: readonly (ScimUser | undefined)[],
    maxPages: number,
    context: RequestContext,
  ) {
    scan = await shared.recall(scan)
    if (!scan || !isOf(scan, list.first, shown)) {
      scan = newScan({ total: list.first.total, firstId: shown[0]?.account.id, from: now() })
    }
    const current = scan
    if (current.whole) return { current, fresh: [] }
    current.needs = pagesOf(list.first, list.pageSize)
    mustBePayable(current, list.paying, maxPages, context)
    await mustBePayableInTime(current, list.paying, context)
    return { current, fresh: await readOn(current, list, maxPages) }
  }

  async function readWhole(
    list: UserList,
    shown: readonly (ScimUser | undefined)[],
    maxPages: number,
    context: RequestContext,
  ) {
    for (;;) {
      const read = await shared.alone(() => readAlone(list, shown, maxPages, context))
      if (read) return read.result
      await unlessLeft(context, setTimeout(LOOK_MS))
    }
  }

  return {
    later,
    async read(list, maxPages, context) {
      // Whoever comes meanwhile uses what the others read, and goes on with what is left.
      while (reading) await unlessLeft(context, reading)
      const shown = list.first.rows.map((row) => list.read(row)?.item)
      let fresh: ScimUser[] = []
      let current = scan
      if (!current?.whole || !isOf(current, list.first, shown)) {
        const run = readWhole(list, shown, maxPages, context).finally(() => {
          reading = undefined
        })
        reading = run
        ;({ current, fresh } = await run.catch(async (error) => {
          throw await later(error, list.paying, context)
        }))
      }
      // What the first page shows now is newer than what was read of it before.
      const known = shown.filter((user) => user !== undefined)
      for (const user of known) keepShown(current, user)
      fresh = [...fresh, ...known.filter((user) => list.isMeant(user) && !fresh.some(isSame(user)))]
      const others = [...current.users.values()].flatMap((user, at) => {
        const { id } = user.account
        const isOther = list.isMeant(user) && !fresh.some(({ account }) => account.id === id)
        return isOther ? [{ id, place: at + 1 }] : []
      })
      const mentioning = [...current.users.values()].filter(({ mentions }) => mentions)
      // Whoever was read before can have another name by now.
      const sample = known[0] ?? current.sample
      return { fresh, known: others, shows: new Set(current.shows), sample, mentioning }
    },
    async seen(user) {
      if (!scan) return
      const before = scan.users.get(user.account.id)
      if (!before && !scan.whole) return
      if (!before && scan.total !== undefined) scan.total += 1
      // What the record shows, the list need not show.
      const now = namedIn(user)
      scan.users.set(user.account.id, now)
      if (isDeepStrictEqual(before, now)) return
      await shared.add(scan, { users: [now] }, before ? 0 : 1)
    },
    forget,
    async gone(id) {
      if (!scan?.users.delete(id)) return
      if (scan.total !== undefined) scan.total -= 1
      await shared.add(scan, { users: [], gone: [id] }, -1)
    },
  }
}

const isSame =
  (user: ScimUser) =>
  ({ account }: ScimUser) =>
    account.id === user.account.id

/** What a few users show. */
export const shownBy = (users: readonly ScimUser[]): Pick<Scanned, 'shows' | 'sample' | 'mentioning'> => ({
  shows: new Set(
    ATTRIBUTES.filter((attribute) => users.some((user) => valuesOf(user, attribute).length > 0)),
  ),
  sample: users[0],
  mentioning: users.map(namedIn).filter(({ mentions }) => mentions),
})

function namedIn(user: ScimUser): Named {
  const { account, userName, emails } = user
  const { id, externalId } = account
  const mentions = mentionsIn(user)
  return {
    account: { id, ...(externalId !== undefined && { externalId }) },
    userName,
    emails,
    ...(mentions.length > 0 && { mentions }),
  }
}

function keepShown(scan: Scan, user: ScimUser): Named {
  const named = namedIn(user)
  scan.sample ??= named
  scan.users.set(user.account.id, named)
  for (const attribute of ATTRIBUTES)
    if (!scan.shows.includes(attribute) && valuesOf(user, attribute).length > 0) scan.shows.push(attribute)
  return named
}

/** Waits for the work of somebody else, whatever comes of it, until this caller leaves. */
function unlessLeft({ signal }: RequestContext, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason)
    if (signal.aborted) return leave()
    signal.addEventListener('abort', leave, { once: true })
    work
      .catch(() => undefined)
      .then(() => resolve())
      .finally(() => signal.removeEventListener('abort', leave))
  })
}
