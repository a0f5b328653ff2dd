import { PER_MINUTE, startApp } from './app.ts'
import { askUntil } from './askers.ts'
import { openInProcess } from './one-process.ts'
import { exactly, median, ms, type Part, quantile, type Row } from './rows.ts'

const BULK = 60
const PAUSE_MS = 2_500

export const interactive: Part = async ({ seconds }) => ({
  title: `Questions asked during saturation by bulk work, ${seconds} s`,
  how:
    `Bulk work keeps ${BULK} look-ups going while somebody else asks one question, and the next ` +
    `${PAUSE_MS / 1_000} s after its answer. A wait runs from asking to the answer, returns at \`retryAt\` included.`,
  rows: [
    ...(await run(`${PER_MINUTE} a minute`, { perMinute: PER_MINUTE }, seconds)),
    // Here the tokens trickle, so that there is a queue at every moment.
    ...(await run('4 a second', { perSecond: 4 }, Math.min(seconds, 60))),
  ],
})

async function run(limit: string, limits: Record<string, number>, seconds: number): Promise<Row[]> {
  await using app = await startApp(limits)
  await using server = openInProcess(app, limits)
  const [bulk, question] = await askUntil(Date.now() + seconds * 1_000, [
    { ask: server.lookUp({ caller: 'sync', priority: 'bulk' }), atOnce: BULK },
    { ask: server.lookUp({ caller: 'person', priority: 'interactive' }), atOnce: 1, pauseMs: PAUSE_MS },
  ])
  if (!bulk || !question) throw new Error('nobody asked')
  const [theirs, ours] = [median(bulk.waits), median(question.waits)]
  const refused = (await app.arrivals()).filter(({ status }) => status === 429).length
  return [
    {
      what: `${limit}: median wait of a question over that of bulk work (${ms(ours)} over ${ms(theirs)})`,
      figure: `1 / ${(theirs / ours).toFixed(0)}`,
    },
    {
      what: `${limit}: longest wait of a question, of bulk work`,
      figure: `${ms(quantile(question.waits, 1))}, ${ms(quantile(bulk.waits, 1))}`,
    },
    {
      what: `${limit}: answers to questions, to bulk work`,
      figure: `${question.answered}, ${bulk.answered}`,
    },
    { what: `${limit}: questions told to come back later`, figure: String(question.turnedAway) },
    exactly(`${limit}: answers of 429`, refused, 0),
  ]
}
