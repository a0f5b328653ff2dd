import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { IdentityError, Unavailable } from '../errors.ts'
import type { JournalEvent, JournalLine } from './events.ts'
import { type JournalFilter, journalFile, lineCutter, readJournal } from './journal-file.ts'
import { isUnchanged, NO_LINE, readLine, toLine } from './journal-line.ts'
import type { Store } from './store.ts'

/** Where the store keeps what it knows of the end of the journal. */
export const HEAD_KEY = 'journal/head'

/** The last line as the store knows it; the file alone could be cut or replaced without a trace. */
export interface JournalHead {
  seq: number
  hash: string
  /** Where the last line begins, and the length of the file behind it, in bytes. */
  start: number
  length: number
  /** The latest cases in which lines stood behind the recorded end, as after a crash, and were taken over. */
  adopted?: { from: number; to: number; at: string }[]
}

const EMPTY_HEAD: JournalHead = { seq: 0, hash: NO_LINE, start: 0, length: 0 }

/** Record of every request to change something. */
export interface Journal {
  /**
   * Resolves when the line is on the disk. Throws `Unavailable` when it cannot be written, or does not fit the lines
   * before: what cannot be recorded must not be done.
   */
  append(event: JournalEvent): Promise<JournalLine>
  /** The lines that fit `filter`, oldest first. */
  read(filter?: JournalFilter): AsyncIterable<JournalLine>
}

/** The journal in `folder`, whose end `store` guards. Touches nothing before the first `append`. */
export const openJournal = (folder: string, store: Store): Journal => ({
  async append(event) {
    try {
      // The store lets one process in at a time, so that lines of several are chained one after the other.
      return await store.update<JournalHead, JournalLine>(HEAD_KEY, (head = EMPTY_HEAD) => {
        const { line, next } = write(journalFile(folder), head, event)
        return { next, result: line }
      })
    } catch (error) {
      if (error instanceof IdentityError) throw error
      throw new Unavailable(
        'The journal cannot be written, so nothing may be changed.',
        'Ask the person who runs this server to look at its disk and the data folder.',
        { cause: error },
      )
    }
  },
  read: (filter) => readJournal(folder, filter),
})

function write(path: string, head: JournalHead, event: JournalEvent) {
  const file = openFile(path, head)
  try {
    const whole = catchUp(file, head)
    const { line, text } = toLine(event, whole)
    const bytes = Buffer.from(text)
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done)
      fsyncSync(file)
    } catch (error) {
      // Otherwise the next writer would take over a line whose writer was told that it failed.
      ftruncateSync(file, whole.length)
      throw error
    }
    const length = whole.length + bytes.length
    const next: JournalHead = { ...whole, seq: line.seq, hash: line.hash, start: whole.length, length }
    return { line, next }
  } finally {
    closeSync(file)
  }
}

/** Opened for each line, so that a file that was moved away is noticed rather than written to. */
function openFile(path: string, head: JournalHead): number {
  const { O_RDWR, O_APPEND, O_CREAT } = constants
  try {
    if (head.length > 0) return openSync(path, O_RDWR | O_APPEND)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw broken('its file is gone')
    throw error
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const file = openSync(path, O_RDWR | O_APPEND | O_CREAT, 0o600)
  flushFolder(dirname(path))
  return file
}

/** The name of a new file is on the disk only once its folder is. */
function flushFolder(folder: string): void {
  let file: number | undefined
  try {
    file = openSync(folder, 'r')
    fsyncSync(file)
  } catch {
    // Not every system lets a folder be opened; the lines themselves are flushed in any case.
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/**
 * The head that fits the file. A writer that died between file and store leaves whole lines behind the recorded end,
 * which count, and half a line, which does not: nobody was told that it was written.
 */
function catchUp(file: number, head: JournalHead): JournalHead {
  const { size } = fstatSync(file)
  if (size < head.length) throw broken('its file is shorter than it was')
  if (head.length > 0) checkLast(file, head)
  if (size === head.length) return head

  const cutter = lineCutter()
  const piece = Buffer.alloc(65_536)
  let known = head
  for (let at = head.length; at < size; ) {
    const read = readSync(file, piece, 0, piece.length, at)
    if (read === 0) break
    at += read
    for (const bytes of cutter.cut(piece.subarray(0, read))) {
      const line = readLine(bytes)
      const follows = line && line.seq === known.seq + 1 && line.prev === known.hash
      if (!follows || !isUnchanged(line, bytes)) throw broken('lines were added to its file')
      known = {
        ...known,
        seq: line.seq,
        hash: line.hash,
        start: known.length,
        length: known.length + bytes.length + 1,
      }
    }
  }
  if (size > known.length) ftruncateSync(file, known.length)
  if (known.seq === head.seq) return known
  const taken = { from: head.seq + 1, to: known.seq, at: new Date().toISOString() }
  return { ...known, adopted: [...(head.adopted ?? []), taken].slice(-20) }
}

function checkLast(file: number, head: JournalHead): void {
  const bytes = Buffer.alloc(head.length - head.start)
  readSync(file, bytes, 0, bytes.length, head.start)
  const text = bytes.subarray(0, -1)
  const line = bytes.at(-1) === 10 ? readLine(text) : undefined
  if (!line || line.hash !== head.hash || !isUnchanged(line, text)) throw broken('its last line was changed')
}

const broken = (what: string) =>
  new Unavailable(
    `The journal is not as this server left it (${what}), so nothing may be changed.`,
    'Ask the person who runs this server to run `identity-mcp journal verify`.',
  )
