import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Unavailable } from '../errors.ts'
import { sameText } from '../identity/text.ts'
import type { JournalEventName, JournalLine } from './events.ts'
import { MAX_LINE, readLine } from './journal-line.ts'

export const journalFile = (folder: string): string => join(folder, 'journal.jsonl')

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

/** Bytes between two line breaks, and whether a break ended them. */
export interface RawLine {
  bytes: Buffer
  ended: boolean
}

/** Cuts the pieces of a file into lines, holding no more than one line however long the file makes it. */
export function lineCutter(): { cut(piece: Buffer): Buffer[]; rest(): Buffer } {
  let rest: Buffer = Buffer.alloc(0)
  return {
    cut(piece) {
      const lines: Buffer[] = []
      let from = 0
      for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, from)) {
        const part = piece.subarray(from, end)
        lines.push(rest.length > 0 ? Buffer.concat([rest, part]) : part)
        rest = Buffer.alloc(0)
        from = end + 1
      }
      // What is longer than any line of ours stays too long, and need not be kept whole for that.
      if (rest.length <= MAX_LINE) rest = Buffer.concat([rest, piece.subarray(from)])
      return lines
    },
    rest: () => rest,
  }
}

/** The raw lines of the bytes from `start` up to `end`; none when there is no such file. */
export async function* rawLines(path: string, { start = 0, end }: { start?: number; end?: number } = {}) {
  if (end !== undefined && end <= start) return
  const cutter = lineCutter()
  const pieces = createReadStream(path, { start, ...(end !== undefined && { end: end - 1 }) })
  try {
    for await (const piece of pieces) {
      for (const bytes of cutter.cut(piece as Buffer)) yield { bytes, ended: true } satisfies RawLine
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw new Unavailable('The journal cannot be read.', 'Ask the person who runs this server.', {
      cause: error,
    })
  }
  if (cutter.rest().length > 0) yield { bytes: cutter.rest(), ended: false } satisfies RawLine
}

/** Length of the journal's file in bytes; 0 when there is none. */
export const journalSize = async (folder: string): Promise<number> =>
  (await stat(journalFile(folder)).catch(() => undefined))?.size ?? 0

/**
 * The lines that `filter` wants, oldest first, as they stand: whether they are genuine is for `verifyJournal` to say.
 * What is no line at all is passed over, and counted by `unreadable`.
 */
export async function* readJournal(
  folder: string,
  filter: JournalFilter = {},
  { end, unreadable }: { end?: number; unreadable?: () => void } = {},
): AsyncGenerator<JournalLine> {
  const wanted = wants(filter)
  for await (const { bytes, ended } of rawLines(journalFile(folder), end === undefined ? {} : { end })) {
    // A last line without its break may be one that is just being written.
    const line = ended ? readLine(bytes) : undefined
    if (line && wanted(line)) yield line
    if (ended && !line) unreadable?.()
  }
}

/** The lines that are added behind the first `from` bytes, as they come, for as long as `live` says so. */
export async function* followJournal(
  folder: string,
  from: number,
  { live, everyMs = 300 }: { live: () => boolean; everyMs?: number },
): AsyncGenerator<JournalLine> {
  let read = from
  while (live()) {
    const size = await journalSize(folder)
    if (size < read) {
      throw new Unavailable('The journal has become shorter.', 'Run the command `journal verify`.')
    }
    for await (const { bytes, ended } of rawLines(journalFile(folder), { start: read, end: size })) {
      if (!ended) break
      read += bytes.length + 1
      const line = readLine(bytes)
      if (line) yield line
    }
    await setTimeout(everyMs)
  }
}

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
