import type { AuditEvent } from '../../domain/account.ts'
import type { AuditFilter } from '../../domain/audit-filter.ts'
import { plainText } from '../../text/text.ts'
import { asId, asText, asTime, asWord, field } from '../http/values.ts'
import { type GraphRequest, quoted } from './api.ts'

/** What is asked of the logs; `id` is the id of the user, where Entra ID has one. */
export interface LogAsk {
  filter: AuditFilter
  id: string | undefined
  since: Date
  until: Date
}

/** An event, and all that it can be found by. */
export interface LogRow {
  event: AuditEvent
  names: { actors: readonly string[]; targets: readonly string[]; action: string }
}

/** A part of a log, newest first. */
export interface LogStream {
  name: 'by' | 'about' | 'all' | 'signIns' | 'provisioning'
  /** The log, for people. */
  log: string
  request: Pick<GraphRequest, 'path' | 'query' | 'right'>
  /** Undefined for what cannot be read. */
  read(row: unknown): LogRow | undefined
  /** Whether another stream has this row too. */
  isElsewhere?(row: unknown): boolean
}

/**
 * The streams that have what is asked for. A filter finds a user as actor or as target, each by a stream of its own: an
 * `or` of the two is not documented.
 */
export function streamsFor(ask: LogAsk): LogStream[] {
  const { filter, id } = ask
  const { user, role = 'either' } = filter
  const isTargetOnly = user !== undefined && role === 'target'
  const signIns = isTargetOnly ? [] : [signInsOf(ask)]
  const provisioning = provisioningIn(ask)
  if (id === undefined) return [auditsWhere('all', ask), ...signIns, provisioning]
  const by = auditsWhere('by', ask, `initiatedBy/user/id eq ${quoted(id)}`)
  const about = {
    ...auditsWhere('about', ask, `targetResources/any(t:t/id eq ${quoted(id)})`),
    ...(role === 'either' && {
      isElsewhere: (row: unknown) => field(field(field(row, 'initiatedBy'), 'user'), 'id') === id,
    }),
  }
  const audits = { actor: [by], target: [about], either: [by, about] }[role]
  return [...audits, ...signIns, provisioning]
}

// learn.microsoft.com/graph/api/directoryaudit-list: $filter with ge, le and eq, $orderby.
const auditsWhere = (name: LogStream['name'], { since, until }: LogAsk, more?: string): LogStream => ({
  name,
  log: 'audit log',
  request: {
    path: '/auditLogs/directoryAudits',
    query: {
      $filter: [...between('activityDateTime', since, until), ...(more === undefined ? [] : [more])].join(
        ' and ',
      ),
      $orderby: 'activityDateTime desc',
    },
    right: 'audits',
  },
  read: readAudit,
})

// learn.microsoft.com/graph/api/signin-list: the newest first by default.
const signInsOf = ({ filter, id, since, until }: LogAsk): LogStream => ({
  name: 'signIns',
  log: 'sign-in log',
  request: {
    path: '/auditLogs/signIns',
    query: {
      $filter: [
        ...between('createdDateTime', since, until),
        ...(id === undefined
          ? filter.user === undefined
            ? []
            : [`userPrincipalName eq ${quoted(filter.user.toLowerCase())}`]
          : [`userId eq ${quoted(id)}`]),
      ].join(' and '),
    },
    right: 'signIns',
  },
  read: readSignIn,
})

// learn.microsoft.com/graph/api/provisioningobjectsummary-list: gt and lt alone, so the bounds are a millisecond wider.
const provisioningIn = ({ since, until }: LogAsk): LogStream => ({
  name: 'provisioning',
  log: 'provisioning log',
  request: {
    path: '/auditLogs/provisioning',
    query: {
      $filter: `activityDateTime gt ${at(since, -1)} and activityDateTime lt ${at(until, 1)}`,
      $orderby: 'activityDateTime desc',
    },
    right: 'provisioning',
  },
  read: readProvisioning,
})

const at = (time: Date, more = 0): string => new Date(time.getTime() + more).toISOString()

const between = (property: string, since: Date, until: Date): string[] => [
  `${property} ge ${at(since)}`,
  `${property} le ${at(until)}`,
]

