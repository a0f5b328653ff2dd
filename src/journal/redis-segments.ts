import { Conflict, Unavailable } from '../errors.ts'
import type { RedisCommands } from '../store/redis-client.ts'
import type { RedisConnection } from '../store/redis-connection.ts'
import type { RawLine, Segment, Shelf } from './backend.ts'
import { elsewhereError, fileOf } from './segments.ts'

/** The stream of lines, each with its number as id; the hash that records the last of them; the list of closed segments. */
export const journalKeys = (prefix: string): readonly [stream: string, head: string, segments: string] => [
  `${prefix}journal`,
  `${prefix}journal-head`,
  `${prefix}journal-segments`,
]
export type Keys = ReturnType<typeof journalKeys>

export type StreamEntry = [id: string, fields: string[]]

/** The closed segments, oldest first, of which the first `elsewhere` are kept elsewhere. */
interface StreamSegments {
  closed: Segment[]
  elsewhere: number
}

/** Closes the stream as a segment if the last line still has the hash ARGV[1]. */
const CLOSE_SCRIPT = `
if redis.call('HGET', KEYS[2], 'hash') ~= ARGV[1] then return 0 end
redis.call('RENAME', KEYS[1], KEYS[4])
redis.call('RPUSH', KEYS[3], ARGV[2])
redis.call('HSET', KEYS[2], 'closed', ARGV[2])
return 1`

const SEGMENTS_SCRIPT = `return { redis.call('LRANGE', KEYS[1], 0, -1), redis.call('HGET', KEYS[2], 'elsewhere') }`

/** Lines behind the id ARGV[1], and what says whether a segment was closed, taken out or put back meanwhile. */
const PAGE_SCRIPT = `
return {
  redis.call('HGET', KEYS[2], 'elsewhere'), redis.call('LLEN', KEYS[3]),
  redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[2], 'COUNT', ARGV[3])
}`

/** Both change the number of segments that are elsewhere, from ARGV[1] to ARGV[2]. */
const REMOVE_SCRIPT = `
if (redis.call('HGET', KEYS[2], 'elsewhere') or '0') ~= ARGV[1] then return 0 end
redis.call('UNLINK', KEYS[1])
redis.call('HSET', KEYS[2], 'elsewhere', ARGV[2])
return 1`
const RESTORE_SCRIPT = `
if (redis.call('HGET', KEYS[2], 'elsewhere') or '0') ~= ARGV[1] then return 0 end
redis.call('RENAME', KEYS[3], KEYS[1])
redis.call('HSET', KEYS[2], 'elsewhere', ARGV[2])
return 1`
const FILL_SCRIPT = `
for at = 1, #ARGV, 2 do redis.call('XADD', KEYS[1], ARGV[at], 'line', ARGV[at + 1]) end`

/** Lines per read, and per write when they are put back. */
const PAGE_LENGTH = 500

const streamOf = (stream: string, { from, to }: Pick<Segment, 'from' | 'to'>) => `${stream}:${from}-${to}`

export async function segmentsIn(redis: RedisCommands, keys: Keys): Promise<StreamSegments> {
  const [, head, list] = keys
  const [texts, elsewhere] = (await redis.eval(SEGMENTS_SCRIPT, 2, list, head)) as [string[], string | null]
  return { closed: texts.map((text) => JSON.parse(text) as Segment), elsewhere: Number(elsewhere) }
}

/** Closes the lines up to the recorded last one; false when another one was written meanwhile. */
export async function closeStream(
  redis: RedisCommands,
  keys: Keys,
  head: { seq: number; hash: string },
  from: number,
): Promise<Segment | undefined> {
  const { seq: to, hash } = head
  // A position is the number of a line.
  const segment = { file: fileOf(from, to), from, to, hash, start: from - 1, length: to - from + 1 }
  const closed = streamOf(keys[0], segment)
  const done = await redis.eval(CLOSE_SCRIPT, 4, ...keys, closed, hash, JSON.stringify(segment))
  return done === 1 ? segment : undefined
}

