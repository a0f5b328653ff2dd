import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { NO_LINE, toLine } from '../src/journal/entry.ts'
import type { JournalEvent } from '../src/journal/events.ts'
import { journalFile } from '../src/journal/file.ts'
import { EMPTY_HEAD, type FileHead, writeHead } from '../src/journal/file-head.ts'

const PEOPLE = 5_000
const APPS = 60
const LINES_OF_CALL = 4
const FIVE_YEARS_MS = 5 * 365 * 24 * 60 * 60_000

const callAt = (number: number) => `call-${String(number).padStart(8, '0')}`
export const FIRST_CALL = callAt(0)
export const TENANT = 'app-00'

/** Writes a journal of five years into a folder: changes of the accounts of a company, each asked, approved, begun and done. */
export async function writeJournal(folder: string, lines: number): Promise<void> {
  const file = createWriteStream(journalFile(folder), { mode: 0o600 })
  let head: FileHead = { ...EMPTY_HEAD, hash: NO_LINE }
  const [end, began] = [Date.now() - 60_000, Date.now() - FIVE_YEARS_MS]
  for (let number = 0; number < lines; number += 1) {
    const at = new Date(began + ((end - began) * number) / lines)
    const { line, text } = toLine(eventAt(number), head, at)
    const start = head.length
    head = { seq: line.seq, hash: line.hash, start, length: start + Buffer.byteLength(text) }
    if (!file.write(text)) await once(file, 'drain')
  }
  file.end()
  await once(file, 'finish')
  await writeHead(folder, head)
}

const KINDS = ['asked', 'approved', 'started', 'done'] as const

function eventAt(number: number): JournalEvent {
  const call = Math.floor(number / LINES_OF_CALL)
  const person = (call * 7) % PEOPLE
  const userName = `person-${person}@example.com`
  const account = { tenant: `app-${String(call % APPS).padStart(2, '0')}`, id: `id-${person}`, userName }
  const event = KINDS[number % LINES_OF_CALL] ?? 'done'
  const approval = { id: `K7Q2-${String(call).padStart(8, '0')}` }
  return {
    event,
    call: callAt(call),
    tool: 'deactivate_user',
    caller: `bot-${call % 20}`,
    args: { user: userName, tenants: [account.tenant], reason: 'left the company' },
    ...(event !== 'done' && { approval }),
    ...(number % LINES_OF_CALL > 1 && { account }),
    ...(event === 'started' && {
      before: { operation: 'deactivateAccount', account: { ...account, status: 'active' } },
    }),
  }
}
