import { hidesText, plainText } from '../../text/text.ts'

/** An object of a reply, of which nothing is known yet. */
export type Rec = Record<string, unknown>

export const isRecord = (value: unknown): value is Rec =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

// The deepest reply of any app has a handful of levels; what walks over more of them runs out of stack.
const MOST_LEVELS = 64

/** The value that JSON text stands for; undefined when it is no JSON, or deeper than any app means. */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return isDeeper(value, MOST_LEVELS) ? undefined : value
  } catch {
    return undefined
  }
}

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1)))

/** The key under which `record` holds an attribute: names of attributes are not case-sensitive (RFC 7643 §2.1). */
export function keyOf(record: Rec, name: string): string | undefined {
  if (Object.hasOwn(record, name)) return name
  const folded = name.toLowerCase()
  return Object.keys(record).find((key) => key.toLowerCase() === folded)
}

export function field(record: unknown, name: string): unknown {
  if (!isRecord(record)) return undefined
  const key = keyOf(record, name)
  return key === undefined ? undefined : record[key]
}

/** Text of at most `max` characters that is safe to show; empty text is no text. */
export const asText = (value: unknown, max = 256): string | undefined =>
  (typeof value === 'string' && plainText(value, max)) || undefined

const LONGEST_ID = 512

/** An id exactly as it was sent, or undefined when it could not be sent back or shown as it is. */
export function asId(value: unknown): string | undefined {
  const id = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value
  if (typeof id !== 'string' || id.length > LONGEST_ID) return undefined
  // A segment made of dots would climb out of its place in a path, for an app that takes its slashes for such.
  return id === '' || /(^|[/\\])\.{1,2}([/\\]|$)/.test(id) || hidesText(id) ? undefined : id
}

/** Microsoft's provisioning sends "True", snipe-it#13948 answers 1: all of them are meant as booleans. */
export function asBoolean(value: unknown): boolean | undefined {
  // Anything else, such as an object with a `toString` of its own, is none.
  if (!['string', 'boolean', 'number'].includes(typeof value)) return undefined
  const word = String(value).toLowerCase()
  if (word === 'true' || word === '1') return true
  if (word === 'false' || word === '0') return false
  return undefined
}

/** A whole number, also where it was sent as a string (scimmyjs#22). */
export function asNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined
}

/** A moment as ISO 8601 in UTC. */
export function asTime(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 64 || !/^\d{4}-\d{2}/.test(value)) return undefined
  const time = Date.parse(value)
  return Number.isNaN(time) ? undefined : new Date(time).toISOString()
}

/** The items of a list, also where a single one was sent without the list around it. */
export const asList = (value: unknown): unknown[] | undefined =>
  value === undefined || value === null ? undefined : Array.isArray(value) ? value : [value]

/** `fields` without those that are undefined: absent means unknown. */
export function some<Fields extends object>(
  fields: Fields,
): { [Key in keyof Fields]?: NonNullable<Fields[Key]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    // What is left out above is exactly what was undefined.
    [Key in keyof Fields]?: NonNullable<Fields[Key]>
  }
}
