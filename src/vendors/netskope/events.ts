import { createHash } from 'node:crypto'
import type { AuditEvent } from '../../domain/account.ts'
import { asId, asNumber, asText, field } from '../http/values.ts'

/** An event in our words; undefined when it bears no time. */
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

/** The names under which an event may speak of the one who acted. */
export const actorsOf = (raw: unknown): string[] =>
  [field(raw, 'user'), field(raw, 'ur_normalized')].filter((name) => typeof name === 'string')

/** Decimal and hex ids were seen; an event without any is known by what it says. */
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

/** Epoch milliseconds; the app counts in seconds. */
export function timeOf(raw: unknown): number | undefined {
  const told = ['timestamp', 'insertion_epoch_timestamp', '_insertion_epoch_timestamp'].map((name) => {
    const value = field(raw, name)
    return typeof value === 'number' ? Math.floor(value) : asNumber(value)
  })
  const time = told.find((one) => one !== undefined && one > 0)
  if (time === undefined || time > 8.64e15) return undefined
  return time < 1e11 ? time * 1_000 : time
}

/** What was acted on, where the event names exactly one thing. */
function targetOf(raw: unknown): string | undefined {
  const data = field(raw, 'supporting_data')
  const values = field(data, 'data_values')
  if (!Array.isArray(values)) return undefined
  const texts = values.flatMap((value) => asText(value) ?? [])
  // A user's entry may also hold the address of the machine.
  const named = /^(user|admin)/i.test(asText(field(data, 'data_type')) ?? '')
    ? texts.filter((text) => text.includes('@'))
    : texts
  return named.length === 1 ? named[0] : undefined
}
