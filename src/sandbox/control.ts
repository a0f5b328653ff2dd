import type { Fault, Faults } from './faults.ts'
import { type Arrival, type Incoming, isObject, parseJson, type Reply } from './http-types.ts'
import { mostIn } from './limit.ts'

const MINUTE_MS = 60_000

/** The control routes of a simulated app, for people and scripts. They need no token and do not count as arrivals. */
export function control(title: string, faults: Faults, arrivals: readonly Arrival[]) {
  return (incoming: Incoming): Reply => {
    switch (`${incoming.method} ${incoming.path}`) {
      case 'GET /_sandbox':
        return plain(200, help(title, faults))
      case 'GET /_sandbox/faults':
        return json(faults.list())
      case 'PUT /_sandbox/faults':
        return setFaults(faults, incoming.text)
      case 'DELETE /_sandbox/faults':
        faults.clear()
        return json(faults.list())
      case 'GET /_sandbox/arrivals':
        return json(summary(arrivals, Number(incoming.query.get('since') ?? 0)))
      default:
        return plain(404, 'GET /_sandbox lists the routes.\n')
    }
  }
}

function setFaults(faults: Faults, text: string): Reply {
  const list = parseJson(text)
  if (!Array.isArray(list) || !list.every(isFault)) {
    return plain(400, 'Send a JSON list of names, or of objects with a "fault".\n')
  }
  try {
    faults.set(list)
  } catch (error) {
    if (error instanceof TypeError) return plain(400, `${error.message}\n`)
    throw error
  }
  return json(faults.list())
}

const isFault = (value: unknown): value is string | Fault =>
  typeof value === 'string' || (isObject(value) && typeof value.fault === 'string')

// The final line break is for people at a terminal.
const json = (value: unknown): Reply => ({ status: 200, body: `${JSON.stringify(value, null, 2)}\n` })
const plain = (status: number, body: string): Reply => ({ status, type: 'text/plain;charset=utf-8', body })

/** The arrivals from `since` on (epoch milliseconds): the total, by status, by token, and the peak rate. */
function summary(arrivals: readonly Arrival[], since: number) {
  const recent = arrivals.filter(({ at }) => at >= since)
  const byStatus: Record<string, number> = {}
  for (const { status = 'unanswered' } of recent) byStatus[status] = (byStatus[status] ?? 0) + 1
  const slots = [...new Set(recent.map(({ token }) => token))]
  const byToken = slots.map((slot) => [slot, peakRate(recent.filter(({ token }) => token === slot))])
  return { ...peakRate(recent), byStatus, byToken: Object.fromEntries(byToken) }
}

const peakRate = (arrivals: readonly Arrival[]) => ({
  total: arrivals.length,
  mostInAnyMinute: mostIn(
    arrivals.map(({ at }) => at),
    MINUTE_MS,
  ),
})

const help = (title: string, { kinds }: Faults) => `${title} All people in it are made up.

GET    /_sandbox/faults    the active faults
PUT    /_sandbox/faults    replaces them: a JSON list of names, or of objects
                           {"fault", "method", "path", "times", "ms", "status"}
                           of which all but the first are optional
DELETE /_sandbox/faults    removes them all
GET    /_sandbox/arrivals  the number of requests, by status and by token, and
                           the peak in any 60 s; ?since= takes epoch
                           milliseconds

Faults:

${faultLines(kinds).join('\n')}
`

/** One line for each fault: its name and what it does. */
export const faultLines = (kinds: Faults['kinds']): string[] =>
  Object.entries(kinds).map(([name, { about }]) => `${name.padEnd(20)} ${about}`)
