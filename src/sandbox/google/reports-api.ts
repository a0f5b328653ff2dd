import type { Route } from '../http-types.ts'
import { invalid } from './errors.ts'
import { type Google, paged, routeOf } from './gate.ts'
import { userByKey } from './workspace.ts'

/** An activity as developers.google.com, Reports API, "REST Resource: activities" has it. */
export interface Activity {
  kind: 'admin#reports#activity'
  id: { time: string; uniqueQualifier: string; applicationName: string; customerId: string }
  actor: { callerType: string; email: string; profileId: string }
  ipAddress: string
  events: { type: string; name: string; parameters: { name: string; value: string }[] }[]
}

type Application = 'admin' | 'login' | 'token'

/** What happened, as it is told to the log. */
export interface Happening {
  /** Epoch milliseconds. */
  at: number
  application: Application
  actor: string
  type: string
  name: string
  parameters?: Record<string, string>
}

export function activityOf(
  google: Google,
  { at, application, actor, type, name, parameters = {} }: Happening,
  count: number,
): Activity {
  return {
    kind: 'admin#reports#activity',
    id: {
      time: new Date(at).toISOString(),
      uniqueQualifier: `-${String(7_000_000_000_000 + count)}`,
      applicationName: application,
      customerId: 'C0sandbox',
    },
    actor: { callerType: 'USER', email: actor, profileId: userByKey(google, actor)?.id ?? '0' },
    ipAddress: '192.0.2.10',
    events: [
      { type, name, parameters: Object.entries(parameters).map(([name, value]) => ({ name, value })) },
    ],
  }
}

/** `activities` are in the order in which they happened. */
export function reportsApi(google: Google, activities: readonly Activity[]): Route[] {
  return [
    routeOf(
      google,
      {
        method: 'GET',
        path: '/admin/reports/v1/activity/users/:id/applications/:id',
        scopes: ['admin.reports.audit.readonly'],
        query: ['startTime', 'endTime', 'maxResults', 'pageToken', 'eventName', 'filters', 'customerId'],
      },
      ({ ids: [userKey = '', application = ''], query }) => {
        if (!['admin', 'login', 'token', 'drive', 'groups', 'saml'].includes(application)) {
          throw invalid('applicationName')
        }
        const [start, end] = [query.get('startTime'), query.get('endTime')].map((time) => {
          if (time !== null && Number.isNaN(Date.parse(time))) throw invalid('startTime')
          return time === null ? undefined : Date.parse(time)
        })
        const event = query.get('eventName')
        const rows = activities
          .filter(({ id, actor, events }) => {
            const at = Date.parse(id.time)
            return (
              id.applicationName === application &&
              (start === undefined || at >= start) &&
              (end === undefined || at <= end) &&
              (event === null || events.some(({ name }) => name === event)) &&
              (userKey === 'all' || actor.profileId === userKey || actor.email === userKey)
            )
          })
          .toSorted((one, other) => Date.parse(other.id.time) - Date.parse(one.id.time))
        return paged(rows, query, {
          kind: 'admin#reports#activities',
          key: 'items',
          most: 1_000,
          usual: 1_000,
        })
      },
    ),
  ]
}
