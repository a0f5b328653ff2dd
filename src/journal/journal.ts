import { setTimeout } from 'node:timers/promises'
import type { Store } from '../store/store.ts'
import { sameText } from '../text/text.ts'
import type { JournalForm, RawLine } from './backend.ts'
import { readLine } from './entry.ts'
import type { JournalEventName, JournalLine } from './events.ts'
import { type LineIndex, lineIndex } from './line-index.ts'
import { lastBefore, positionBefore } from './query.ts'
import { type JournalVerdict, verifyJournal } from './verify.ts'

/** Record of every requested change. */
export interface Journal extends JournalForm {
  /**
   * The lines that match `filter`, oldest first, unverified; `verify` checks whether they are genuine. Skips what is not a
   * line, and calls `unreadable` for it.
   */
  read(
    filter?: JournalFilter,
    options?: { to?: number; unreadable?: () => void },
  ): AsyncGenerator<JournalLine>
  /** The last `count` lines before a position, as `read` gives them, without reading those before. */
  latest(count: number, options: { to: number; unreadable?: () => void }): Promise<JournalLine[]>
  /** Finds lines by what they are about. */
  index: LineIndex
  /** The lines added after the position `from`, as they arrive, while `live` returns true. */
  follow(from: number, options: { live: () => boolean; everyMs?: number }): AsyncGenerator<JournalLine>
  /** Whether the journal is intact, and if not, which line is the first bad one. */
  verify(): Promise<JournalVerdict>
}

/** Selects lines; every given field must match. */
export interface JournalFilter {
  call?: string
  tool?: string
  event?: JournalEventName
  /** `user` is the account's id or user name. */
  account?: { tenant?: string; user?: string }
  since?: Date
  until?: Date
}

/** Lines that a process writes before it brings the index up to date: whoever asks next then has little to wait for. */
const INDEXED_EVERY = 256

/** A journal over any storage. What its index knows is in `derived`, and can be lost. */
export const journalOver = (form: JournalForm, derived: Store): Journal => {
  const index = lineIndex(form, derived)
  let written = 0
  return {
    ...form,
    index,

    async append(event) {
      const line = await form.append(event)
      written += 1
      // If it fails, whoever asks next hears of it.
      if (written % INDEXED_EVERY === 0) void index.catchUp().catch(() => undefined)
      return line
    },

    async *read(filter = {}, { to, unreadable } = {}) {
      const matches = matcherOf(filter)
      const from = filter.since && (await positionBefore(form, filter.since))
      for await (const raw of form.lines({ ...(from && { from }), ...(to !== undefined && { to }) })) {
        const line = lineIn(raw, unreadable)
        if (line && matches(line)) yield line
      }
    },

    async latest(count, { to, unreadable }) {
      const raw = await lastBefore(form, to, count)
      return raw.slice(Math.max(0, raw.length - count)).flatMap((one) => lineIn(one, unreadable) ?? [])
    },

    follow: (from, options) => follow(form, from, options),
    verify: () => verifyJournal(form),
  }
}

/** A last line without its line break can be one that is still being written. */
function lineIn({ bytes, ended }: RawLine, unreadable?: () => void): JournalLine | undefined {
  const line = ended ? readLine(bytes) : undefined
  if (ended && !line) unreadable?.()
  return line
}

async function* follow(
  form: JournalForm,
  from: number,
  { live, everyMs = 300 }: { live: () => boolean; everyMs?: number },
): AsyncGenerator<JournalLine> {
  let position = from
  while (live()) {
    for await (const raw of form.lines({ from: position })) {
      if (!raw.ended) break
      position = raw.behind
      const line = lineIn(raw)
      if (line) yield line
    }
    await setTimeout(everyMs)
  }
}

function matcherOf({
  call,
  tool,
  event,
  account,
  since,
  until,
}: JournalFilter): (line: JournalLine) => boolean {
  const time = (line: JournalLine) => Date.parse(line.at)
  return (line) =>
    (call === undefined || line.call === call) &&
    (tool === undefined || line.tool === tool) &&
    (event === undefined || line.event === event) &&
    (account?.tenant === undefined || line.account?.tenant === account.tenant) &&
    (account?.user === undefined ||
      line.account?.id === account.user ||
      sameText(line.account?.userName, account.user)) &&
    (since === undefined || time(line) >= since.getTime()) &&
    (until === undefined || time(line) <= until.getTime())
}
