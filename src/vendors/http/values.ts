import { hidesText, plainText } from '../../text/text.ts'
import { LargeInteger, parseExact } from './exact-json.ts'

/** An object of a reply, with unchecked contents. */
export type Rec = Record<string, unknown>

export const isRecord = (value: unknown): value is Rec =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof LargeInteger)

// Real replies have a few levels. Recursion over a very deep one would overflow the stack.
const MAX_DEPTH = 64

/** Parses JSON, with the exact digits of large integers; undefined for invalid or too deeply nested text. */
export function parseJson(text: string): unknown {
  try {
    const value = parseExact(text)
    return isDeeper(value, MAX_DEPTH) ? undefined : value
  } catch {
    return undefined
  }
}

// Without lists of keys and values: a page of a log has thousands of objects.
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  if (Array.isArray(value)) return value.some((inner) => isDeeper(inner, levels - 1))
  const record = value as Rec
  for (const key in record) if (isDeeper(record[key], levels - 1)) return true
  return false
}

/** The key of an attribute in `record`: attribute names are case-insensitive (RFC 7643 §2.1). */
export function keyOf(record: Rec, name: string): string | undefined {
  if (Object.hasOwn(record, name)) return name
  const folded = name.toLowerCase()
  // The length first: most names that are looked for are not there.
  return Object.keys(record).find((key) => key.length === name.length && key.toLowerCase() === folded)
}

export function field(record: unknown, name: string): unknown {
  if (!isRecord(record)) return undefined
  const key = keyOf(record, name)
  return key === undefined ? undefined : record[key]
}

/** Text of at most `max` characters that is safe to show; undefined for empty text. */
export const asText = (value: unknown, max = 256): string | undefined =>
  (typeof value === 'string' && plainText(value, max)) || undefined

/** Text as sent; a whole number with its digits, since some apps send names and ids as numbers. */
export function asWord(value: unknown): string | undefined {
  if (value instanceof LargeInteger) return value.digits
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined
  return typeof value === 'string' ? value : undefined
}

const MAX_ID_LENGTH = 512

/** An id exactly as sent; undefined if it cannot be sent back or shown unchanged. */
export function asId(value: unknown): string | undefined {
  const id = asWord(value)
  if (id === undefined || id.length > MAX_ID_LENGTH) return undefined
  // Path traversal: some apps decode the slashes of an id, and then a segment of dots changes the path.
  return id === '' || /(^|[/\\])\.{1,2}([/\\]|$)/.test(id) || hidesText(id) ? undefined : id
}

/** Microsoft's provisioning sends "True", snipe-it#13948 answers 1: all are booleans. */
export function asBoolean(value: unknown): boolean | undefined {
  // `String` would call the `toString` of an object.
  if (!['string', 'boolean', 'number'].includes(typeof value)) return undefined
  const word = String(value).toLowerCase()
  if (word === 'true' || word === '1') return true
  if (word === 'false' || word === '0') return false
  return undefined
}

/** A whole number, also when sent as a string (scimmyjs#22). */
export function asNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined
}

/**
 * A timestamp as ISO 8601 in UTC, also when sent as epoch seconds or milliseconds. A time without a zone is taken for
 * UTC, and one before 1980 for none: apps send year 1 or 1970 for "never".
 */
export function asTime(value: unknown): string | undefined {
  const time = epochMs(value)
  return time === undefined || !(time >= Date.UTC(1980) && time <= MAX_TIME)
    ? undefined
    : new Date(time).toISOString()
}

/** The largest time of a Date, ECMA-262 §21.4.1.1. */
const MAX_TIME = 8.64e15

function epochMs(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{9,13}$/.test(value) ? Number(value) : value
  // Seconds reach this in the year 5138, milliseconds reached it in 1973.
  if (typeof number === 'number') return Math.floor(number < 1e11 ? number * 1_000 : number)
  const [, day, time = 'T00:00', zone = 'Z'] = (typeof value === 'string' && TIMESTAMP.exec(value)) || []
  return day === undefined ? undefined : Date.parse(`${day}${time.replace(' ', 'T')}${zone}`)
}

const TIMESTAMP =
  /^(\d{4}-\d{2}(?:-\d{2})?)([T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)? ?(Z|[+-]\d{2}:?\d{2})?$/i

/** The items of a list, or a single item that was sent without a list. */
export const asList = (value: unknown): unknown[] | undefined =>
  value === undefined || value === null ? undefined : Array.isArray(value) ? value : [value]

/** `fields` without undefined values: absent means unknown. */
export function definedOnly<Fields extends object>(
  fields: Fields,
): { [Key in keyof Fields]?: NonNullable<Fields[Key]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    // The filter above removes exactly the undefined values.
    [Key in keyof Fields]?: NonNullable<Fields[Key]>
  }
}
