import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { IdentityError, Unavailable } from '../errors.ts'
import type { Store } from '../store/store.ts'
import type { JournalForm, JournalHead, RawLine } from './backend.ts'
import { isUnchanged, lineCutter, NO_LINE, readLine, toLine } from './entry.ts'
import type { JournalEvent, JournalLine } from './events.ts'
import { type Journal, journalOver } from './journal.ts'

export const journalFile = (folder: string): string => join(folder, 'journal.jsonl')

/** Store key of the recorded end of the journal. */
export const HEAD_KEY = 'journal/head'

/** The last line of a journal file, as recorded in the store. */
export interface FileHead extends JournalHead {
  /** Offset of the last line, and the length of the file up to its end, in bytes. */
  start: number
  length: number
}

const EMPTY_HEAD: FileHead = { seq: 0, hash: NO_LINE, start: 0, length: 0 }

/** The journal in `folder`, with its end recorded in `store`. Opened on first use. */
export const fileJournal = (folder: string, store: Store): Journal => {
  const path = journalFile(folder)
  const form: JournalForm = {
    async append(event) {
      try {
        // The store update is exclusive across processes, so their lines form one chain.
        return await store.update<FileHead, JournalLine>(HEAD_KEY, (head = EMPTY_HEAD) => {
          const { line, next } = write(path, head, event)
          return { next, result: line }
        })
      } catch (error) {
        if (error instanceof IdentityError) throw error
        throw new Unavailable(
          'The journal cannot be written, so no changes are allowed.',
          'Ask the person who runs this server to check its disk and the data folder.',
          { cause: error },
        )
      }
    },
    end: () =>
      store.update<FileHead, { head: FileHead | undefined; position: number }>(HEAD_KEY, (head) => ({
        next: head,
        result: { head, position: sizeOf(path) },
      })),
    lines: ({ from = 0, to } = {}) => rawLines(path, from, to),
  }
  return journalOver(form)
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

/** The raw lines between two offsets of a file, by default all; none when the file does not exist. */
async function* rawLines(path: string, from: number, to?: number): AsyncGenerator<RawLine> {
  const size = sizeOf(path)
  if (size < from) {
    throw new Unavailable('The journal has become shorter.', 'Run the command `journal verify`.')
  }
  const last = Math.min(to ?? size, size)
  if (last <= from) return
  const cutter = lineCutter()
  try {
    for await (const piece of createReadStream(path, { start: from, end: last - 1 })) {
      for (const { bytes, end } of cutter.cut(piece as Buffer))
        yield { bytes, ended: true, behind: from + end }
    }
  } catch (error) {
    throw new Unavailable('The journal cannot be read.', 'Ask the person who runs this server.', {
      cause: error,
    })
  }
  if (cutter.rest().length > 0) yield { bytes: cutter.rest(), ended: false, behind: last }
}

function write(path: string, head: FileHead, event: JournalEvent) {
  const file = openFile(path, head)
  try {
    const current = catchUp(file, head)
    const { line, text } = toLine(event, current)
    const bytes = Buffer.from(text)
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done)
      fsyncSync(file)
    } catch (error) {
      // Otherwise the next writer would adopt a line whose write was reported as failed.
      ftruncateSync(file, current.length)
      throw error
    }
    const length = current.length + bytes.length
    const next: FileHead = { ...current, seq: line.seq, hash: line.hash, start: current.length, length }
    return { line, next }
  } finally {
    closeSync(file)
  }
}

/** Opens the file for each line, to notice when it was moved away instead of writing to the moved file. */
function openFile(path: string, head: FileHead): number {
  const { O_RDWR, O_APPEND, O_CREAT } = constants
  try {
    if (head.length > 0) return openSync(path, O_RDWR | O_APPEND)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw tamperedError('its file is missing')
    throw error
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const file = openSync(path, O_RDWR | O_APPEND | O_CREAT, 0o600)
  flushFolder(dirname(path))
  return file
}

/** Flushes the folder, since a new file's name is on disk only after that. */
function flushFolder(folder: string): void {
  let file: number | undefined
  try {
    file = openSync(folder, 'r')
    fsyncSync(file)
  } catch {
    // Not every system can open a folder. The lines themselves are flushed in any case.
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/**
 * The head that matches the file. A writer that crashed between file and store leaves complete lines after the recorded
 * end, which are adopted, and maybe a partial line, which is cut: its write was never confirmed.
 */
function catchUp(file: number, head: FileHead): FileHead {
  const { size } = fstatSync(file)
  if (size < head.length) throw tamperedError('its file was truncated')
  if (head.length > 0) checkLast(file, head)
  if (size === head.length) return head

  const cutter = lineCutter()
  const piece = Buffer.alloc(65_536)
  let known = head
  for (let at = head.length; at < size; ) {
    const read = readSync(file, piece, 0, piece.length, at)
    if (read === 0) break
    at += read
    for (const { bytes } of cutter.cut(piece.subarray(0, read))) {
      const line = readLine(bytes)
      const follows = line && line.seq === known.seq + 1 && line.prev === known.hash
      if (!follows || !isUnchanged(line, bytes)) throw tamperedError('lines were added to its file')
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
  const adopted = { from: head.seq + 1, to: known.seq, at: new Date().toISOString() }
  return { ...known, adopted: [...(head.adopted ?? []), adopted].slice(-20) }
}

function checkLast(file: number, head: FileHead): void {
  const bytes = Buffer.alloc(head.length - head.start)
  readSync(file, bytes, 0, bytes.length, head.start)
  const text = bytes.subarray(0, -1)
  const line = bytes.at(-1) === 10 ? readLine(text) : undefined
  if (!line || line.hash !== head.hash || !isUnchanged(line, text))
    throw tamperedError('its last line was changed')
}

const tamperedError = (what: string) =>
  new Unavailable(
    `The journal was modified outside this server (${what}), so no changes are allowed.`,
    'Ask the person who runs this server to run `identity-mcp journal verify`.',
  )
