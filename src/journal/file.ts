import { constants, createReadStream, existsSync, statSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { IdentityError, Unavailable } from '../errors.ts'
import { withFileLock } from '../store/file-lock.ts'
import type { Store } from '../store/store.ts'
import { memoryStore } from '../store/table-store.ts'
import type { JournalForm, RawLine, Segment } from './backend.ts'
import { isUnchanged, lineCutter, readLine, toLine } from './entry.ts'
import type { JournalEvent, JournalLine } from './events.ts'
import { EMPTY_HEAD, type FileHead, headFile, readHead, writeHead } from './file-head.ts'
import { batched } from './group-commit.ts'
import { type Journal, journalOver } from './journal.ts'
import { baseOf, closeSegment, elsewhereError, finishRotation, lastElsewhere } from './segments.ts'

export const journalFile = (folder: string): string => join(folder, 'journal.jsonl')

/**
 * The journal in `folder`, with its end recorded beside it, and its index in `derived`. Opened on first use. Lines that arrive while others are
 * written go to the disk together, and the event loop never waits for it.
 */
export const fileJournal = (
  folder: string,
  store: Pick<Store, 'get'>,
  derived: Store = memoryStore(),
): Journal => {
  const path = journalFile(folder)
  // Exclusive across processes, so their lines form one chain.
  const exclusively = <Result>(work: (head: FileHead | undefined) => Promise<Result>): Promise<Result> =>
    withFileLock(join(folder, 'journal.lock'), async () => {
      const head = await readHead(folder, store)
      await finishRotation(folder, head)
      return work(head)
    })
  const appendAll = batched((events: readonly JournalEvent[]) =>
    exclusively((head = EMPTY_HEAD) => write(folder, head, events)),
  )
  const form: JournalForm = {
    async append(event) {
      try {
        return await appendAll(event)
      } catch (error) {
        if (error instanceof IdentityError) throw error
        throw new Unavailable(
          'The journal cannot be written, so no changes are allowed.',
          'Ask the person who runs this server to check its disk and the data folder.',
          { cause: error },
        )
      }
    },
    async end() {
      // Looking at an empty folder makes nothing in it.
      if (![path, headFile(folder)].some((file) => existsSync(file)))
        return { head: await readHead(folder, store), position: 0 }
      return exclusively(async (head) => {
        const begins = lastElsewhere(folder, head)
        return { head, position: baseOf(head) + sizeOf(path), ...(begins && { begins }) }
      })
    },
    async *lines({ from = 0, to = Number.POSITIVE_INFINITY } = {}) {
      const head = await readHead(folder, store)
      for (const segment of head?.segments ?? []) {
        const { file, start, length } = segment
        const end = start + length
        if (end <= from || start >= to) continue
        if (existsSync(join(folder, file))) {
          yield* rawLines(join(folder, file), start, Math.max(from, start), Math.min(to, end))
        } else if (from > start || to < end) throw elsewhereError(segment)
      }
      const base = baseOf(head)
      if (to > base) yield* rawLines(path, base, Math.max(from, base), to)
    },
    rotate: () => exclusively(async (head) => head && close(folder, head)),
  }
  return journalOver(form, derived)
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

/** The raw lines between two positions, in a file that begins at the position `base`; none when it does not exist. */
export async function* rawLines(
  path: string,
  base: number,
  from: number,
  to: number,
): AsyncGenerator<RawLine> {
  const size = base + sizeOf(path)
  if (size < from) {
    throw new Unavailable('The journal has become shorter.', 'Run the command `journal verify`.')
  }
  const last = Math.min(to, size)
  if (last <= from) return
  const cutter = lineCutter()
  try {
    for await (const piece of createReadStream(path, { start: from - base, end: last - base - 1 })) {
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

/** Adds one line for each event, all on the disk when this resolves, or none. */
async function write(
  folder: string,
  head: FileHead,
  events: readonly JournalEvent[],
): Promise<JournalLine[]> {
  const file = await openFile(journalFile(folder), head)
  try {
    const current = await catchUp(file, head)
    const lines: JournalLine[] = []
    const texts: string[] = []
    let next: FileHead = current
    for (const event of events) {
      const { line, text } = toLine(event, next)
      lines.push(line)
      texts.push(text)
      const start = next.length
      next = { ...next, seq: line.seq, hash: line.hash, start, length: start + Buffer.byteLength(text) }
    }
    try {
      await file.appendFile(texts.join(''))
      await file.datasync()
      await writeHead(folder, next)
    } catch (error) {
      // Otherwise the next writer would adopt lines whose write was reported as failed.
      await file.truncate(current.length)
      throw error
    }
    return lines
  } finally {
    await file.close()
  }
}

/** Closes the file as a segment, once what a crash left behind its end is settled. */
async function close(folder: string, head: FileHead): Promise<Segment | undefined> {
  const file = await openFile(journalFile(folder), head)
  const current = await catchUp(file, head).finally(() => file.close())
  return closeSegment(folder, journalFile(folder), current)
}

/** Opens the file for each batch, to notice when it was moved away instead of writing to the moved file. */
async function openFile(path: string, head: FileHead): Promise<FileHandle> {
  const { O_RDWR, O_APPEND, O_CREAT } = constants
  try {
    if (head.length > 0) return await open(path, O_RDWR | O_APPEND)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw tamperedError('its file is missing')
    throw error
  }
  const file = await open(path, O_RDWR | O_APPEND | O_CREAT, 0o600)
  await flushFolder(dirname(path))
  return file
}

/** Flushes the folder, since a new file's name is on disk only after that. */
export async function flushFolder(folder: string): Promise<void> {
  let file: FileHandle | undefined
  try {
    file = await open(folder, 'r')
    await file.sync()
  } catch {
    // Not every system can open a folder. The lines themselves are flushed in any case.
  } finally {
    await file?.close()
  }
}

/**
 * The head that matches the file. A writer that crashed between file and head leaves complete lines after the recorded
 * end, which are adopted, and maybe a partial line, which is cut: its write was never confirmed.
 */
async function catchUp(file: FileHandle, head: FileHead): Promise<FileHead> {
  const { size } = await file.stat()
  if (size < head.length) throw tamperedError('its file was truncated')
  if (head.length > 0) await checkLast(file, head)
  if (size === head.length) return head

  const cutter = lineCutter()
  const piece = Buffer.alloc(65_536)
  let known = head
  for (let at = head.length; at < size; ) {
    const { bytesRead } = await file.read(piece, 0, piece.length, at)
    if (bytesRead === 0) break
    at += bytesRead
    for (const { bytes } of cutter.cut(piece.subarray(0, bytesRead))) {
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
  if (size > known.length) await file.truncate(known.length)
  if (known.seq === head.seq) return known
  const adopted = { from: head.seq + 1, to: known.seq, at: new Date().toISOString() }
  return { ...known, adopted: [...(head.adopted ?? []), adopted].slice(-20) }
}

async function checkLast(file: FileHandle, head: FileHead): Promise<void> {
  const bytes = Buffer.alloc(head.length - head.start)
  await file.read(bytes, 0, bytes.length, head.start)
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
