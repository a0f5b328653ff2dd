import { newAgent } from '../../test/helpdesk/agent.ts'
import { type Apps, changedBetween, openDesk } from '../../test/helpdesk/desk.ts'
import type { Measured } from '../../test/helpdesk/measured.ts'
import type { HelpdeskRequest } from '../../test/helpdesk/request.ts'
import { type Conversed, converse } from './converse.ts'
import { type Model, ModelFailed } from './model.ts'

/** Has a model do one request in a world of its own, and judges what became of the world and what was said. */
export async function evaluate(model: Model, request: HelpdeskRequest): Promise<Measured> {
  await using desk = await openDesk()
  const memory = new Map<string, string>()
  for (const earlier of before(request)) await earlier.run(await newAgent(desk, memory), desk.apps)
  const back = request.arrange?.(desk.apps)
  const start = desk.snapshot()
  const common = { asks: request.asks }
  try {
    const done = await converse(model, desk, request.asks)
    const changed = changedBetween(start, desk.snapshot())
    return { ...common, ...judged(request, changed, done, desk.apps), ...done.spent }
  } catch (error) {
    if (!(error instanceof ModelFailed)) throw error
    const none = { calls: 0, bytes: 0, questions: 0, tokens: { input: 0, output: 0 } }
    const unwanted = unwantedIn(request, changedBetween(start, desk.snapshot()))
    return {
      ...common,
      verdict: unwanted.length > 0 ? 'unwanted write' : 'failed',
      why: error.message,
      ...none,
    }
  } finally {
    back?.()
  }
}

/** What must have been done before, the earliest first. */
const before = ({ follows }: HelpdeskRequest): HelpdeskRequest[] =>
  follows ? [...before(follows), follows] : []

const unwantedIn = ({ changes = [] }: HelpdeskRequest, changed: readonly string[]) =>
  changed.filter((one) => !changes.includes(one))

function judged(
  request: HelpdeskRequest,
  changed: readonly string[],
  { said, brokenOff }: Conversed,
  apps: Apps,
): Pick<Measured, 'verdict' | 'why'> {
  const unwanted = unwantedIn(request, changed)
  if (unwanted.length > 0) return { verdict: 'unwanted write', why: unwanted.join(', ') }
  if (brokenOff !== undefined) return { verdict: 'failed', why: brokenOff }
  const undone = (request.changes ?? []).filter((one) => !changed.includes(one))
  if (undone.length > 0) return { verdict: 'not done', why: undone.join(', ') }
  const untold = (request.told?.(apps) ?? []).filter((one) => !tells(said, one))
  if (untold.length > 0) return { verdict: 'not told', why: untold.join(', ') }
  return { verdict: 'right' }
}

const tells = (said: string, what: string | RegExp): boolean =>
  typeof what === 'string' ? said.toLowerCase().includes(what.toLowerCase()) : what.test(said)
