import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { BeforeImage } from '../changes/define.ts'
import { canonicalJson } from '../text/canonical-json.ts'
import { namesSecret, plainText } from '../text/text.ts'
import { type JournalEvent, type JournalLine, MAX_CALLER_ID } from './events.ts'

/** The `prev` hash of the first line. */
export const NO_LINE = '0'.repeat(64)

/** Longest line that this server writes, in bytes. */
export const MAX_LINE = 65_536

/** Most bytes in total, and most characters per text, of an event's arguments and of its before-image. */
const ARGS_ROOM = { left: 16_384, text: 256 }
/** The same for a call that changed nothing, of which a caller can make any number. */
const REFUSAL_ROOM = { left: 1_024, text: 256 }
const BEFORE_ROOM = { left: 32_768, text: 1_024 }
/** The same for the words of a plan. */
const PLAN_ROOM = { left: 12_288, text: 1_024 }
const MAX_DEPTH = 6
const MAX_ITEMS = 200
const MAX_NAMES = 10

const hashOf = (line: Omit<JournalLine, 'hash'>): string =>
  createHash('sha256')
    .update(canonicalJson({ ...line, hash: undefined }))
    .digest('hex')

/** `event` as the line after `last`, and its text in the file. */
export function toLine(
  event: JournalEvent,
  last: { seq: number; hash: string },
  at = new Date(),
): { line: JournalLine; text: string } {
  const open = { ...tidied(event), seq: last.seq + 1, at: at.toISOString(), prev: last.hash }
  const text = canonicalJson({ ...open, hash: hashOf(open) })
  return { line: JSON.parse(text) as JournalLine, text: `${text}\n` }
}

// Only what readers of the journal rely on. A later version can write more events, codes and fields.
const LineShape = z.lazy(() =>
  z.looseObject({
    seq: z.int().min(1),
    at: z.string(),
    prev: z.string(),
    hash: z.string(),
    event: z.string(),
    call: z.string(),
    tool: z.string(),
    caller: z.string(),
    callerNames: z.array(z.string()).optional(),
    agent: z.string().optional(),
    via: z.string().optional(),
    client: z.string().optional(),
    requestId: z.string().optional(),
    trace: z.string().optional(),
    args: z.looseObject({}).optional(),
    account: z.object({ tenant: z.string(), id: z.string(), userName: z.string() }).optional(),
    approval: z.object({ id: z.string(), by: z.string().optional(), how: z.string().optional() }).optional(),
    task: z.object({ id: z.string(), owner: z.string() }).optional(),
    before: z.looseObject({}).optional(),
    plan: z.array(z.string()).optional(),
    verified: z.boolean().optional(),
    code: z.string().optional(),
    note: z.string().optional(),
  }),
)

/** Parses the bytes of a line, without its line break; undefined when they are not one. */
export function readLine(bytes: Buffer): JournalLine | undefined {
  if (bytes.length > MAX_LINE) return undefined
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    // The schema checked the shape; the original keeps the exact fields that the hash covers.
    return LineShape.safeParse(value).success ? (value as JournalLine) : undefined
  } catch {
    return undefined
  }
}

/** Whether `bytes` are exactly what was written when `line` got its hash. */
export const isUnchanged = (line: JournalLine, bytes: Buffer): boolean =>
  bytes.equals(Buffer.from(canonicalJson(line))) && hashOf(line) === line.hash

/** Splits the chunks of a file into lines. Buffers at most one line, and stops buffering one that is too long. */
export function lineCutter(): { cut(piece: Buffer): { bytes: Buffer; end: number }[]; rest(): Buffer } {
  let rest: Buffer = Buffer.alloc(0)
  let seen = 0
  return {
    /** The lines that end in `piece`, each with the file offset after its line break. */
    cut(piece) {
      const lines: { bytes: Buffer; end: number }[] = []
      let from = 0
      for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, from)) {
        const part = piece.subarray(from, at)
        from = at + 1
        lines.push({ bytes: rest.length > 0 ? Buffer.concat([rest, part]) : part, end: seen + from })
        rest = Buffer.alloc(0)
      }
      // A line over the limit stays invalid, so the rest of it is dropped.
      if (rest.length <= MAX_LINE) rest = Buffer.concat([rest, piece.subarray(from)])
      seen += piece.length
      return lines
    },
    rest: () => rest,
  }
}

