import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { AuditEvent } from '../../domain/account.ts'
import { type AuditFilter, isAskedFor } from '../../domain/audit-filter.ts'
import type { AuditPosition, RequestContext } from '../../domain/operations.ts'
import { Forbidden } from '../../errors.ts'
import { MAX_PAGES_PER_CALL } from '../http/collect.ts'
import { pageOf } from './api.ts'
import type { Connection } from './clients.ts'
import type { LogRow, LogStream } from './log-streams.ts'

/** Where one stream continues: its page, and how many rows of that are done. */
type Place = { page?: string; done: number } | 'ended'
type Places = Partial<Record<LogStream['name'], Place>>

// It was signed by this server, so it has the form that `positionOf` gave it.
const placesIn = (at: AuditPosition | undefined): Places =>
  at?.cursor === undefined
    ? {}
    : (JSON.parse(inflateRawSync(Buffer.from(at.cursor, 'base64url')).toString()) as Places)

/** Packed, since a cursor of ours has a bound, and the pages of several logs are addresses that have much in common. */
const positionOf = (readers: readonly Reader[], size: number): AuditPosition => {
  const places = Object.fromEntries(readers.map(({ stream, place }) => [stream.name, place()]))
  return { offset: 0, size, cursor: deflateRawSync(JSON.stringify(places)).toString('base64url') }
}

/** Reads one stream, page by page. */
interface Reader {
  stream: LogStream
  place(): Place
  /** Whether the next row needs a request. */
  needsPage(): boolean
  /** Requests the next page, if one is needed. Throws `Forbidden` where the log may not be read. */
  fill(context: RequestContext): Promise<void>
  /** The next row: undefined at the end, `unreadable` for one without an id or a time. */
  head(): LogRow | 'unreadable' | 'elsewhere' | undefined
  take(): void
}

function openReader(
  connection: Connection,
  stream: LogStream,
  { size, place = { done: 0 } }: { size: number; place?: Place | undefined },
): Reader {
  const { path, query, right } = stream.request
  const first = { path, right, query: { ...query, $top: size } }
  let at: Place = place
  let rows: readonly unknown[] | undefined
  let following: string | undefined
  /** Behind the last row of a page comes the next page, if there is one. */
  const turn = () => {
    while (at !== 'ended' && rows !== undefined && at.done >= rows.length) {
      at = following === undefined ? 'ended' : { page: following, done: 0 }
      rows = undefined
    }
  }
  return {
    stream,
    place: () => at,
    needsPage: () => at !== 'ended' && rows === undefined,
    async fill(context) {
      if (at === 'ended' || rows !== undefined) return
      const page = await pageOf(connection, { first, cursor: at.page }, context)
      rows = page.rows
      following = page.nextCursor
      turn()
    },
    head() {
      if (at === 'ended' || rows === undefined) return undefined
      const row = rows[at.done]
      return stream.isElsewhere?.(row) ? 'elsewhere' : (stream.read(row) ?? 'unreadable')
    },
    take() {
      if (at === 'ended') return
      at = { ...at, done: at.done + 1 }
      turn()
    },
  }
}

interface Merged {
  items: AuditEvent[]
  behind: AuditPosition[]
  leftOut: number
  next?: AuditPosition
  reached?: string
  /** Which logs may not be read, and why, in sentences. */
  unread: string[]
}

interface MergeAsk {
  filter: AuditFilter
  limit: number
  /** Rows per request. */
  size: number
  at: AuditPosition | undefined
}

/** Takes the newest event of all streams, again and again. */
export async function mergeLogs(
  connection: Connection,
  streams: readonly LogStream[],
  { filter, limit, size, at }: MergeAsk,
  context: RequestContext,
): Promise<Merged> {
  const places = placesIn(at)
  const merged: Merged = { items: [], behind: [], leftOut: 0, unread: [] }
  let readers: readonly Reader[] = streams.map((stream) =>
    openReader(connection, stream, { size, place: places[stream.name] }),
  )
  const position = () => positionOf(readers, size)
  for (let rounds = 0; ; ) {
    if (readers.some((reader) => reader.needsPage())) {
      if (rounds++ >= MAX_PAGES_PER_CALL) return { ...merged, next: position() }
      readers = await filled(readers, merged.unread, context)
      continue
    }
    const heads = readers.flatMap((reader) => {
      const row = reader.head()
      return row === undefined ? [] : [{ reader, row }]
    })
    const [first] = heads.toSorted((a, b) => timeOf(b.row).localeCompare(timeOf(a.row)))
    if (!first) return merged
    const { reader, row } = first
    if (typeof row === 'string') {
      if (row === 'unreadable') merged.leftOut++
      reader.take()
      continue
    }
    const wanted = isAskedFor(filter, row.names)
    if (wanted && merged.items.length >= limit) return { ...merged, next: position() }
    reader.take()
    merged.reached = row.event.time
    if (wanted) {
      merged.items.push(row.event)
      merged.behind.push(position())
    }
  }
}

/** What has no time is taken at once. */
const timeOf = (row: LogRow | string): string => (typeof row === 'string' ? '~' : row.event.time)

/** The readers with a page each; those that may not be read are left out, and told. Throws if that is all of them. */
async function filled(
  readers: readonly Reader[],
  unread: string[],
  context: RequestContext,
): Promise<readonly Reader[]> {
  const refusals: Forbidden[] = []
  const left = await Promise.all(
    readers.map(async (reader) => {
      try {
        await reader.fill(context)
        return [reader]
      } catch (error) {
        if (!(error instanceof Forbidden)) throw error
        refusals.push(error)
        const told = `The ${reader.stream.log} is left out: ${error.message} ${error.hint}`
        if (!unread.includes(told)) unread.push(told)
        return []
      }
    }),
  )
  const [refusal] = refusals
  if (refusal && left.flat().length === 0) throw refusal
  return left.flat()
}
