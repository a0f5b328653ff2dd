import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type Asked, askUntil, type Crowd } from './askers.ts'
import { type Door, door, makeTokens, openQuietly } from './door.ts'
import type { Greed } from './greedy-caller.ts'
import { atMost, ms, type Part, quantile, type Row, times } from './rows.ts'

const QUIET = 9
const AT_ONCE = 64
const ROUNDS = 4
const PAUSE_MS = 50
const WARM_UP_MS = 5_000

export const greedy: Part = async ({ seconds }) => {
  await using world = await openQuietly()
  const [token = '', ...tokens] = await makeTokens(world.dataDir, 1 + QUIET)
  using one = startGreedy({ url: world.url.href, token, atOnce: AT_ONCE })
  const quiet = quietOnes(door(world.url, tokens))
  await Promise.all([askUntil(Date.now() + WARM_UP_MS, quiet), one.asks(WARM_UP_MS)])
  return {
    title: 'A greedy caller beside quiet ones',
    how:
      `Over HTTP, ${QUIET} callers that call list_tenants and pause for ${PAUSE_MS} ms, alone and beside one, in a process ` +
      `of its own, that keeps ${AT_ONCE} calls going; ${ROUNDS} times in turn, ${seconds / 15} s each.`,
    rows: await fairness(quiet, one, (seconds * 1_000) / 15),
  }
}

const quietOnes = (ours: Door): Crowd[] =>
  Array.from({ length: QUIET }, (_, caller) => ({ ask: ours.as(caller), atOnce: 1, pauseMs: PAUSE_MS }))

/** The quiet callers, alone and beside the greedy one. */
async function fairness(quiet: readonly Crowd[], one: GreedyCaller, forMs: number): Promise<Row[]> {
  const waits = async () => (await askUntil(Date.now() + forMs, quiet)).flatMap((asked) => asked.waits)
  const alone: number[] = []
  const beside: number[] = []
  const greed = { answered: 0, turnedAway: 0 }
  for (let round = 0; round < ROUNDS; round++) {
    alone.push(...(await waits()))
    const [quietly, { answered, turnedAway }] = await Promise.all([waits(), one.asks(forMs)])
    beside.push(...quietly)
    greed.answered += answered
    greed.turnedAway += turnedAway
  }
  const pair = (share: number) => `${ms(quantile(alone, share))}, ${ms(quantile(beside, share))}`
  return [
    atMost(
      '99 % of their calls within, over that without the greedy one',
      quantile(beside, 0.99) / quantile(alone, 0.99),
      2,
      times,
    ),
    { what: '99 % of their calls within: without it, beside it', figure: pair(0.99) },
    { what: 'Half of their calls within: without it, beside it', figure: pair(0.5) },
    { what: 'Calls of the greedy one: answered, refused', figure: `${greed.answered}, ${greed.turnedAway}` },
  ]
}

type GreedyCaller = ReturnType<typeof startGreedy>

/** A greedy caller in a process of its own, so that those whose waits are measured do not wait for it in theirs. */
function startGreedy(greed: Greed) {
  const child = fork(join(import.meta.dirname, 'greedy-caller.ts'), [JSON.stringify(greed)])
  return {
    /** Has it ask for so long, milliseconds. */
    async asks(forMs: number): Promise<Pick<Asked, 'answered' | 'turnedAway'>> {
      child.send(forMs)
      return (await once(child, 'message'))[0]
    },
    [Symbol.dispose]() {
      child.disconnect()
    },
  }
}
