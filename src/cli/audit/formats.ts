import type { AuditEvent } from '../../domain/account.ts'
import { toOcsf } from '../../domain/ocsf.ts'
import { csvLine } from '../../text/csv.ts'
import { toJson } from '../terminal.ts'

export const EXPORT_FORMATS = ['jsonl', 'csv', 'ocsf'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

/** What tells an event from all others, and when it happened. */
export interface EventMark {
  key: string
  /** Epoch milliseconds. */
  time: number
}

/** How events are written, and how a line that was written is known again. */
export interface Format {
  /** The first line, without its line break. */
  head?: string
  line(event: AuditEvent): string
  /** What a line is about; undefined for one that is no event. */
  markIn(line: string): EventMark | undefined
  end: string
}

export const markOf = ({ source, id, time }: AuditEvent): EventMark => ({
  key: keyOf(source, id),
  time: Date.parse(time),
})
const keyOf = (source: unknown, id: unknown): string => `${source}/${id}`

const COLUMNS = [
  'source',
  'id',
  'time',
  'tenant',
  'actor',
  'action',
  'target',
  'group',
  'approvedBy',
  'change',
  'detail',
  'notBefore',
] as const

const CELL = '("(?:[^"]|"")*"|[^,]*)'
const FIRST_CELLS = new RegExp(`^${CELL},${CELL},([^,]*),`)
/** A cell as it was before it was written. */
const written = (cell: string): string =>
  cell
    .replace(/^"([\s\S]*)"$/, (_, inner: string) => inner.replaceAll('""', '"'))
    .replace(/^'(?=[=+\-@\t\r])/, '')

export function formatOf(name: ExportFormat, origin: { tenant: string; product: string }): Format {
  if (name === 'csv') {
    return {
      head: csvLine(COLUMNS),
      line: (event) =>
        csvLine(COLUMNS.map((column) => (column === 'tenant' ? origin.tenant : event[column]))),
      markIn(line) {
        const [, source, id, time] = FIRST_CELLS.exec(line) ?? []
        if (source === undefined || id === undefined || time === undefined) return undefined
        return { key: keyOf(written(source), written(id)), time: Date.parse(time) }
      },
      end: '\r\n',
    }
  }
  const isOcsf = name === 'ocsf'
  return {
    line: (event) => toJson(isOcsf ? toOcsf(event, origin) : { tenant: origin.tenant, ...event }),
    markIn(line) {
      const { metadata, ...event } = parsed(line)
      const { uid, log_name } = (metadata ?? {}) as Record<string, unknown>
      if (isOcsf) return { key: keyOf(log_name, uid), time: Number(event.time) }
      return event.id === undefined
        ? undefined
        : { key: keyOf(event.source, event.id), time: Date.parse(String(event.time)) }
    },
    end: '\n',
  }
}

function parsed(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return {}
  }
}
