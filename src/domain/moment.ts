/** A date and time, with seconds and fractions or without. */
const LOCAL = String.raw`\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?`
const WITH_OFFSET = new RegExp(`^${LOCAL}(?:Z|[+-]\\d{2}:\\d{2})$`)
const IN_ZONE = new RegExp(`^(${LOCAL})\\[([A-Za-z_]+(?:/[A-Za-z0-9_+-]+)*)\\]$`)

/**
 * The moment that a text names, epoch milliseconds: ISO 8601 with an offset, or a local time with a zone of the IANA
 * database in brackets (RFC 9557). Undefined for anything else, and for a local time that the clocks of the zone skip. Of
 * one that they show twice, the first.
 */
export function momentIn(text: string): number | undefined {
  if (!hasRealDay(text)) return undefined
  if (WITH_OFFSET.test(text)) return known(Date.parse(text))
  const [, local, zone] = IN_ZONE.exec(text) ?? []
  if (local === undefined || zone === undefined) return undefined
  const wall = known(Date.parse(`${local}Z`))
  if (wall === undefined) return undefined
  // Two days cover every offset and every change of the clocks around it.
  const offsets = [wall - DAY_MS, wall + DAY_MS].map((time) => offsetAt(time, zone))
  const moments = offsets.flatMap((offset) => (offset === undefined ? [] : [wall - offset]))
  return moments
    .filter((moment) => moment + (offsetAt(moment, zone) ?? Number.NaN) === wall)
    .sort((a, b) => a - b)[0]
}

/** JavaScript takes 30 February for 2 March. */
function hasRealDay(text: string): boolean {
  const day = text.slice(0, 10)
  const midnight = known(Date.parse(`${day}T00:00Z`))
  return midnight !== undefined && new Date(midnight).toISOString().startsWith(day)
}

const DAY_MS = 24 * 3_600_000
const known = (time: number): number | undefined => (Number.isNaN(time) ? undefined : time)

/** How far the clocks of a zone are ahead of UTC, milliseconds; undefined for no zone. */
function offsetAt(time: number, timeZone: string): number | undefined {
  try {
    const parts = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hourCycle: 'h23',
      ...{
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
      },
    } as Intl.DateTimeFormatOptions).formatToParts(time)
    const of = (type: string) => Number(parts.find((part) => part.type === type)?.value)
    const wall = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'))
    return wall - Math.floor(time / 1_000) * 1_000
  } catch {
    return undefined
  }
}
