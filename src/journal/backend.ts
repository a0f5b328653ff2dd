import type { JournalEvent, JournalLine } from './events.ts'

/** The last line, recorded separately: without it, lines could be cut or replaced without a trace. */
export interface JournalHead {
  seq: number
  hash: string
  /** The latest times when lines after the recorded end, as a crash leaves them, were adopted. */
  adopted?: { from: number; to: number; at: string }[]
  /** The closed segments, oldest first; they can be kept elsewhere. */
  segments?: Segment[]
}

/** A part of a journal that is written no more. The next line begins with the hash of its last. */
export interface Segment {
  /** Name of its file, in the data folder or where it is kept. */
  file: string
  from: number
  to: number
  hash: string
  /** Position of its first line, and its length in bytes. */
  start: number
  length: number
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
  end(): Promise<JournalEnd>
  /**
   * The lines between two positions, without the segments that are kept elsewhere. Throws `Unavailable` when the journal ends
   * before `from`, and when a position is inside of such a segment.
   */
  lines(range?: { from?: number; to?: number }): AsyncIterable<RawLine>
  /** Closes the lines written so far as a segment, if there are any. */
  rotate(): Promise<Segment | undefined>
  /** Moves closed segments; absent where a segment is a file of the data folder, which anybody can move. */
  shelf?: Shelf
}

/** Takes closed segments out of a storage, the oldest first, and puts them back, the newest first. */
export interface Shelf {
  /** Throws `Conflict` unless it is the oldest one that is there. */
  remove(segment: Segment): Promise<void>
  /** Throws `Conflict` unless it is the newest one that is elsewhere. `texts` are its lines without line breaks. */
  restore(segment: Segment, texts: AsyncIterable<string>): Promise<void>
}

export interface JournalEnd {
  head: JournalHead | undefined
  position: number
  /** The last of the oldest segments that are kept elsewhere: what can be read begins behind it. */
  begins?: Segment
}

/** The position from which a journal can be read. */
export const startOf = ({ begins }: Pick<JournalEnd, 'begins'>): number =>
  begins ? begins.start + begins.length : 0
