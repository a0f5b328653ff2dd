import type { AuditEvent } from '../domain/account.ts'
import { type Moment, nearest } from './nearest.ts'
import type { OwnEvents, OwnEventsAsk } from './own-events.ts'

/** Events of several sources of this server, as if they were one. Their numbers never meet. */
export async function mergedEvents(
  sources: readonly ((ask: OwnEventsAsk) => Promise<OwnEvents>)[],
  ask: OwnEventsAsk,
): Promise<OwnEvents> {
  const all = await Promise.all(sources.map((source) => source(ask)))
  const found = nearest<AuditEvent & Moment>(ask)
  for (const { items } of all) for (const item of items) found.add(item)
  const { items, more } = found.taken()
  return {
    items,
    more: more || all.some((one) => one.more),
    altered: all.reduce((sum, { altered }) => sum + altered, 0),
  }
}
