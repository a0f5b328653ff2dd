import type { ListPosition, RequestContext } from '../../domain/operations.ts'
import { RateLimited, Unsupported } from '../../errors.ts'
import type { Paying } from '../http/client.ts'
import { collect, inconclusive, type Listing } from '../http/collect.ts'
import type { PageRows } from '../http/paging.ts'
import { asId, field } from '../http/values.ts'
import type { FilterAttribute } from './capabilities.ts'
import { valuesOf } from './look-up.ts'
import type { Named } from './match.ts'
import type { ScimUser } from './read.ts'

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
  seen(user: ScimUser): void
  /** Forgets the list: it shows what the records do not. */
  forget(): void
  /** There is no record with this id any more. */
  gone(id: string): void
}

/** The list of users of an app, as somebody reads it. */
export interface UserList extends Pick<Listing<ScimUser>, 'read' | 'pageSize'> {
  first: PageRows
  /** Fetches pages, from the first on or from where an earlier call stopped. */
  pages(at: ListPosition | undefined): Listing<ScimUser>['fetch']
  paying: Paying | undefined
  /** Whether this is somebody who is looked for. */
  isMeant(user: Named): boolean
}

/** Whoever is looked for, and what the list shows of all. */
export interface Scanned {
  /** Those of them that this call itself read. */
  fresh: readonly ScimUser[]
  /** Ids of the others: their records may be others by now. */
  known: readonly string[]
  /** Attributes that at least one user shows. */
  shows: ReadonlySet<FilterAttribute>
  /** One user. */
  sample: ScimUser | undefined
}

interface Scan {
  total: number | undefined
  firstId: string | undefined
  from: number
  users: Map<string, Named>
  shows: Set<FilterAttribute>
  sample: ScimUser | undefined
  next: ListPosition | undefined
  /** Pages that were read, of all that there are. */
  pages: number
  needs: number
  runs: number
  whole: boolean
}

/** How long a list is used, from the first page on, milliseconds. */
export const LIFE_MS = 10 * 60_000
export const MINUTE_MS = 60_000
const ATTRIBUTES: readonly FilterAttribute[] = ['userName', 'emails.value', 'externalId']

