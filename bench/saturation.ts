import { PER_MINUTE, seenByApp, startApp } from './app.ts'
import { askUntil, type CrowdResult, fairness } from './askers.ts'
import { openInProcess } from './one-process.ts'
import { atLeast, atMost, type BenchRow, exactly, type Part, percent } from './rows.ts'

// Each caller alone exceeds the app's limit; their loads differ.
const CALLERS = [
  { caller: 'first', atOnce: 60 },
  { caller: 'second', atOnce: 30 },
  { caller: 'third', atOnce: 15 },
]

export const saturation: Part = async ({ seconds }) => {
  await using app = await startApp()
  await using server = openInProcess(app)
  const start = Date.now()
  const asked = await askUntil(
    start + seconds * 1_000,
    CALLERS.map(({ caller, atOnce }) => ({
      ask: server.lookUp({ caller, priority: 'interactive' }),
      atOnce,
    })),
  )
  const crowd = CALLERS.map(({ atOnce }) => atOnce)
  return {
    title: `Saturation by three callers of one process, ${seconds} s`,
    how:
      `Three callers keep ${crowd.join(', ')} look-ups in flight for ${seconds} s and repeat throttled ones at \`retryAt\`. ` +
      `The app, in a separate process, accepts ${PER_MINUTE} requests in any 60 s and counts all that arrive, refused or ` +
      'not. Use is the number of arrivals, relative to the most that the limit allows in that time.',
    rows: [
      ...limitRows(seenByApp(await app.arrivals(), start, seconds)),
      {
        what: 'Fairness: fewest answers of a caller, relative to the most',
        figure: percent(fairness(asked)),
      },
      ...crowdRows(asked),
    ],
  }
}

/** Whether the limit held, and how much of it was used. */
export const limitRows = ({ arrived, most, refused, allowed }: ReturnType<typeof seenByApp>): BenchRow[] => [
  atMost('Most arrivals at the app in any 60 s', most, PER_MINUTE),
  exactly('429 answers', refused, 0),
  atLeast(`Use of the limit (${arrived} of ${allowed} requests)`, arrived / allowed, 0.95, percent),
]

/** What each crowd got. */
export const crowdRows = (asked: readonly CrowdResult[]): BenchRow[] => [
  { what: 'Answers per caller', figure: asked.map(({ answered }) => answered).join(', ') },
  {
    what: 'Throttled calls per caller',
    figure: asked.map(({ throttled }) => throttled).join(', '),
  },
]
