import { PER_MINUTE, seenByApp, startApp } from './app.ts'
import { type Asked, askUntil, fairness } from './askers.ts'
import { openInProcess } from './one-process.ts'
import { atLeast, atMost, exactly, type Part, percent, type Row } from './rows.ts'

// Each has more to ask at any moment than the app takes, yet not equally much.
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
      `Three callers keep ${crowd.join(', ')} look-ups going for ${seconds} s and come back at \`retryAt\` when they ` +
      `are told to. The app, in a process of its own, takes ${PER_MINUTE} requests in any 60 s and counts what ` +
      'arrives, refused or not. Use is what arrived over the most that such a limit lets through in that time.',
    rows: [
      ...limitRows(seenByApp(await app.arrivals(), start, seconds)),
      {
        what: 'Fairness: answers of the caller with fewest over those of the one with most',
        figure: percent(fairness(asked)),
      },
      ...crowdRows(asked),
    ],
  }
}

/** Whether the limit was kept, and how much of it was used. */
export const limitRows = ({ arrived, most, refused, allowed }: ReturnType<typeof seenByApp>): Row[] => [
  atMost('Most arrivals at the app in any 60 s', most, PER_MINUTE),
  exactly('Answers of 429', refused, 0),
  atLeast(`Use of the limit (${arrived} of ${allowed} requests)`, arrived / allowed, 0.95, percent),
]

/** What each of those who asked got. */
export const crowdRows = (asked: readonly Asked[]): Row[] => [
  { what: 'Answers to each', figure: asked.map(({ answered }) => answered).join(', ') },
  {
    what: 'Times each was told when to come back',
    figure: asked.map(({ turnedAway }) => turnedAway).join(', '),
  },
]
