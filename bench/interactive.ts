import { PER_MINUTE, startApp } from './app.ts'
import { askUntil } from './askers.ts'
import { openInProcess } from './one-process.ts'
import { type BenchRow, exactly, median, ms, type Part, quantile } from './rows.ts'

const BULK_LOOKUPS = 60
const PAUSE_MS = 2_500

export const interactive: Part = async ({ seconds }) => ({
  title: `Questions asked during saturation by bulk work, ${seconds} s`,
  how:
    `Bulk work keeps ${BULK_LOOKUPS} look-ups in flight while another caller asks one question, and the next one ` +
    `${PAUSE_MS / 1_000} s after its answer. A wait is the time from the first attempt to the answer, repeats at \`retryAt\` included.`,
  rows: [
    ...(await rowsFor(`${PER_MINUTE} a minute`, { perMinute: PER_MINUTE }, seconds)),
    // With a limit per second there is always a queue.
    ...(await rowsFor('4 a second', { perSecond: 4 }, Math.min(seconds, 60))),
  ],
})

async function rowsFor(limit: string, limits: Record<string, number>, seconds: number): Promise<BenchRow[]> {
  await using app = await startApp(limits)
  await using server = openInProcess(app, limits)
  const [bulk, question] = await askUntil(Date.now() + seconds * 1_000, [
    { ask: server.lookUp({ caller: 'sync', priority: 'bulk' }), atOnce: BULK_LOOKUPS },
    { ask: server.lookUp({ caller: 'person', priority: 'interactive' }), atOnce: 1, pauseMs: PAUSE_MS },
  ])
  if (!bulk || !question) throw new Error('no caller ran')
  const [theirs, ours] = [median(bulk.waits), median(question.waits)]
  const refused = (await app.arrivals()).filter(({ status }) => status === 429).length
  return [
    {
      what: `${limit}: median wait of a question, relative to bulk work (${ms(ours)}, ${ms(theirs)})`,
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
    { what: `${limit}: questions told to come back later`, figure: String(question.throttled) },
    exactly(`${limit}: 429 answers`, refused, 0),
  ]
}