/** Keeps the users of one app, for all callers in this process. */
export function userScan(now: () => number = Date.now): UserScan {
  let scan: Scan | undefined
  let reading: Promise<unknown> | undefined

  /** What was read of this list, or a new scan. */
  const scanOf = ({ total, rows }: PageRows, shown: readonly (ScimUser | undefined)[]): Scan => {
    const firstId = asId(field(rows[0], 'id'))
    const isSame = scan && scan.firstId === firstId && scan.total === total && total !== undefined
    const isKnown = ({ whole, users }: Scan) =>
      !whole || shown.every((user) => user && users.has(user.account.id))
    if (!scan || !isSame || !isKnown(scan) || now() - scan.from > LIFE_MS) {
      const [users, shows] = [new Map<string, Named>(), new Set<FilterAttribute>()]
      const begun = { next: undefined, sample: undefined, pages: 0, needs: 0, runs: 0, whole: false }
      scan = { total, firstId, from: now(), users, shows, ...begun }
    }
    return scan
  }

  async function readOn(current: Scan, list: UserList, maxPages: number): Promise<ScimUser[]> {
    const { next: at } = current
    current.runs += 1
    const read = await collect<ScimUser>({
      fetch: list.pages(at),
      read: list.read,
      keep(user) {
        keep(current, user)
        return list.isMeant(user)
      },
      reached(next) {
        current.next = next
        current.pages += 1
      },
      at,
      pageSize: list.pageSize,
      maxPages: maxPages - current.pages,
      limit: Number.POSITIVE_INFINITY,
    })
    // What was added or taken away between two runs can have moved a user from one page to another.
    const isShort = current.runs > 1 && current.users.size !== current.total
    if (!read.complete || isShort) {
      scan = undefined
      throw inconclusive(read.note)
    }
    current.whole = true
    return read.items
  }

  async function later(
    error: unknown,
    paying: Paying | undefined,
    context: RequestContext,
  ): Promise<unknown> {
    const left = scan && !scan.whole ? scan.needs - scan.pages : 0
    if (!(error instanceof RateLimited) || !paying || left <= 0) return error
    // As much as one window gives. The first page is read again, and the record of whoever is found.
    const retryAt = await paying.readyAt(Math.min(left + 2, paying.most(MINUTE_MS)), context)
    return new RateLimited(
      `The app does not filter, so its list of users is read. ${left} pages of it are left, and the budget is used up for now.`,
      'Try again at `retryAt`: the search goes on where it stopped.',
      { retryAt: Math.ceil(Math.max(retryAt, error.details.retryAt ?? 0)), cause: error },
    )
  }

  return {
    later,
    async read(list, maxPages, context) {
      // Whoever comes meanwhile uses what the others read, and goes on with what is left.
      while (reading) await unlessLeft(context, reading)
      const shown = list.first.rows.map((row) => list.read(row)?.item)
      const current = scanOf(list.first, shown)
      let fresh: ScimUser[] = []
      if (current.whole) {
        // What the first page shows now is newer than what was read of it before.
        fresh = shown.filter((user) => user !== undefined)
        for (const user of fresh) keep(current, user)
        fresh = fresh.filter(list.isMeant)
      } else {
        current.needs = pagesOf(list)
        mustBePayable(list, current.needs, maxPages)
        const run = readOn(current, list, maxPages).finally(() => {
          reading = undefined
        })
        reading = run
        fresh = await run.catch(async (error) => {
          throw await later(error, list.paying, context)
        })
      }
      const meant = [...current.users.values()].filter(list.isMeant).map(({ account }) => account.id)
      const known = meant.filter((id) => !fresh.some(({ account }) => account.id === id))
      return { fresh, known, shows: current.shows, sample: current.sample }
    },
    seen(user) {
      if (!scan) return
      const isKnown = scan.users.has(user.account.id)
      if (!isKnown && !scan.whole) return
      if (!isKnown && scan.total !== undefined) scan.total += 1
      keep(scan, user)
    },
    forget() {
      scan = undefined
    },
    gone(id) {
      if (scan?.users.delete(id) && scan.total !== undefined) scan.total -= 1
    },
  }
}

/** What a few users show. */
export const shownBy = (users: readonly ScimUser[]): Pick<Scanned, 'shows' | 'sample'> => ({
  shows: new Set(
    ATTRIBUTES.filter((attribute) => users.some((user) => valuesOf(user, attribute).length > 0)),
  ),
  sample: users[0],
})

function keep(scan: Scan, user: ScimUser): void {
  const { account, userName, emails } = user
  const { id, externalId } = account
  scan.sample ??= user
  scan.users.set(id, { account: { id, ...(externalId !== undefined && { externalId }) }, userName, emails })
  for (const attribute of ATTRIBUTES) if (valuesOf(user, attribute).length > 0) scan.shows.add(attribute)
}

/** How many pages the list has, by its first. */
const pagesOf = ({ pageSize, first: { rows, total = 0 } }: UserList): number =>
  Math.ceil(total / (rows.length > 0 && rows.length < total ? rows.length : pageSize))

function mustBePayable({ paying, first: { total } }: UserList, needs: number, maxPages: number): void {
  if (needs > maxPages) {
    throw inconclusive(
      `It has ${total} users, which needs ${needs} requests, and ${maxPages} are made at most.`,
    )
  }
  const gives = paying?.most(LIFE_MS) ?? Number.POSITIVE_INFINITY
  if (needs <= gives) return
  throw new Unsupported(
    `The app does not filter, and looking through its ${total} users needs ${needs} requests. The budget gives ${gives} in ` +
      `${LIFE_MS / MINUTE_MS} minutes.`,
    'The person who runs this server can raise `budget` or `pageSize` of this tenant. Until then use the id that the app gave the user.',
  )
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
