import type { ScimUser } from '../directory.ts'
import type { Incoming, Reply } from '../http-types.ts'
import type { Scoped } from './access.ts'
import { BadExpression, readExpression } from './filter.ts'
import { fail, links } from './reply.ts'

interface Party {
  id: string
  type: string
  alternateId: string
  displayName: string
}

/** An event of the System Log (developer.okta.com, "System Log", LogEvent object). */
export interface LogEvent {
  uuid: string
  published: string
  eventType: string
  displayMessage: string
  severity: 'INFO'
  actor: Party
  outcome: { result: string; reason: string | null }
  target: Party[]
}

export type Record = (incoming: Incoming, eventType: string, displayMessage: string, user: ScimUser) => void

const MOST = 1_000

interface OpenLog {
  /** Oldest first. It is live. */
  events: LogEvent[]
  record: Record
  routes: Scoped[]
}

const partyOf = ({ id, userName, name }: ScimUser): Party => ({
  id,
  type: 'User',
  alternateId: userName,
  displayName: [name?.givenName, name?.familyName].filter((part) => part).join(' ') || userName,
})

const MACHINE: Party = {
  id: '0oasandbox0000000001',
  type: 'PublicClientApp',
  alternateId: 'system@okta.com',
  displayName: 'Provisioning',
}

export function openLog(now: () => number): OpenLog {
  const events: LogEvent[] = []

  function list(incoming: Incoming): Reply {
    const { query } = incoming
    const until = query.get('until')
    const since = Date.parse(query.get('since') ?? '') || now() - 7 * 86_400_000
    const end = until === null ? Infinity : Date.parse(until)
    const limit = Math.min(Number(query.get('limit') ?? 100), MOST)
    const newestFirst = query.get('sortOrder') === 'DESCENDING'
    const keywords = (query.get('q') ?? '').split(/\s+/).filter((word) => word !== '')
    if (keywords.some((word) => word.length > 40)) return fail('E0000001', 'q', ['q: keyword too long'])
    const expression = query.get('filter')
    try {
      const test = expression === null ? () => true : readExpression(expression, { exact: true })
      const within = events.filter((event) => {
        const at = Date.parse(event.published)
        const text = JSON.stringify(event).toLowerCase()
        return (
          at >= since &&
          at <= end &&
          keywords.every((word) => text.includes(word.toLowerCase())) &&
          test((property) => valuesOf(event, property))
        )
      })
      const sorted = newestFirst ? within.toReversed() : within
      const after = query.get('after')
      const start = after === null ? 0 : sorted.findIndex(({ uuid }) => `${uuid}_1` === after) + 1
      const page = sorted.slice(start, start + limit)
      // Without `until` the log is polled: there is always a next page, even after an empty one.
      const more = start + limit < sorted.length || until === null
      const last = page.at(-1)?.uuid
      const cursor = last === undefined ? (after ?? 'start') : `${last}_1`
      return { status: 200, headers: { link: links(incoming, more ? cursor : undefined) }, body: page }
    } catch (error) {
      if (error instanceof BadExpression) return fail('E0000031')
      throw error
    }
  }

  return {
    events,
    record({ at }, eventType, displayMessage, user) {
      events.push({
        uuid: crypto.randomUUID(),
        published: new Date(at).toISOString(),
        eventType,
        displayMessage,
        severity: 'INFO',
        actor: MACHINE,
        outcome: { result: 'SUCCESS', reason: null },
        target: [partyOf(user)],
      })
    },
    routes: [['okta.logs.read', { method: 'GET', path: '/api/v1/logs', run: list }]],
  }
}

function valuesOf(event: LogEvent, property: string): readonly string[] | undefined {
  switch (property) {
    case 'eventType':
      return [event.eventType]
    case 'actor.id':
      return [event.actor.id]
    case 'target.id':
      return event.target.map(({ id }) => id)
    default:
      return undefined
  }
}
