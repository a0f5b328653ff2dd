import { createHash } from 'node:crypto'
import type { AuditEvent } from '../../domain/account.ts'
import { asId, asNumber, asText, field } from '../http/values.ts'

/** Converts an event; undefined without a time. */
export function toEvent(raw: unknown): AuditEvent | undefined {
  const time = timeOf(raw)
  if (time === undefined) return undefined
  const actor = asText(field(raw, 'user'), 320) ?? asText(field(raw, 'ur_normalized'), 320)
  const target = targetOf(raw)
  return {
    id: idOf(raw),
    time: new Date(time).toISOString(),
    ...(actor && { actor }),
    // netskopeoss/netskope-py-sdk reads `audit_log_event`; stitchflow.com's guide (2026-03-11) shows `action`.
    action: asText(field(raw, 'audit_log_event')) ?? asText(field(raw, 'action')) ?? 'unknown',
    ...(target && { target }),
    source: 'app',
  }
}

/** The names that an event can give for its actor. */
export const actorsOf = (raw: unknown): string[] =>
  [field(raw, 'user'), field(raw, 'ur_normalized')].filter((name) => typeof name === 'string')

/** Ids can be decimal or hex. An event without an id gets a hash of its content. */
export const idOf = (raw: unknown): string => {
  const own = field(raw, '_id')
  return (
    asId(own) ??
    asId(field(own, '$oid')) ??
    createHash('sha256')
      .update(JSON.stringify(raw) ?? '')
      .digest('hex')
      .slice(0, 24)
  )
}

/** Epoch milliseconds, from the app's seconds. */
export function timeOf(raw: unknown): number | undefined {
  const times = ['timestamp', 'insertion_epoch_timestamp', '_insertion_epoch_timestamp'].map((name) => {
    const value = field(raw, name)
    return typeof value === 'number' ? Math.floor(value) : asNumber(value)
  })
  const time = times.find((one) => one !== undefined && one > 0)
  if (time === undefined || time > 8.64e15) return undefined
  return time < 1e11 ? time * 1_000 : time
}

/** The event's target, if it names exactly one. */
function targetOf(raw: unknown): string | undefined {
  const data = field(raw, 'supporting_data')
  const values = field(data, 'data_values')
  if (!Array.isArray(values)) return undefined
  const texts = values.flatMap((value) => asText(value) ?? [])
  // A user's entry can also contain the machine's address.
  const named = /^(user|admin)/i.test(asText(field(data, 'data_type')) ?? '')
    ? texts.filter((text) => text.includes('@'))
    : texts
  return named.length === 1 ? named[0] : undefined
}
