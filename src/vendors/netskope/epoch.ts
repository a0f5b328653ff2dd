/** Upper bounds of present-day times in seconds, milliseconds and microseconds, with what makes them milliseconds. */
const UNITS = [
  { below: 1e11, factor: 1_000 },
  { below: 1e14, factor: 1 },
  { below: 1e17, factor: 1 / 1_000 },
] as const

const ISO =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?(?:[.,](\d{1,9}))?)? ?(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$/i

/**
 * A time as epoch milliseconds: from seconds, milliseconds or microseconds, also as text, or from ISO 8601. The app's
 * times are documented as epoch seconds (netskopeoss/netskope-py-sdk), so a text without a zone is UTC.
 */
export function epochMs(value: unknown): number | undefined {
  if (typeof value === 'number') return fromEpoch(value)
  if (typeof value !== 'string' || value.length > 64) return undefined
  const text = value.trim()
  return /^\d{1,17}(\.\d+)?$/.test(text) ? fromEpoch(Number(text)) : fromIso(text)
}

function fromEpoch(time: number): number | undefined {
  const unit = UNITS.find(({ below }) => time < below)
  // Zero stands for no time.
  return unit && time > 0 ? Math.floor(time * unit.factor) : undefined
}

function fromIso(text: string): number | undefined {
  const [, day, minute = '00:00', second = ':00', fraction = '0', zone = 'Z'] = ISO.exec(text) ?? []
  if (day === undefined) return undefined
  const time = Date.parse(`${day}T${minute}${second}.${fraction.slice(0, 3)}${isoZone(zone)}`)
  return Number.isNaN(time) ? undefined : time
}

/** "+0200" and "+02" as "+02:00". */
function isoZone(zone: string): string {
  const [, hours, minutes = '00'] = /^([+-]\d{2}):?(\d{2})?$/.exec(zone) ?? []
  return hours === undefined ? 'Z' : `${hours}:${minutes}`
}
