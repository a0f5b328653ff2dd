import { type FileHandle, open, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { RequestContext } from '../../domain/operations.ts'
import { BadReply, IdentityError, Unavailable } from '../../errors.ts'
import { fold, plainText } from '../../text/text.ts'
import { singleFlight } from '../http/single-flight.ts'
import { type Column, placesOf, wrongFile } from './columns.ts'
import { type Entry, entryOf, idOf, isUsable, namesOf } from './record.ts'
import { rowsOf, textIn } from './rows.ts'

/** A file that is longer, or has more people, is refused: it is kept in memory while the server runs. */
const MAX_BYTES = 64 * 1024 * 1024
const MAX_PEOPLE = 250_000
const MAX_NAMED = 5
const ROWS_AT_ONCE = 1_000

/** What a file says of people, as it was when it was written. */
export interface Export {
  /** Differs from that of the file as it was before a change. */
  version: string
  entries: readonly Entry[]
  /** Who bears this name, in any spelling. */
  named(name: string): readonly Entry[]
  /** When the file was written and how long ago, and what of it could not be read, in sentences. */
  note(): string
  /** Why somebody may be missing. */
  gap?: IdentityError
}

/** Reads a file when it is asked for the first time, and again once it has changed. */
export function openExport(
  file: string,
  columns: Readonly<Partial<Record<Column, string>>>,
): (context: RequestContext) => Promise<Export> {
  let last: Export | undefined
  return singleFlight(async () => {
    const before = await statOf(file)
    // A pipe or a device would never end.
    if (!before.isFile()) throw wrongFile('is no file')
    if (last?.version === versionOf(before)) return last
    last = undefined
    const handle = await open(file).catch((error) => Promise.reject(unreadable(file, error)))
    try {
      const content = await contentOf(handle, { file, columns })
      if (versionOf(await handle.stat()) !== content.version) throw beingWritten(file)
      last = content
      return content
    } catch (error) {
      if (error instanceof IdentityError) throw error
      throw wrongFile('cannot be read as CSV or JSON')
    } finally {
      await handle.close()
    }
  })
}

type Stats = Awaited<ReturnType<typeof stat>>

const versionOf = ({ ino, size, mtimeMs }: Stats): string => [ino, size, mtimeMs].join('/')

async function statOf(file: string): Promise<Stats> {
  try {
    return await stat(file)
  } catch (error) {
    throw unreadable(file, error)
  }
}

async function contentOf(
  handle: FileHandle,
  {
    file,
    columns,
  }: {
    file: string
    columns: Readonly<Partial<Record<Column, string>>>
  },
): Promise<Export> {
  const stats = await handle.stat()
  const { size, mtimeMs } = stats
  if (size > MAX_BYTES) throw wrongFile(`is longer than ${MAX_BYTES / 1024 / 1024} MB`)
  let places: ReadonlyMap<Column, number> | undefined
  const entries: Entry[] = []
  const bad: string[] = []
  for await (const { at, cells = [] } of rowsOf(handle, size)) {
    if (!places) {
      places = placesOf(
        cells.map((header) => textIn(header) ?? ''),
        columns,
      )
      continue
    }
    const entry = entryOf({ at, cells }, places)
    if (isUsable(entry)) entries.push(entry)
    else bad.push(at)
    // Other calls go on meanwhile.
    if ((entries.length + bad.length) % ROWS_AT_ONCE === 0) await setImmediate()
    if (entries.length > MAX_PEOPLE) throw wrongFile(`has more than ${MAX_PEOPLE} people`)
  }
  const { single, repeated } = withoutRepeats(entries)
  const unread = [...bad, ...repeated]
  const names = indexOf(single)
  const name = plainText(basename(file), 64)
  const lost = unread.length > 0 ? lostNote(unread) : undefined
  return {
    version: versionOf(stats),
    entries: single,
    named: (one) => names.get(fold(one)) ?? [],
    note: () => [`As of ${name}, written ${writtenAgo(mtimeMs)}.`, lost].filter((text) => text).join(' '),
    ...(lost !== undefined && { gap: new BadReply(`${lost} Anybody may be among them.`, MEND) }),
  }
}

/** Two entries with one id contradict each other, and neither is known to be the right one. */
function withoutRepeats(entries: readonly Entry[]): { single: Entry[]; repeated: string[] } {
  const count = new Map<string, number>()
  const keyOf = (entry: Entry) => fold(idOf(entry) ?? '')
  for (const entry of entries) count.set(keyOf(entry), (count.get(keyOf(entry)) ?? 0) + 1)
  const isSingle = (entry: Entry) => count.get(keyOf(entry)) === 1
  return {
    single: entries.filter(isSingle),
    repeated: entries.flatMap((entry) => (isSingle(entry) ? [] : [`${entry.at} (its id is there twice)`])),
  }
}

function indexOf(entries: readonly Entry[]): ReadonlyMap<string, readonly Entry[]> {
  const index = new Map<string, Entry[]>()
  for (const entry of entries) {
    for (const name of new Set(namesOf(entry).map(fold))) {
      const others = index.get(name)
      if (others) others.push(entry)
      else index.set(name, [entry])
    }
  }
  return index
}

function lostNote(unread: readonly string[]): string {
  const more = unread.length - MAX_NAMED
  const named = [...unread.slice(0, MAX_NAMED), ...(more > 0 ? [`${more} more`] : [])].join(', ')
  return `${unread.length === 1 ? '1 row' : `${unread.length} rows`} of it could not be used: ${named}.`
}

const UNITS = [
  ['day', 24 * 3_600_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

/** `2026-03-01 12:42 UTC, 3 days ago` */
function writtenAgo(time: number): string {
  const age = Date.now() - time
  const [unit, long] = UNITS.find(([, one]) => age >= one) ?? []
  const number = long === undefined ? 0 : Math.floor(age / long)
  const ago = long === undefined ? 'just now' : `${number} ${unit}${number === 1 ? '' : 's'} ago`
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC, ${ago}`
}

const MEND = 'Tell the person who writes the export.'

function unreadable(file: string, error: unknown): IdentityError {
  const { code } = error as NodeJS.ErrnoException
  const why = code === 'ENOENT' ? 'is not there' : 'may not be read'
  return wrongFile(`${why} (${plainText(basename(file), 64)})`)
}

const beingWritten = (file: string): IdentityError =>
  new Unavailable(
    `${plainText(basename(file), 64)} is being written at this moment.`,
    'Ask again in a moment.',
  )
