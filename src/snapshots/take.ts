import { hiddenIn } from '../domain/facts.ts'
import type { ListPosition } from '../domain/operations.ts'
import type { Ask } from '../engine/ask.ts'
import { patiently } from '../engine/patience.ts'
import { BadReply } from '../errors.ts'
import type { SnapshotStore } from './snapshot-store.ts'

/** As many as a call of a vendor reads. */
const LISTED_AT_ONCE = 10_000

/** Takes a list of a tenant's accounts. Throws unless it was read whole: nothing is kept of it then, and no event made. */
export async function takeSnapshot(
  tenant: string,
  { ask, snapshots, signal }: { ask: Ask; snapshots: SnapshotStore; signal: AbortSignal },
): Promise<{ accounts: number; events: number | undefined }> {
  const at = new Date()
  const list = await snapshots.begin(tenant)
  let accounts = 0
  let place: ListPosition | undefined
  for (;;) {
    const asked = { limit: LISTED_AT_ONCE, ...(place && { at: place }) }
    const page = await patiently(() => ask.one(tenant, 'listAccounts', asked), signal)
    const isEnd = !page.next
    if ((page.unreadable ?? 0) > 0 || (isEnd && !page.complete)) throw notWhole(page.note)
    await list.add(page.items)
    accounts += page.items.length
    place = page.next
    if (!place) return { accounts, events: await list.end(at, hiddenIn(ask.tenants.get(tenant).facts)) }
  }
}

const notWhole = (note = ''): BadReply =>
  new BadReply(
    `The list of the accounts was not read whole, so no snapshot was taken. ${note}`.trim(),
    'Try again later, or look at the tenant with `check`.',
  )
