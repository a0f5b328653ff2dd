import type { JournalEvent, JournalLine } from './events.ts'

/** The last line as it was recorded apart from the lines, which alone could be cut or replaced without a trace. */
export interface JournalHead {
  seq: number
  hash: string
  /** The latest cases in which lines stood behind the recorded end, as after a crash, and were taken over. */
  adopted?: { from: number; to: number; at: string }[]
}

/** The bytes of one line, without its break, and the position behind it; a line without its break has not `ended`. */
export interface RawLine {
  bytes: Buffer
  ended: boolean
  behind: number
}

/** Where the lines of a journal are kept. Positions in it only grow; they mean nothing elsewhere. */
export interface JournalForm {
  /**
   * Resolves when the line is kept. Throws `Unavailable` when it cannot be, or does not fit the lines before: what
   * cannot be recorded must not be done.
   */
  append(event: JournalEvent): Promise<JournalLine>
  /** The recorded end, and the position behind the last line, with no writer in between. */
  end(): Promise<{ head: JournalHead | undefined; position: number }>
  /** The lines from one position up to another. Throws `Unavailable` when the journal ends before `from`. */
  lines(range?: { from?: number; to?: number }): AsyncIterable<RawLine>
}
