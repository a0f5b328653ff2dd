import type { JournalEvent, JournalLine } from './events.ts'

/** The last line, recorded separately: without it, lines could be cut or replaced without a trace. */
export interface JournalHead {
  seq: number
  hash: string
  /** The latest times when lines after the recorded end, as a crash leaves them, were adopted. */
  adopted?: { from: number; to: number; at: string }[]
}

/** The bytes of one line without its line break, and the position after it. `ended` is false without a line break. */
export interface RawLine {
  bytes: Buffer
  ended: boolean
  behind: number
}

/** Storage for the lines of a journal. Positions only grow, and are valid only in this storage. */
export interface JournalForm {
  /**
   * Resolves when the line is stored. Throws `Unavailable` when it cannot be stored, or when the journal was tampered with:
   * a change that cannot be recorded must not be made.
   */
  append(event: JournalEvent): Promise<JournalLine>
  /** The recorded end and the position after the last line, read atomically. */
  end(): Promise<{ head: JournalHead | undefined; position: number }>
  /** The lines between two positions. Throws `Unavailable` when the journal ends before `from`. */
  lines(range?: { from?: number; to?: number }): AsyncIterable<RawLine>
}
