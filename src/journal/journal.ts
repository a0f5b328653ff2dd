import { setTimeout } from 'node:timers/promises'
import { sameText } from '../text/text.ts'
import type { JournalForm } from './backend.ts'
import { readLine } from './entry.ts'
import type { JournalEventName, JournalLine } from './events.ts'
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

/** A journal over any storage. */
export const journalOver = (form: JournalForm): Journal => ({
  ...form,

  async *read(filter = {}, { to, unreadable } = {}) {
    const matches = matcherOf(filter)
    for await (const { bytes, ended } of form.lines(to === undefined ? {} : { to })) {
      // A last line without its line break can be one that is still being written.
      const line = ended ? readLine(bytes) : undefined
      if (line && matches(line)) yield line
      if (ended && !line) unreadable?.()
    }
  },

  async *follow(from, { live, everyMs = 300 }) {
    let position = from
    while (live()) {
      for await (const { bytes, ended, behind } of form.lines({ from: position })) {
        if (!ended) break
        position = behind
        const line = readLine(bytes)
        if (line) yield line
      }
      await setTimeout(everyMs)
    }
  },

  verify: () => verifyJournal(form),
})

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