const words = (of: unknown, ...names: string[]): string[] =>
  names.flatMap((name) => asWord(field(of, name)) || [])

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const reasoned = (what: string, outcome: string | undefined, why: string | undefined): string =>
  plainText(`${what}${outcome ? `: ${outcome}` : ''}${why ? ` (${why})` : ''}`)

interface Told {
  time: unknown
  action: string | undefined
  outcome?: string | undefined
  why?: string | undefined
  actors: readonly string[]
  targets: readonly string[]
  /** What to call the target. */
  target: string
}

function toRow(
  row: unknown,
  { time, action, outcome, why, actors, targets, target }: Told,
): LogRow | undefined {
  const id = asId(field(row, 'id'))
  const when = asTime(time)
  if (id === undefined || when === undefined || action === undefined) return undefined
  const [actor] = actors
  const shownActor = asText(actor, 320)
  const shownTarget = asText(target, 320)
  return {
    event: {
      id,
      time: when,
      action: reasoned(action, outcome, why),
      source: 'app',
      ...(shownActor !== undefined && { actor: shownActor }),
      ...(shownTarget !== undefined && { target: shownTarget }),
    },
    names: { actors, targets, action },
  }
}

/** learn.microsoft.com/graph/api/resources/directoryaudit. */
function readAudit(row: unknown): LogRow | undefined {
  const { user, app } = {
    user: field(field(row, 'initiatedBy'), 'user'),
    app: field(field(row, 'initiatedBy'), 'app'),
  }
  const targets = listOf(field(row, 'targetResources'))
  const nameOf = (target: unknown) => words(target, 'userPrincipalName', 'displayName', 'id')[0] ?? []
  return toRow(row, {
    time: field(row, 'activityDateTime'),
    action: asText(field(row, 'activityDisplayName')),
    outcome: asText(field(row, 'result')),
    why: asText(field(row, 'resultReason')),
    actors: [
      ...words(user, 'userPrincipalName', 'displayName', 'id'),
      ...words(app, 'displayName', 'servicePrincipalId', 'appId'),
    ],
    targets: targets.flatMap((target) => words(target, 'userPrincipalName', 'displayName', 'id')),
    target: targets.flatMap(nameOf).join(', '),
  })
}

/** learn.microsoft.com/graph/api/resources/signin: an error code of 0 is a success. */
function readSignIn(row: unknown): LogRow | undefined {
  const status = field(row, 'status')
  const app = asText(field(row, 'appDisplayName'))
  const code = asWord(field(status, 'errorCode'))
  const failed = code !== '0'
  return toRow(row, {
    time: field(row, 'createdDateTime'),
    action: app === undefined ? 'Sign-in' : `Sign-in to ${app}`,
    outcome: failed ? 'failure' : 'success',
    why: failed ? asText(field(status, 'failureReason')) : undefined,
    actors: words(row, 'userPrincipalName', 'userDisplayName', 'userId'),
    targets: words(row, 'appDisplayName', 'resourceDisplayName'),
    target: app ?? '',
  })
}

/** learn.microsoft.com/graph/api/resources/provisioningobjectsummary. */
function readProvisioning(row: unknown): LogRow | undefined {
  const info = field(row, 'provisioningStatusInfo')
  const action = asText(field(row, 'provisioningAction'))
  const identities = ['sourceIdentity', 'targetIdentity'].map((name) => field(row, name))
  const ofIdentity = (one: unknown) => [
    ...words(one, 'displayName', 'id'),
    ...words(field(one, 'details'), 'userPrincipalName', 'mail'),
  ]
  const [who] = identities.flatMap((one) => words(one, 'displayName')[0] ?? [])
  const [where] = words(field(row, 'targetSystem'), 'displayName')
  return toRow(row, {
    time: field(row, 'activityDateTime'),
    action: action === undefined ? undefined : `Provisioning: ${action}`,
    outcome: asText(field(info, 'status')),
    why: asText(field(field(info, 'errorInformation'), 'reason')),
    actors: [
      ...listOf([field(row, 'servicePrincipal')].flat()).flatMap((one) => words(one, 'displayName', 'id')),
      ...words(field(row, 'initiatedBy'), 'displayName', 'id'),
    ],
    targets: identities.flatMap(ofIdentity),
    target: [who, where].filter((word) => word !== undefined).join(' in '),
  })
}
