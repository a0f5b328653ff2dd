import { setTimeout } from 'node:timers/promises'
import { sameText } from '../text/text.ts'
import type { JournalForm } from './backend.ts'
import { readLine } from './entry.ts'
import type { JournalEventName, JournalLine } from './events.ts'
import { type JournalVerdict, verifyJournal } from './verify.ts'

/** Record of every request to change something. */
export interface Journal extends JournalForm {
  /**
   * The lines that `filter` wants, oldest first, as they stand: whether they are genuine is for `verify` to say. What is
   * no line at all is passed over, and counted by `unreadable`.
   */
  read(
    filter?: JournalFilter,
    options?: { to?: number; unreadable?: () => void },
  ): AsyncGenerator<JournalLine>
  /** The lines that are added behind the position `from`, as they come, for as long as `live` says so. */
  follow(from: number, options: { live: () => boolean; everyMs?: number }): AsyncGenerator<JournalLine>
  /** Whether the journal is whole, and if not, which line is the first bad one. */
  verify(): Promise<JournalVerdict>
}

/** Which lines are wanted; every field that is there must fit. */
export interface JournalFilter {
  call?: string
  tool?: string
  event?: JournalEventName
  /** `user` is the account's id or user name. */
  account?: { tenant?: string; user?: string }
  since?: Date
  until?: Date
}

/** All that can be done with a journal, in whatever form it is kept. */
export const journalOver = (form: JournalForm): Journal => ({
  ...form,

  async *read(filter = {}, { to, unreadable } = {}) {
    const wanted = wants(filter)
    for await (const { bytes, ended } of form.lines(to === undefined ? {} : { to })) {
      // A last line without its break may be one that is just being written.
      const line = ended ? readLine(bytes) : undefined
      if (line && wanted(line)) yield line
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

function wants({ call, tool, event, account, since, until }: JournalFilter): (line: JournalLine) => boolean {
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
