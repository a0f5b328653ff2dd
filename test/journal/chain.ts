import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NO_LINE, toLine } from '../../src/journal/entry.ts'
import type { JournalEvent, JournalLine } from '../../src/journal/events.ts'
import { journalFile } from '../../src/journal/file.ts'
import { type FileHead, headFile } from '../../src/journal/file-head.ts'

export const event = (number: number, more: Partial<JournalEvent> = {}): JournalEvent => ({
  event: 'done',
  call: `call-${number}`,
  tool: 'deactivate_user',
  caller: 'ada',
  args: { user: `user-${number}@example.com`, tenants: ['acme-netskope'] },
  ...more,
})

export interface Chain {
  texts: string[]
  lines: JournalLine[]
  head: FileHead
}

/** `count` entries as the journal writes them, and the head that the store then holds. */
export function chain(
  count: number,
  from: Pick<FileHead, 'seq' | 'hash'> = { seq: 0, hash: NO_LINE },
  at: (number: number) => Date = () => new Date(),
  eventOf: (number: number) => JournalEvent = event,
): Chain {
  const texts: string[] = []
  const lines: JournalLine[] = []
  let head: FileHead = { ...from, start: 0, length: 0 }
  for (let number = 1; number <= count; number++) {
    const { line, text } = toLine(eventOf(number), head, at(number))
    texts.push(text)
    lines.push(line)
    const length = head.length + Buffer.byteLength(text)
    head = { seq: line.seq, hash: line.hash, start: head.length, length }
  }
  return { texts, lines, head }
}

/** A data folder of its own for one test. */
export async function dataFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'journal-'))
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

/** Puts a journal in place as though the server had written it. */
export async function place(folder: string, { texts, head }: Chain): Promise<void> {
  await writeFile(journalFile(folder), texts.join(''))
  await writeFile(headFile(folder), JSON.stringify(head))
}
