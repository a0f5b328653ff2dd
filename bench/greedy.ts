import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { askUntil, type Crowd, type CrowdResult } from './askers.ts'
import type { GreedyOptions } from './greedy-caller.ts'
import { type HttpCallers, httpCallers, makeTokens, openUnthrottledWorld } from './http-callers.ts'
import { atMost, type BenchRow, ms, type Part, quantile, times } from './rows.ts'

const QUIET_CALLERS = 9
const CALLS_IN_FLIGHT = 64
const ROUNDS = 4
const PAUSE_MS = 50
const WARM_UP_MS = 5_000

export const greedy: Part = async ({ seconds }) => {
  await using world = await openUnthrottledWorld()
  const [token = '', ...tokens] = await makeTokens(world.dataDir, 1 + QUIET_CALLERS)
  using one = startGreedy({ url: world.url.href, token, atOnce: CALLS_IN_FLIGHT })
  const quiet = quietCallers(httpCallers(world.url, tokens))
  await Promise.all([askUntil(Date.now() + WARM_UP_MS, quiet), one.asks(WARM_UP_MS)])
  return {
    title: 'A greedy caller beside quiet ones',
    how:
      `Over HTTP, ${QUIET_CALLERS} callers that call list_tenants and pause for ${PAUSE_MS} ms, alone and together with a greedy ` +
      `caller in a separate process that keeps ${CALLS_IN_FLIGHT} calls in flight; ${ROUNDS} alternating rounds of ${seconds / 15} s each.`,
    rows: await fairnessRows(quiet, one, (seconds * 1_000) / 15),
  }
}

const quietCallers = (ours: HttpCallers): Crowd[] =>
  Array.from({ length: QUIET_CALLERS }, (_, caller) => ({
    ask: ours.as(caller),
    atOnce: 1,
    pauseMs: PAUSE_MS,
  }))

/** Measures the quiet callers, alone and together with the greedy one. */
async function fairnessRows(quiet: readonly Crowd[], one: GreedyCaller, forMs: number): Promise<BenchRow[]> {
  const waits = async () => (await askUntil(Date.now() + forMs, quiet)).flatMap((asked) => asked.waits)
  const alone: number[] = []
  const together: number[] = []
  const greed = { answered: 0, throttled: 0 }
  for (let round = 0; round < ROUNDS; round++) {
    alone.push(...(await waits()))
    const [quietly, { answered, throttled }] = await Promise.all([waits(), one.asks(forMs)])
    together.push(...quietly)
    greed.answered += answered
    greed.throttled += throttled
  }
  const pair = (share: number) => `${ms(quantile(alone, share))}, ${ms(quantile(together, share))}`
  return [
    atMost(
      'p99 of the quiet callers, relative to p99 without the greedy one',
      quantile(together, 0.99) / quantile(alone, 0.99),
      2,
      times,
    ),
    { what: 'p99 of the quiet callers: without the greedy one, with it', figure: pair(0.99) },
    { what: 'Median of the quiet callers: without the greedy one, with it', figure: pair(0.5) },
    { what: 'Calls of the greedy one: answered, refused', figure: `${greed.answered}, ${greed.throttled}` },
  ]
}

type GreedyCaller = ReturnType<typeof startGreedy>

/** A greedy caller in a child process, so that it does not slow down the measured callers. */
function startGreedy(greed: GreedyOptions) {
  const child = fork(join(import.meta.dirname, 'greedy-caller.ts'), [JSON.stringify(greed)])
  return {
    /** Makes it call for so many milliseconds. */
    async asks(forMs: number): Promise<Pick<CrowdResult, 'answered' | 'throttled'>> {
      child.send(forMs)
      return (await once(child, 'message'))[0]
    },
    [Symbol.dispose]() {
      child.disconnect()
    },
  }
}