/** Entries from the number `seq` on, at most two, of the closed segment that has it; none when that is elsewhere. */
export async function closedEntries(redis: RedisCommands, keys: Keys, seq: number): Promise<StreamEntry[]> {
  const { closed } = await segmentsIn(redis, keys)
  const segment = closed.find(({ to }) => to >= seq)
  return segment ? redis.xrange(streamOf(keys[0], segment), `${seq}-0`, `${seq + 1}-0`) : []
}

/** The lines between two positions, over the segments. */
export async function* linesBetween(
  { run }: Pick<RedisConnection, 'run'>,
  keys: Keys,
  from: number,
  end: number,
): AsyncGenerator<RawLine> {
  const [stream, head, list] = keys
  let [position, after] = [from, `(${from}-0`]
  let { closed, elsewhere } = await run((redis) => segmentsIn(redis, keys))
  while (position < end) {
    const segment = closed.find(({ to }) => to > position)
    if (segment && closed.indexOf(segment) < elsewhere) {
      if (position > segment.start || end < segment.to) throw elsewhereError(segment)
      ;[position, after] = [segment.to, `(${segment.to}-0`]
      continue
    }
    const key = segment ? streamOf(stream, segment) : stream
    const to = Number.isFinite(end) ? end : '+'
    const [gone, count, page] = (await run((redis) =>
      redis.eval(PAGE_SCRIPT, 3, key, head, list, after, to, PAGE_LENGTH),
    )) as [string | null, number, StreamEntry[]]
    if (Number(gone) !== elsewhere || count !== closed.length) {
      ;({ closed, elsewhere } = await run((redis) => segmentsIn(redis, keys)))
      continue
    }
    for (const entry of page) yield toRaw(entry)
    const last = page.at(-1)
    if (last) [position, after] = [toRaw(last).behind, `(${last[0]}`]
    if (page.length === PAGE_LENGTH) continue
    if (!segment) return
    ;[position, after] = [segment.to, `(${segment.to}-0`]
  }
}

/** Takes segments out of Redis, and puts them back. */
export function redisShelf({ run }: Pick<RedisConnection, 'run'>, keys: Keys): Shelf {
  const [stream, head] = keys
  /** How many are elsewhere, if this is the segment with that index. */
  async function countFor({ file }: Segment, offset: 0 | -1): Promise<number> {
    const { closed, elsewhere } = await run((redis) => segmentsIn(redis, keys))
    if (closed[elsewhere + offset]?.file === file) return elsewhere
    throw offset === 0
      ? new Conflict(`${file} is not the oldest segment in Redis.`, 'Older ones are moved first.')
      : new Conflict(`${file} is not the newest segment that is kept elsewhere.`, 'Restore newer ones first.')
  }
  const meanwhile = () => new Conflict('Segments of the journal were moved meanwhile.', 'Try again.')
  return {
    async remove(segment) {
      const count = await countFor(segment, 0)
      const key = streamOf(stream, segment)
      const done = await run((redis) => redis.eval(REMOVE_SCRIPT, 2, key, head, count, count + 1))
      if (done !== 1) throw meanwhile()
    },
    async restore(segment, texts) {
      const count = await countFor(segment, -1)
      const key = streamOf(stream, segment)
      const filling = `${key}:restored`
      await run((redis) => redis.del(filling))
      let batch: string[] = []
      let number = segment.from
      const fill = () => run((redis) => redis.eval(FILL_SCRIPT, 1, filling, ...batch))
      for await (const text of texts) {
        batch.push(`${number}-0`, text)
        number += 1
        if (batch.length < 2 * PAGE_LENGTH) continue
        await fill()
        batch = []
      }
      if (batch.length > 0) await fill()
      const done = await run((redis) => redis.eval(RESTORE_SCRIPT, 3, key, head, filling, count, count - 1))
      if (done !== 1) throw meanwhile()
    },
  }
}

export function toRaw([id, [name, text = '', ...more]]: StreamEntry): RawLine {
  const ours = name === 'line' && more.length === 0
  return { bytes: Buffer.from(ours ? text : ''), ended: true, behind: Number.parseInt(id, 10) }
}

export const shorterError = () =>
  new Unavailable('The journal has become shorter.', 'Run the command `journal verify`.')
