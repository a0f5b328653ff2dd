import { join } from 'node:path'
import { pastOf } from '../src/engine/history.ts'
import { ownEvents } from '../src/engine/own-events.ts'
import type { JournalForm } from '../src/journal/backend.ts'
import { fileJournal } from '../src/journal/file.ts'
import { type Journal, journalOver } from '../src/journal/journal.ts'
import { makeProof } from '../src/journal/proof.ts'
import { linesAbout } from '../src/journal/query.ts'
import { diskStore, memoryStore } from '../src/store/table-store.ts'
import { context, serveCanned } from '../test/support/canned.ts'
import { temporaryFolder } from '../test/support/folder.ts'
import { listOf, scimAt, user } from '../test/vendors/scim/scim-at.ts'
import { FIRST_CALL, TENANT, writeJournal } from './long-journal.ts'
import { type BenchRow, median, type Part } from './rows.ts'

/** The largest is what a company of 5,000 people and 60 apps writes in about five years. */
const LINES = [10_000, 100_000, 1_000_000]
const USERS = [100, 1_000, 10_000]
const PAGE_SIZE = 100
const ROUNDS = 5
/** What must not grow may still read a longer number, or another part of an index. */
const FLAT = 0.1
const LINEAR = 1.1

type Costs = Record<string, number>

export const growth: Part = async () => ({
  title: 'Growth of the journal and of an app that does not filter',
  how:
    `Journals of ${LINES.map((lines) => lines.toLocaleString('en')).join(', ')} lines on a disk; bytes of lines read by the ` +
    `oldest call of each, and the time to index them. An app of ${USERS.map((users) => users.toLocaleString('en')).join(', ')} ` +
    'users that refuses filters; requests. The exponent e says that 10 times as much costs 10^e times as much.',
  rows: [
    ...rowsOf(await inTurn(LINES, journalCosts), 'bytes'),
    ...rowsOf(await inTurn(USERS, searchCosts), 'requests'),
  ],
})

async function journalCosts(lines: number): Promise<Costs> {
  using folder = temporaryFolder()
  await writeJournal(folder.path, lines)
  const derived = diskStore(join(folder.path, 'journal-index'), { durable: false })
  const count = { bytes: 0 }
  const journal = counted(fileJournal(folder.path, memoryStore()), derived, count)
  const began = performance.now()
  await journal.index.catchUp()
  const indexed = performance.now() - began
  const { position } = await journal.end()
  const since = new Date(Date.now() - 24 * 60 * 60_000)
  const cost = async (work: () => Promise<unknown>): Promise<number> => {
    const read: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      count.bytes = 0
      await work()
      read.push(count.bytes)
    }
    return median(read)
  }
  const day = { tenant: TENANT, since, until: new Date(), order: 'newest_first', limit: 50 } as const
  const costs = {
    'Show the oldest call': await cost(() => linesAbout(journal, [FIRST_CALL])),
    'Plan to undo it, by change later to the same account': await cost(async () => {
      const past = await pastOf(journal, FIRST_CALL, () => true)
      const later = past?.changes[0]?.since.length ?? 0
      count.bytes /= 1 + later
    }),
    'Prove it': await cost(() => makeProof(journal, [FIRST_CALL], {})),
    'A call that does not exist': await cost(() => linesAbout(journal, ['call-unknown'])),
    'The latest 20 lines': await cost(() => journal.latest(20, { to: position })),
    'Audit of a tenant, the last day': await cost(() => ownEvents(journal, day)),
    'Index all lines (ms)': indexed,
  }
  await derived.close()
  return costs
}

function counted(
  form: JournalForm,
  derived: ReturnType<typeof memoryStore>,
  count: { bytes: number },
): Journal {
  const lines: JournalForm['lines'] = async function* lines(range) {
    for await (const line of form.lines(range)) {
      count.bytes += line.bytes.length
      yield line
    }
  }
  return journalOver({ ...form, lines }, derived)
}

async function searchCosts(count: number): Promise<Costs> {
  const users = Array.from({ length: count }, (_, at) => user(`u${at + 1}`))
  await using app = await serveCanned(({ path, query }) => {
    const one = users[Number(path.split('/u')[1]) - 1]
    if (path !== '/Users') return one ? { body: one } : { status: 404, body: { detail: 'no such user' } }
    if (query.filter) return { status: 400, body: { scimType: 'invalidFilter' } }
    const from = Number(query.startIndex ?? 1) - 1
    return { body: listOf(users.slice(from, from + Number(query.count)), count) }
  })
  const operations = scimAt(app.url, { pageSize: PAGE_SIZE, maxPages: 1_000 })
  const cost = async (number: number) => {
    const before = app.asked.length
    const { accounts } = await operations.findAccounts({ user: `u${number}@example.com` }, context())
    if (accounts[0]?.id !== `u${number}`) throw new Error(`u${number} was not found`)
    return app.asked.length - before
  }
  return { 'First look-up': await cost(count), 'Each later one': await cost(count - 1) }
}

async function inTurn(sizes: readonly number[], work: (size: number) => Promise<Costs>): Promise<Costs[]> {
  const costs: Costs[] = []
  for (const size of sizes) costs.push(await work(size))
  return costs
}

const GROWS = ['Index all lines (ms)', 'Audit of a tenant, the last day', 'First look-up']

function rowsOf(costs: readonly Costs[], unit: string): BenchRow[] {
  return Object.keys(costs[0] ?? {}).map((what) => {
    const figures = costs.map((one) => one[what] ?? 0)
    const [least, most] = [figures[0] ?? 0, figures.at(-1) ?? 0]
    // From the first to the last size, over powers of ten.
    const exponent =
      least === most ? 0 : Math.log10(Math.max(1, most) / Math.max(1, least)) / (figures.length - 1)
    const goal = GROWS.includes(what) ? LINEAR : FLAT
    const told = figures.map((figure) => Math.round(figure).toLocaleString('en')).join(', ')
    return {
      what,
      figure: `${exponent.toFixed(2)} (${told}${what.includes('ms') ? '' : ` ${unit}`})`,
      goal: `exponent ≤ ${goal}`,
      met: exponent <= goal,
    }
  })
}
