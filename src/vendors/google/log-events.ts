import type { AuditEvent } from '../../domain/account.ts'
import { type AuditFilter, isAskedFor } from '../../domain/audit-filter.ts'
import { plainText } from '../../text/text.ts'
import { asId, asList, asText, asTime, asWord, definedOnly, field } from '../http/values.ts'

/** The logs that are read (developers.google.com, Reports API, "activities.list": applicationName). */
export const LOGS = ['admin', 'login', 'token'] as const
export type LogName = (typeof LOGS)[number]

/**
 * Parameters of an event that name what it concerns (developers.google.com, "Admin audit activity events"); the last one
 * is of the login log.
 */
const TARGETS = ['USER_EMAIL', 'GROUP_EMAIL', 'affected_email_address']
/** What tells an event more closely: the app of a token, the role that was given. */
const DETAILS = ['app_name', 'ROLE_NAME', 'PRIVILEGE_NAME', 'login_type']

/** An activity: one moment, one actor, and the events of it. */
export function toEvent(log: LogName, raw: unknown): AuditEvent | undefined {
  const at = field(raw, 'id')
  const time = asTime(field(at, 'time'))
  const unique = asId(field(at, 'uniqueQualifier'))
  const actions = eventsIn(raw).flatMap((event) => {
    const name = asText(field(event, 'name'))
    const details = valuesOf(event, DETAILS).flatMap((value) => asText(value) ?? [])
    return name === undefined ? [] : [details.length > 0 ? `${name} (${details.join(', ')})` : name]
  })
  if (time === undefined || unique === undefined || actions.length === 0) return undefined
  const actor = field(raw, 'actor')
  const targets = targetsIn(raw)
  return {
    id: plainText(`${log}/${time}/${unique}`),
    time,
    action: plainText(`${log}: ${actions.join(', ')}`),
    source: 'app',
    ...definedOnly({
      actor:
        asText(field(actor, 'email'), 320) ??
        asText(field(actor, 'key')) ??
        asText(field(actor, 'profileId')),
      target: targets.length > 0 ? plainText(targets.join(', '), 320) : undefined,
    }),
  }
}

/** Whether an activity is asked for; `names` are all that the user is known by. */
export function isWanted(raw: unknown, filter: AuditFilter, names: readonly string[]): boolean {
  const actor = field(raw, 'actor')
  const event = {
    actors: ['email', 'profileId', 'key'].flatMap((name) => asWord(field(actor, name)) ?? []),
    targets: targetsIn(raw),
    action: eventsIn(raw)
      .flatMap((one) => ['type', 'name'].flatMap((name) => asWord(field(one, name)) ?? []))
      .join(' '),
  }
  return names.length === 0
    ? isAskedFor(filter, event)
    : names.some((user) => isAskedFor({ ...filter, user }, event))
}

const eventsIn = (raw: unknown): readonly unknown[] => asList(field(raw, 'events')) ?? []

const targetsIn = (raw: unknown): string[] => eventsIn(raw).flatMap((event) => valuesOf(event, TARGETS))

/** The values of the named parameters of an event. */
const valuesOf = (event: unknown, names: readonly string[]): string[] =>
  (asList(field(event, 'parameters')) ?? []).flatMap((parameter) =>
    names.includes(asWord(field(parameter, 'name')) ?? '')
      ? [field(parameter, 'value'), ...(asList(field(parameter, 'multiValue')) ?? [])].flatMap(
          (value) => asWord(value) ?? [],
        )
      : [],
  )
