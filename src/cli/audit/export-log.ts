import type { Logs } from '../../engine/audit.ts'
import { InvalidInput } from '../../errors.ts'
import { type EventMark, type Format, markOf } from './formats.ts'
import type { Place, PlaceKeeper } from './place.ts'
import { readLog } from './read-log.ts'
import type { Sink } from './sinks.ts'

/** Apps index events late: what is this young is read again the next time. */
const OVERLAP_MS = 10 * 60_000
/** Events that are known again at the edge of a page, where new ones have moved the pages: so many, or twice that. */
const LEAST_KNOWN = 50_000

interface ExportParts {
  tenant: string
  logs: Logs
  format: Format
  formatName: string
  sink: Sink
  keeper?: PlaceKeeper | undefined
  signal: AbortSignal
}

export interface Exported {
  written: number
  /** What is missing, in sentences. */
  gaps: string[]
}

/**
 * Exports everything since `since`, or since where an earlier run of it ended. Each page is written and accounted for
 * before the next one is read, so that it can be stopped at any point: a file then has every event once.
 */
export async function exportLog(since: Date | undefined, parts: ExportParts): Promise<Exported> {
  const { tenant, logs, format, formatName, sink, keeper, signal } = parts
  const before = await keeper?.read()
  if (before && (before.tenant !== tenant || before.format !== formatName)) {
    throw new InvalidInput(
      `That export is one of ${before.tenant} as ${before.format}.`,
      'Name another place for this one.',
    )
  }
  const span = spanOf(before, since)
  const known = knownEvents(span)
  for (const [key, time] of before?.recent ?? []) known.add({ key, time })
  // First of all, so that whatever is written is known to be this export's.
  const begun = { since: span.since.toISOString(), until: span.until.toISOString() }
  if (!before)
    await keeper?.write({ tenant, format: formatName, bytes: 0, recent: [], open: { ...begun, at: {} } })
  await sink.begin(before?.bytes ?? 0, known.add)

  const gaps = new Set<string>()
  let written = 0
  const account = (place: Pick<Place, 'done' | 'open'>) =>
    keeper?.write({
      ...{ tenant, format: formatName, bytes: sink.bytes(), ...place },
      recent: known.recent(),
    })
  for await (const page of readLog(tenant, logs, span, { place: before?.open?.at ?? {}, signal })) {
    const fresh = page.events.filter((event) => known.isNew(markOf(event)))
    if (fresh.length > 0) await sink.write(fresh.map(format.line))
    written += fresh.length
    for (const gap of page.gaps) gaps.add(gap)
    if (!page.next) continue
    const open = { ...begun, at: page.next }
    await account({ ...(before?.done !== undefined && { done: before.done }), open })
    signal.throwIfAborted()
  }
  await account({ done: span.until.toISOString() })
  return { written, gaps: [...gaps] }
}

/** The span that is to be read: the rest of one that was begun, or from a little before the end of the last one. */
function spanOf(before: Place | undefined, since: Date | undefined): { since: Date; until: Date } {
  if (before?.open) return { since: new Date(before.open.since), until: new Date(before.open.until) }
  const until = new Date()
  if (before?.done !== undefined) {
    // Whole seconds, since events without an id are told apart by their number in a second.
    const from = Math.floor((Date.parse(before.done) - OVERLAP_MS) / 1_000) * 1_000
    return { since: new Date(from), until }
  }
  if (since) return { since, until }
  throw new InvalidInput('An export begins somewhere.', 'Give --since, such as --since 2026-01-01.')
}

/** Which events are there already: those of the times that are read again, by this run or the next one, and the last ones. */
function knownEvents({ since, until }: { since: Date; until: Date }) {
  const again = new Set<string>()
  // A log comes newest first as a rule, so what the next run reads again is what this one wrote long ago.
  const recent = new Map<string, number>()
  // In two halves: to take the oldest out of one set again and again takes the time of all that were taken out before.
  let [last, lastButOne] = [new Set<string>(), new Set<string>()]
  const overlap = since.getTime() + 2 * OVERLAP_MS
  const known = {
    add({ key, time }: EventMark): void {
      if (time >= since.getTime() && time <= overlap) again.add(key)
      if (time >= until.getTime() - 2 * OVERLAP_MS) recent.set(key, time)
      last.add(key)
      if (last.size >= LEAST_KNOWN) [last, lastButOne] = [new Set(), last]
    },
    isNew(mark: EventMark): boolean {
      const { key } = mark
      if (again.has(key) || recent.has(key) || last.has(key) || lastButOne.has(key)) return false
      known.add(mark)
      return true
    },
    recent: (): [string, number][] => [...recent],
  }
  return known
}
