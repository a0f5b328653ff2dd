import { randomUUID } from 'node:crypto'
import { Unavailable } from '../errors.ts'
import type { Store } from '../store/store.ts'
import { type JournalEnd, type JournalForm, type JournalHead, startOf } from './backend.ts'
import { isUnchanged, readLine } from './entry.ts'
import type { JournalLine } from './events.ts'
import { digestOf, type IndexedLine, indexRows, type NumberRange, type Place } from './index-rows.ts'
import { type Term, termsOf } from './terms.ts'

/**
 * Finds lines without reading the others. Derived from the journal: what it lacks is read from there first, each line checked
 * and chained to the one before, and what it finds is compared with what was checked then. Every method throws `Unavailable`
 * where the journal is not as it was written, and the reason of an aborted `signal`.
 */
export interface LineIndex {
  /** Reads what was written since the last verified line, up to the recorded end, which it returns. */
  catchUp(signal?: AbortSignal): Promise<JournalHead | undefined>
  /**
   * How far the times of lines went back at most, in milliseconds: a line is never that much later than one behind it. Of
   * what was read by `catchUp`.
   */
  clockError(): Promise<number>
  /** The lines about a term in parts, each oldest first: whoever has enough reads no more of them. */
  partsAbout(term: Term, options: NumberRange & { signal?: AbortSignal }): AsyncGenerator<JournalLine[]>
  /** The lines that one of the terms is about, from number `from` on, oldest first. */
  about(
    terms: readonly Term[],
    options?: { from?: number; signal?: AbortSignal },
  ): AsyncGenerator<JournalLine>
  /** The lines with these numbers, as far as the journal has them, oldest first. */
  numbered(numbers: readonly number[], signal?: AbortSignal): AsyncGenerator<JournalLine>
  /** Forgets everything, and reads the journal anew. */
  rebuild(signal?: AbortSignal): Promise<JournalHead | undefined>
}

/** The last verified line: everything up to it is one chain, and has its place in the rows of this edition. */
interface Checkpoint {
  edition: string
  seq: number
  hash: string
  position: number
  /** The latest time of a line, epoch milliseconds, and how far one went back behind it; absent where it was not looked at. */
  clock?: { latest: number; error: number }
}

/** Of an index whose lines are found by all that `termsOf` names; one of before does not know people. */
const CHECKPOINT = 'journal-index/people/checkpoint'
const CHECKPOINT_BEFORE = 'journal-index/checkpoint'
/** How wrong the clock of a server is taken to be at most, in milliseconds, where the lines were not looked at. */
export const CLOCK_ERROR = 24 * 60 * 60 * 1_000
/** Lines that are verified before they are written down, and then need not be read again. */
const BATCH = 1_000
/** Lines that are rather read than skipped. */
const NEAR = 16

