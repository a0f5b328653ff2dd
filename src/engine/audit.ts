import type { AuditEvent } from '../domain/account.ts'
import type { AuditFilter } from '../domain/audit-filter.ts'
import type { AuditOrder, AuditPage, AuditPosition } from '../domain/operations.ts'
import { IdentityError } from '../errors.ts'
import type { Ask } from './ask.ts'
import type { Moment } from './nearest.ts'
import type { OwnEvents, OwnEventsAsk } from './own-events.ts'
import type { Tenant } from './tenants.ts'

/** Where a pull over both logs continues. */
export interface AuditPlace {
  /** How both are merged, from the first page on. */
  order?: OwnEventsAsk['order']
  app?: AuditPosition
  appEnded?: true
  own?: Moment
  ownEnded?: true
  /** Whether an earlier page lacks something. */
  lost?: true
}

interface AuditAsk extends AuditFilter {
  since: Date
  until: Date
  limit: number
  /** How many of these events, from the first on, the answer has room for: one at least. Default: all. */
  roomFor?: (events: readonly AuditEvent[]) => number
}

interface AuditAnswer {
  events: AuditEvent[]
  order: AuditOrder
  next?: AuditPlace
  complete: boolean
  notes: string[]
}

/** How the logs are read: the app's by operation, this server's own from its journal. */
export interface Logs {
  ask: Ask
  own: (ask: OwnEventsAsk) => Promise<OwnEvents>
}

/**
 * One page of what happened at a tenant: the app's log, where it has one, and what this server did, merged by time as
 * the app's pages run. Takes no event twice and skips none.
 */
export async function readAudit(
  tenant: Tenant,
  { ask, own }: Logs,
  { roomFor = (events) => events.length, ...wanted }: AuditAsk,
  place: AuditPlace,
): Promise<AuditAnswer> {
  const { name, title } = tenant
  const hasLog = tenant.offers('pullAudit')
  let refused: IdentityError | undefined
  const app =
    hasLog && !place.appEnded
      ? await ask
          .one(name, 'pullAudit', { ...wanted, ...(place.app && { at: place.app }) })
          .catch((error) => {
            if (!(error instanceof IdentityError)) throw error
            refused = error
            return undefined
          })
      : undefined
  const order = place.order ?? (app?.order === 'oldest_first' ? 'oldest_first' : 'newest_first')
  const read: OwnEvents | 'unreadable' = place.ownEnded
    ? NOTHING
    : await own({ ...wanted, tenant: name, order, ...(place.own && { behind: place.own }) }).catch(
        (error) => {
          // The app's log is worth having without ours. Alone, ours is an error like any other.
          if (app && error instanceof IdentityError) return 'unreadable'
          throw error
        },
      )
  const ours = read === 'unreadable' ? NOTHING : read
  // What this server did is worth having without the app's log.
  if (refused && ours.items.length === 0) throw refused
  const all = merge(app, ours.items, { order, limit: wanted.limit })
  const { events, fromApp, fromOwn } = merge(app, ours.items, { order, limit: roomFor(all.events) })

  const appNext = app && (fromApp === app.items.length ? app.next : (app.behind[fromApp - 1] ?? place.app))
  const appEnded = !app || (fromApp === app.items.length && !app.next)
  const ownNext = ours.items[fromOwn - 1] ?? place.own
  const ownEnded = fromOwn === ours.items.length && !ours.more
  const isLost =
    place.lost === true ||
    read === 'unreadable' ||
    refused !== undefined ||
    ours.altered > 0 ||
    (app !== undefined && (app.leftOut > 0 || (!app.next && !app.complete)))
  const hasMore = !appEnded || !ownEnded
  return {
    events,
    order: app?.order === 'unknown' && hasMore ? 'unknown' : order,
    ...(hasMore && {
      next: {
        order,
        ...(appNext && { app: appNext }),
        ...(appEnded && { appEnded }),
        ...(ownNext && { own: { time: ownNext.time, seq: ownNext.seq } }),
        ...(ownEnded && { ownEnded }),
        ...(isLost && { lost: isLost }),
      },
    }),
    complete: hasLog && !hasMore && !isLost,
    notes: [
      ...(hasLog ? [] : [noLog(title)]),
      ...(refused ? [logRefused(refused)] : []),
      ...(app?.note ? [app.note] : []),
      ...(read === 'unreadable' ? [UNREADABLE] : []),
      ...(events.some(({ source }) => source === 'snapshot') ? [OF_SNAPSHOTS] : []),
      ...(ours.altered > 0 ? [alteredNote(ours.altered)] : []),
    ],
  }
}

const NOTHING: OwnEvents = { items: [], more: false, altered: 0 }

const logRefused = ({ code, message, hint }: IdentityError): string =>
  `The app’s log could not be read (${code}), so this is only what this server did. ${message} ${hint}`

const UNREADABLE = 'The journal cannot be read now: what this server did is left out.'

const OF_SNAPSHOTS =
  'What is from a snapshot is the difference of two lists: it happened after `notBefore` and before `time`, by nobody ' +
  'knows whom, and what came and went between them is not seen.'

const noLog = (app: string): string =>
  `${app} has no log that this server can read: this is only what this server did or saw, and proves nothing about others.`

const alteredNote = (lines: number): string =>
  `${lines} lines of this server’s journal were altered and are left out; \`identity-mcp journal verify\` says which.`

/**
 * The first events of both, at most `limit`. While the app has more, its page ends in the middle of its log, and what
 * this server did beyond that point waits for the page that reaches it.
 */
function merge(
  app: AuditPage | undefined,
  own: OwnEvents['items'],
  { order, limit }: { order: OwnEventsAsk['order']; limit: number },
): { events: AuditEvent[]; fromApp: number; fromOwn: number } {
  const isBehind = (time: string, other: string) => (order === 'newest_first' ? time < other : time > other)
  const end = app?.next && app.reached
  const events: AuditEvent[] = []
  let fromApp = 0
  let fromOwn = 0
  while (events.length < limit) {
    const theirs = app?.items[fromApp]
    const ours = own[fromOwn]
    const edge = theirs?.time ?? end
    if (ours && (edge === undefined || !isBehind(ours.time, edge))) {
      events.push(ours)
      fromOwn += 1
    } else if (theirs) {
      events.push(theirs)
      fromApp += 1
    } else break
  }
  return { events, fromApp, fromOwn }
}