/** Copies an event field by field, with every text plain and short, so nothing else gets in. */
function tidied(event: JournalEvent): JournalEvent {
  const { account, approval, task } = event
  const named = (name: 'agent' | 'via' | 'client') => {
    const text = event[name] && plainText(event[name])
    return text ? { [name]: text } : {}
  }
  const callerNames = event.callerNames?.slice(0, MAX_NAMES).map((name) => plainText(name, 320))
  return {
    event: event.event,
    call: plainText(event.call, 64),
    tool: plainText(event.tool, 64),
    caller: plainText(event.caller, MAX_CALLER_ID),
    ...(callerNames && callerNames.length > 0 && { callerNames }),
    ...named('agent'),
    ...named('via'),
    ...named('client'),
    ...(event.requestId !== undefined && { requestId: plainText(event.requestId, 64) }),
    ...(event.trace !== undefined && { trace: plainText(event.trace, 32) }),
    ...(event.args && { args: tidiedFields(event.args, roomOf(event), 0) }),
    ...(account && {
      account: {
        tenant: plainText(account.tenant),
        id: plainText(account.id),
        userName: plainText(account.userName, 320),
      },
    }),
    ...(approval && {
      approval: {
        id: plainText(approval.id, 64),
        ...(approval.by !== undefined && { by: plainText(approval.by) }),
        ...(approval.how && { how: approval.how }),
      },
    }),
    ...(task && { task: { id: plainText(task.id, 64), owner: plainText(task.owner, 64) } }),
    ...(event.before && { before: tidiedBefore(event.before) }),
    // A list of texts stays one.
    ...(event.plan && { plan: tidiedValue(event.plan, { ...PLAN_ROOM }, 0) as string[] }),
    ...(event.verified !== undefined && { verified: event.verified }),
    ...(event.code && { code: event.code }),
    ...(event.note !== undefined && { note: plainText(event.note, 500) }),
  }
}

const roomOf = ({ event, account }: JournalEvent): Room =>
  !account && ['refused', 'failed', 'denied', 'done'].includes(event) ? { ...REFUSAL_ROOM } : { ...ARGS_ROOM }

/** The before-image unchanged, or marked as cut: a cut image is never used to restore. */
function tidiedBefore(before: BeforeImage): NonNullable<JournalEvent['before']> {
  const { operation, ...rest } = before
  const tidy = { operation, ...tidiedFields(rest, { ...BEFORE_ROOM }, 0) }
  return canonicalJson(tidy) === canonicalJson(before) ? tidy : { ...tidy, cut: true }
}

type Room = typeof ARGS_ROOM

function tidiedFields(value: object, room: Room, depth: number): Record<string, unknown> {
  const fields: [string, unknown][] = []
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue
    if (fields.length === MAX_ITEMS || room.left <= 0) {
      fields.push(['…', 'more was left out'])
      break
    }
    const name = plainText(key, 64)
    room.left -= Buffer.byteLength(name) + 4
    const field = namesSecret(key)
      ? '[secret]'
      : tidiedValue((value as Record<string, unknown>)[key], room, depth + 1)
    if (field !== undefined) fields.push([name, field])
  }
  return Object.fromEntries(fields)
}

/** A JSON value within the limits of a line; undefined for what JSON cannot express. */
function tidiedValue(value: unknown, room: Room, depth: number): unknown {
  const textWithin = (text: string) => {
    const plain = room.left > 0 ? plainText(text, room.text) : '…'
    room.left -= Buffer.byteLength(JSON.stringify(plain)) + 1
    return plain
  }
  if (typeof value === 'string') return textWithin(value)
  if (typeof value === 'boolean' || value === null) return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value === 'number' || typeof value === 'bigint') return textWithin(String(value))
  if (typeof value !== 'object') return undefined
  if (depth >= MAX_DEPTH) return textWithin('…')
  // Dates and secrets define their own form.
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return tidiedValue(value.toJSON(), room, depth + 1)
  if (!Array.isArray(value)) return tidiedFields(value, room, depth)
  const items: unknown[] = []
  for (const item of value) {
    if (items.length === MAX_ITEMS || room.left <= 0) {
      return [...items, `… ${value.length - items.length} more were left out`]
    }
    room.left -= 1
    items.push(tidiedValue(item, room, depth + 1) ?? null)
  }
  return items
}