export function lineIndex(form: Omit<JournalForm, 'append'>, store: Store): LineIndex {
  const rowsOf = ({ edition }: Checkpoint) => indexRows(store, `journal-index/${edition}/`)
  const checkpoint = async () => {
    const { isNew, ...last } = await store.update<Checkpoint, Checkpoint & { isNew: boolean }>(
      CHECKPOINT,
      (current) => {
        const next = current ?? newEdition()
        return { next, result: { ...next, isNew: current === undefined } }
      },
    )
    if (isNew) await forgetIndexOfBefore()
    return last
  }
  async function forgetIndexOfBefore(): Promise<void> {
    const before = await store.get<Checkpoint>(CHECKPOINT_BEFORE)
    if (!before) return
    await store.delete(CHECKPOINT_BEFORE)
    await forget(before)
  }
  async function forget({ edition }: Checkpoint): Promise<void> {
    for (const key of await store.keys(`journal-index/${edition}/`)) await store.delete(key)
  }

  /** An edition that begins anew, unless another process has begun one meanwhile. */
  async function startOver(from: Checkpoint): Promise<Checkpoint> {
    const fresh = await store.update<Checkpoint, Checkpoint>(CHECKPOINT, (current) => {
      const next = current && current.edition !== from.edition ? current : newEdition()
      return { next, result: next }
    })
    await forget(from)
    return fresh
  }

  /** Whether the last verified line is still where it was: else this is another journal. */
  async function isStillThere(last: Checkpoint, { head, begins }: JournalEnd): Promise<boolean> {
    if (last.seq === 0) return true
    if (begins && last.seq <= begins.to) return last.hash === begins.hash
    const place = (await rowsOf(last).places([last.seq])).get(last.seq)
    if (!place || !head || head.seq < last.seq) return false
    if (head.seq === last.seq) return head.hash === last.hash
    for await (const { bytes } of form.lines({ from: place.from, to: place.behind })) {
      return readLine(bytes)?.hash === last.hash
    }
    return false
  }

  async function readOn(
    last: Checkpoint,
    end: { head: JournalHead; position: number },
    signal?: AbortSignal,
  ) {
    let [known, position] = [last, last.position]
    let batch: IndexedLine[] = []
    const keep = async () => {
      await rowsOf(known).add(batch)
      await store.update<Checkpoint, void>(CHECKPOINT, (current) => ({
        next: current?.edition === known.edition && current.seq < known.seq ? known : current,
        result: undefined,
      }))
      batch = []
    }
    for await (const { bytes, ended, behind } of form.lines({ from: position, to: end.position })) {
      signal?.throwIfAborted()
      if (!ended) break
      const line = intact(bytes)
      const isFirst = known.seq === 0 && line.seq === firstNumber(line)
      if (!isFirst && (line.seq !== known.seq + 1 || line.prev !== known.hash)) throw notIntact()
      // After the recorded end there is at most what a crash left.
      if (known.seq === end.head.seq) break
      const { seq, hash } = line
      batch.push({ seq, from: position, behind, digest: digestOf(hash), terms: termsOf(line) })
      known = { ...known, seq, hash, position: behind, ...clockAfter(known, line) }
      position = behind
      if (batch.length === BATCH) await keep()
    }
    if (batch.length > 0) await keep()
    if (known.hash !== end.head.hash) throw notIntact()
  }

  /** The last entry of the segments that are kept elsewhere. */
  let lastElsewhere: number | undefined
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const done = turn.then(work)
    turn = done.catch(() => undefined)
    return done
  }
  const catchUp = (signal?: AbortSignal) =>
    inTurn(async () => {
      signal?.throwIfAborted()
      const end = await form.end()
      const { head, position } = end
      lastElsewhere = end.begins?.to
      if (!head && position > 0) throw notIntact()
      let last = await checkpoint()
      if (!(await isStillThere(last, end))) last = await startOver(last)
      if (head) await readOn(last.seq === 0 ? firstOf(last, end) : last, { head, position }, signal)
      return head
    })

  /** Lines in the order of their numbers, with few reads: near ones are read in one go. */
  async function* at(numbers: readonly number[], signal?: AbortSignal): AsyncGenerator<JournalLine> {
    const rows = rowsOf(await checkpoint())
    for (const run of runsOf(numbers)) {
      signal?.throwIfAborted()
      const [first = 0, last = 0] = [run[0], run.at(-1)]
      // The line before is checked too: whoever takes a line out or puts one in has to change a neighbour.
      const from = first - 1 === lastElsewhere ? first : first - 1
      const span = Array.from({ length: last - from + 1 }, (_, at) => from + at)
      yield* checkedAt(span, await rows.places(span), new Set(run))
    }
  }

  async function* checkedAt(
    span: readonly number[],
    places: ReadonlyMap<number, Place>,
    wanted: ReadonlySet<number>,
  ): AsyncGenerator<JournalLine> {
    const known = span.flatMap((seq) => places.get(seq) ?? [])
    const [first, last] = [known[0], known.at(-1)]
    if (!first || !last) return
    let number = span.find((seq) => places.has(seq)) ?? 0
    for await (const { bytes } of form.lines({ from: first.from, to: last.behind })) {
      const line = intact(bytes)
      if (line.seq !== number || digestOf(line.hash) !== places.get(number)?.digest) throw notIntact()
      if (wanted.has(number)) yield line
      number += 1
    }
    if (number <= (span.at(-1) ?? 0) && places.has(number)) throw notIntact()
  }

  return {
    catchUp,
    clockError: async () => (await checkpoint()).clock?.error ?? CLOCK_ERROR,
    async *partsAbout(term, { signal, ...range }) {
      await catchUp(signal)
      for await (const numbers of rowsOf(await checkpoint()).numbersOf(term, range)) {
        const lines: JournalLine[] = []
        for await (const line of at(numbers, signal)) if (termsOf(line).includes(term)) lines.push(line)
        yield lines
      }
    },
    async *about(terms, { from = 0, signal } = {}) {
      await catchUp(signal)
      const rows = rowsOf(await checkpoint())
      const numbers: number[] = []
      for (const term of new Set(terms)) {
        for await (const part of rows.numbersOf(term, { from })) numbers.push(...part)
      }
      const wanted = new Set(terms)
      // Terms with the same digest share a list.
      for await (const line of at([...new Set(numbers)].toSorted(byNumber), signal)) {
        if (termsOf(line).some((term) => wanted.has(term))) yield line
      }
    },
    async *numbered(numbers, signal) {
      await catchUp(signal)
      const places = await rowsOf(await checkpoint()).places(numbers)
      yield* at([...places.keys()].toSorted(byNumber), signal)
    },
    async rebuild(signal) {
      await startOver(await checkpoint())
      return catchUp(signal)
    },
  }
}

/** Where an index begins: behind the segments that are kept elsewhere. */
const firstOf = (edition: Checkpoint, end: JournalEnd): Checkpoint =>
  end.begins ? { ...edition, seq: end.begins.to, hash: end.begins.hash, position: startOf(end) } : edition

const newEdition = (): Checkpoint => ({
  ...{ edition: randomUUID(), seq: 0, hash: '', position: 0 },
  clock: { latest: 0, error: 0 },
})

function clockAfter({ clock }: Checkpoint, { at }: JournalLine): Pick<Checkpoint, 'clock'> {
  const time = Date.parse(at)
  if (!clock || Number.isNaN(time)) return {}
  const latest = Math.max(clock.latest, time)
  return { clock: { latest, error: Math.max(clock.error, latest - time) } }
}

const byNumber = (a: number, b: number) => a - b

/** Numbers in runs with small gaps, none of them long. */
function runsOf(numbers: readonly number[]): number[][] {
  const runs: number[][] = []
  for (const seq of numbers) {
    const run = runs.at(-1)
    if (run && seq - (run.at(-1) ?? 0) <= NEAR && run.length < BATCH) run.push(seq)
    else runs.push([seq])
  }
  return runs
}

/** The line in these bytes. Throws `Unavailable` unless it is as it was written. */
function intact(bytes: Buffer): JournalLine {
  const line = readLine(bytes)
  if (!line || !isUnchanged(line, bytes)) throw notIntact()
  return line
}

/** A journal begins with entry 1, or after those that its store lost. */
const firstNumber = (line: JournalLine): number => (line.event === 'lost' ? line.seq : 1)

const notIntact = () =>
  new Unavailable(
    'The journal is not intact, so nothing is read from it.',
    'Ask the person who runs this server to run `identity-mcp journal verify`.',
  )
