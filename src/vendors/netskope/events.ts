import { createHash } from 'node:crypto'
import type { AuditEvent } from '../../domain/account.ts'
import { type AuditFilter, isAskedFor, mentions } from '../../domain/audit-filter.ts'
import { asId, asList, asText, field } from '../http/values.ts'
import { epochMs } from './epoch.ts'

/** Converts an event that is asked for; its target is the user asked for, if the event concerns that user. */
export function toEvent(raw: unknown, id: string, time: number, { user, role }: AuditFilter): AuditEvent {
  const actor = asText(field(raw, 'user'), 320) ?? asText(field(raw, 'ur_normalized'), 320)
  const isMentioned =
    user !== undefined && role !== 'actor' && targetsOf(raw).some((text) => mentions(text, user))
  const target = targetOf(raw) ?? (isMentioned ? user : undefined)
  return {
    id,
    time: new Date(time).toISOString(),
    ...(actor && { actor }),
    action: actionOf(raw),
    ...(target && { target }),
    source: 'app',
  }
}

/** Whether the event is asked for, by all the names that it has for its actor and its target. */
export const isWanted = (raw: unknown, filter: AuditFilter): boolean =>
  (filter.user === undefined && filter.action === undefined) ||
  isAskedFor(filter, {
    actors: [field(raw, 'user'), field(raw, 'ur_normalized')].filter((name) => typeof name === 'string'),
    targets: targetsOf(raw),
    action: actionOf(raw),
  })

/** The app's own id of an event, decimal or hex. */
export const ownIdOf = (raw: unknown): string | undefined => {
  const own = field(raw, '_id')
  return asId(own) ?? asId(field(own, '$oid'))
}

/** Stands for the id of an event that has none. Equal events have the same. */
export const contentIdOf = (raw: unknown): string => digestOf(raw, 24)

/** Tells a page from the one before: by all of it, or by its edges where each event has an id of its own. */
export const pageDigestOf = (rows: readonly unknown[]): string => {
  const isTold = rows.every((row) => ownIdOf(row) !== undefined)
  return digestOf(isTold ? [rows.length, rows[0], rows.at(-1)] : rows, 16)
}

const digestOf = (value: unknown, length: number): string =>
  createHash('sha256')
    .update(JSON.stringify(value) ?? '')
    .digest('hex')
    .slice(0, length)

/** Epoch milliseconds. */
export function timeOf(raw: unknown): number | undefined {
  for (const name of TIMES) {
    const time = epochMs(field(raw, name))
    if (time !== undefined) return time
  }
  return undefined
}

const TIMES = ['timestamp', 'insertion_epoch_timestamp', '_insertion_epoch_timestamp'] as const

// netskopeoss/netskope-py-sdk reads `audit_log_event`; stitchflow.com's guide (2026-03-11) shows `action`.
const actionOf = (raw: unknown): string =>
  asText(field(raw, 'audit_log_event')) ?? asText(field(raw, 'action')) ?? 'unknown'

const MAX_TEXT = 2_000

const valuesOf = (raw: unknown): string[] =>
  (asList(field(field(raw, 'supporting_data'), 'data_values')) ?? []).flatMap(
    (value) => asText(value, MAX_TEXT) ?? [],
  )

/** What can name the target: the values, and texts that can mention it. */
const targetsOf = (raw: unknown): string[] => [
  ...valuesOf(raw),
  ...['details', 'audit_log_event', 'action'].flatMap((name) => asText(field(raw, name), MAX_TEXT) ?? []),
]

/** The event's target, if it names exactly one. */
function targetOf(raw: unknown): string | undefined {
  const texts = valuesOf(raw)
  const type = asText(field(field(raw, 'supporting_data'), 'data_type')) ?? ''
  // A user's entry can also contain the machine's address.
  const named = /^(user|admin)/i.test(type) ? texts.filter((text) => text.includes('@')) : texts
  return named.length === 1 ? asText(named[0]) : undefined
}
