import type { ComparedRow, Comparison, ComparisonCounts } from '../domain/comparison.ts'
import { hiddenIn } from '../domain/facts.ts'
import type { ListPosition } from '../domain/operations.ts'
import type { Ask } from '../engine/ask.ts'
import { patiently } from '../engine/patience.ts'
import { IdentityError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { RowWriter } from './comparison-store.ts'
import { personOf, shown, verdictOf } from './judge.ts'
import { type Listings, openListings } from './listings.ts'

interface CompareParts {
  ask: Ask
  /** Where the index is while it is needed. */
  folder: string | undefined
  writer: RowWriter
  signal: AbortSignal
  /** Told now and then how many accounts were read. */
  progress(read: number): void
  log: Pick<Log, 'error'>
}

type Result = Pick<Comparison, 'counts' | 'incomplete' | 'notes' | 'read'>

/** As many as a call of a vendor reads. */
const LISTED_AT_ONCE = 10_000
/** Reads every listing once, joins them on disk, and writes what there is to say of each account. */
export async function compare(
  { truth, tenants }: Pick<Comparison, 'truth' | 'tenants'>,
  parts: CompareParts,
): Promise<Result> {
  const listings = await openListings(parts.folder)
  try {
    const names = [truth, ...tenants]
    let read = 0
    const count = (more: number) => {
      read += more
      parts.progress(read)
    }
    const gaps = await Promise.all(names.map((name, at) => readAll(name, at, listings, { ...parts, count })))
    const incomplete = names.flatMap((tenant, at) =>
      gaps[at] === undefined ? [] : [{ tenant, code: gaps[at] }],
    )
    const isWhole = (name: string) => !incomplete.some(({ tenant }) => tenant === name)
    const counts: ComparisonCounts[] = []
    for (const [at, tenant] of tenants.entries()) {
      parts.signal.throwIfAborted()
      const counted = { tenant, stale: 0, missing: 0, differs: 0, orphans: 0 }
      const wholes = { truth: isWhole(truth), here: isWhole(tenant) }
      for await (const row of rowsOf(tenant, at + 1, listings, wholes)) {
        counted[row.kind === 'orphan' ? 'orphans' : row.kind]++
        await parts.writer.add(row)
      }
      counts.push(counted)
    }
    await parts.writer.end()
    const untold = await Promise.all(names.map((_, at) => listings.untold(at)))
    const notes = names.flatMap((name, at) => [
      ...(untold[at] ? [untoldNote(name, untold[at])] : []),
      ...hiddenNotes(name, parts.ask),
    ])
    return { counts, incomplete, notes, read }
  } finally {
    await listings.close()
  }
}

const untoldNote = (tenant: string, accounts: number): string =>
  `${accounts} accounts of ${tenant} do not tell whether they are active: nothing is said of their status.`

function hiddenNotes(tenant: string, { tenants }: Ask): string[] {
  const hidden = hiddenIn(tenants.get(tenant).facts)
  return hidden === undefined ? [] : [`${tenant}: ${hidden} Who is missing or an orphan may be one of them.`]
}

/** Reads a listing to its end; the code of what kept it from being read whole, if anything did. */
async function readAll(
  tenant: string,
  listing: number,
  listings: Listings,
  { ask, signal, count, log }: CompareParts & { count: (more: number) => void },
): Promise<string | undefined> {
  let at: ListPosition | undefined
  let unreadable = false
  try {
    for (;;) {
      const asked = { limit: LISTED_AT_ONCE, ...(at && { at }) }
      const page = await patiently(() => ask.one(tenant, 'listAccounts', asked), signal)
      await listings.add(listing, page.items)
      count(page.items.length)
      unreadable ||= (page.unreadable ?? 0) > 0
      at = page.next
      if (!at) return page.complete && !unreadable ? undefined : 'bad_reply'
    }
  } catch (error) {
    if (signal.aborted) throw error
    if (error instanceof IdentityError) return error.code
    log.error('a listing failed in a comparison', { tenant, error })
    return 'internal'
  }
}

async function* rowsOf(
  tenant: string,
  listing: number,
  listings: Listings,
  wholes: { truth: boolean; here: boolean },
): AsyncGenerator<ComparedRow> {
  await listings.join(listing)
  for await (const joined of listings.joined(listing)) {
    const row = verdictOf({ ...joined, isTruthWhole: wholes.truth })
    if (row) yield row
  }
  // Who was not read here may be in the rest of the list.
  if (!wholes.here) return
  for await (const account of listings.missing(listing)) {
    yield { kind: 'missing', person: personOf(account), tenant, truth: shown(account) }
  }
}
