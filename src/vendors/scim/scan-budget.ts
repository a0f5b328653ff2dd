import type { RequestContext } from '../../domain/operations.ts'
import { RateLimited, Unsupported } from '../../errors.ts'
import type { Paying } from '../http/client.ts'
import { inconclusive } from '../http/collect.ts'
import type { PageRows } from '../http/paging.ts'
import { LIFE_MS, type Scan } from './shared-scan.ts'

export const MINUTE_MS = 60_000

/** How many rows of a list a page has, by its first page: some apps send fewer than they are asked for. */
export const rowsPerPage = ({ rows, total = 0 }: PageRows, asked: number): number =>
  rows.length > 0 && rows.length < total ? rows.length : asked

/** How many pages a list has, by its first. */
export const pagesOf = (first: PageRows, asked: number): number =>
  Math.ceil((first.total ?? 0) / rowsPerPage(first, asked))

/** Throws for a list that can never be read: `BadReply` if it has too many pages, `Unsupported` if the budget is too small. */
export function mustBePayable(
  { needs, total }: Pick<Scan, 'needs' | 'total'>,
  paying: Paying | undefined,
  maxPages: number,
  context: RequestContext,
): void {
  if (needs > maxPages) {
    throw inconclusive(
      `It has ${total} users, which needs ${needs} requests, and ${maxPages} are made at most.`,
    )
  }
  const gives = paying?.most(LIFE_MS, context) ?? Number.POSITIVE_INFINITY
  if (needs <= gives) return
  throw new Unsupported(
    `The app does not filter, and looking through its ${total} users needs ${needs} requests. The budget gives ${gives} in ` +
      `${LIFE_MS / MINUTE_MS} minutes.`,
    'The person who runs this server can raise `budget` or `pageSize` of this tenant. Until then use the id that the app gave the user.',
  )
}

/** Throws `RateLimited`, before a page is paid for, if what was read so far counts no longer when the rest can be. */
export async function mustBePayableInTime(
  { needs, pages, from }: Pick<Scan, 'needs' | 'pages' | 'from'>,
  paying: Paying | undefined,
  context: RequestContext,
): Promise<void> {
  // The first page is there already.
  const left = needs - Math.max(1, pages)
  if (!paying || left <= 0) return
  const retryAt = await paying.readyAt(left, context)
  if (retryAt <= from + LIFE_MS) return
  throw new RateLimited('The budget is used up for now.', 'Try again at `retryAt`.', { retryAt })
}

/** `error`, with the time when what is left of the list can be paid for, or all of it where what was read has lapsed by then. */
export async function readLater(
  { needs, pages, from }: Pick<Scan, 'needs' | 'pages' | 'from'>,
  paying: Paying,
  error: RateLimited,
  context: RequestContext,
): Promise<RateLimited> {
  const left = needs - pages
  if (left <= 0) return error
  const inMinute = paying.most(MINUTE_MS, context)
  // As much as one window gives. The first page is read again, and the record of whoever is found.
  const restAt = await paying.readyAt(Math.min(left + 2, inMinute), context)
  const goesOn = restAt <= from + LIFE_MS
  const readyAt = goesOn
    ? restAt
    : await paying.readyAt(Math.min(needs + 1, paying.most(LIFE_MS, context)), context)
  return new RateLimited(
    `The app does not filter, so its list of users is read. ${goesOn ? left : needs} pages of it are left, and the budget is ` +
      'used up for now.',
    `Try again at \`retryAt\`${goesOn ? ': the search goes on where it stopped' : ''}.`,
    { retryAt: Math.ceil(Math.max(readyAt, error.details.retryAt ?? 0)), cause: error },
  )
}
