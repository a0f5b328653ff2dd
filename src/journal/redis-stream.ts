import { setTimeout } from 'node:timers/promises'
import { Unavailable } from '../errors.ts'
import type { RedisCommands } from '../store/redis-client.ts'
import { type RedisConnection, toMs } from '../store/redis-connection.ts'
import { isRefusal } from '../store/redis-problems.ts'
import type { Store } from '../store/store.ts'
import { memoryStore } from '../store/table-store.ts'
import type { JournalForm, JournalHead, Segment } from './backend.ts'
import { isUnchanged, NO_LINE, readLine, toLine } from './entry.ts'
import type { JournalEvent, JournalLine } from './events.ts'
import { type Journal, journalOver } from './journal.ts'
import {
  closedEntries,
  closeStream,
  journalKeys,
  type Keys,
  linesBetween,
  redisShelf,
  type StreamEntry,
  segmentsIn,
  shorterError,
  toRaw,
} from './redis-segments.ts'

/** The state of the journal, and its lines with the ids ARGV[1] to ARGV[2]. */
const STATE_SCRIPT = `
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
return {
  redis.call('HMGET', KEYS[2], 'seq', 'hash', 'closed'),
  last,
  redis.call('TIME'),
  redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[2])
}`

/** Adds a line if the recorded last line still has the hash ARGV[1]; empty for no line. */
const ADD_SCRIPT = `
if (redis.call('HGET', KEYS[2], 'hash') or '') ~= ARGV[1] then return 0 end
redis.call('XADD', KEYS[1], ARGV[2] .. '-0', 'line', ARGV[3])
redis.call('HSET', KEYS[2], 'seq', ARGV[2], 'hash', ARGV[4])
return 1`

/** How long a line is retried against those of other instances, and the longest pause between two tries. */
const CONTENDED_MS = 10_000
const LONGEST_PAUSE_MS = 32
/** How long to wait for Redis to return, for the end of a started write and for a line that may have been written. */
const REDIS_WAIT_MS = 10_000
const RETRY_MS = 250

type LastLine = Pick<JournalHead, 'seq' | 'hash'>

interface StreamState {
  /** The last line as recorded, and as it is in the stream. */
  head: LastLine | undefined
  last: StreamEntry | undefined
  /** The last segment that was closed. */
  closed: Segment | undefined
  now: number
  lines: JournalLine[]
}

/** The journal in a Redis stream, with the same lines and the same chain as in a file, and its index in `derived`. */
export const streamJournal = (connection: RedisConnection, derived: Store = memoryStore()): Journal => {
  const { prefix, run, onReady } = connection
  const keys = journalKeys(prefix)
  /** The last line known to this process, to detect when Redis lost lines. */
  let known: LastLine | undefined
  /** Writes that are started in the journal and not ended yet. */
  const begun = new Set<string>()
  let turn: Promise<unknown> = Promise.resolve()
  /** Runs one at a time, so lines of the same process never conflict. */
  const inTurn = <Result>(work: (redis: RedisCommands) => Promise<Result>): Promise<Result> => {
    const done = turn.then(() => run(work))
    turn = done.catch(() => undefined)
    return done
  }

  /** The state of the journal. Records a loss first, if lines were lost. */
  async function checkedState(redis: RedisCommands): Promise<StreamState> {
    for (;;) {
      const state = await stateFrom(redis, keys, known?.seq)
      if (!endsAsRecorded(state)) throw tamperedError()
      if (!known || continuesFrom(known, state)) return state
      // With nothing left, the chain continues from the line known here, and so shows what is missing.
      const line = toLine(lossOf(known, state), state.head ?? known, new Date(state.now))
      if (await addLine(redis, keys, state.head, line)) known = line.line
    }
  }

  /** Adds a line. `tried` are lines of earlier tries with an unknown outcome; one of them may have been written. */
  async function write(
    redis: RedisCommands,
    event: JournalEvent,
    tried: JournalLine[],
  ): Promise<JournalLine> {
    const until = performance.now() + CONTENDED_MS
    for (let tries = 1; ; tries += 1) {
      const state = await checkedState(redis)
      for (const line of tried) {
        const { lines } = await stateFrom(redis, keys, line.seq)
        if (lines.some(({ hash }) => hash === line.hash)) return line
      }
      const next = toLine(event, state.head ?? { seq: 0, hash: NO_LINE }, new Date(state.now))
      tried.push(next.line)
      const added = await addLine(redis, keys, state.head, next).catch((error) => {
        // What Redis refused was not written: there is nothing to look for, or to wait for.
        if (isRefusal(error)) tried.pop()
        throw error
      })
      known = added ? next.line : state.head
      if (added) return next.line
      tried.pop()
      if (performance.now() > until) {
        throw new Unavailable('Too many concurrent writes to the journal.', 'Try again later.')
      }
      await setTimeout(Math.random() * Math.min(2 ** tries, LONGEST_PAUSE_MS))
    }
  }

  /** Closes what is written, also while others write. */
  async function rotate(redis: RedisCommands): Promise<Segment | undefined> {
    for (;;) {
      const { head, last, closed } = await checkedState(redis)
      if (!head || !last) return undefined
      const [first] = closed ? [] : await redis.xrange(keys[0], '-', '+', 'COUNT', 1)
      // What a store lost, the stream does not begin with.
      const from = first ? toRaw(first).behind : (closed?.to ?? 0) + 1
      const segment = await closeStream(redis, keys, head, from)
      if (segment) return segment
    }
  }

  // A process that knows more lines than Redis has records the loss as soon as possible.
  onReady(() => {
    inTurn(async (redis) => {
      known = (await checkedState(redis)).head ?? known
    }).catch(() => undefined)
  })

  const form: JournalForm = {
    async append(event) {
      const tried: JournalLine[] = []
      const until = performance.now() + REDIS_WAIT_MS
      const about = JSON.stringify([event.call, event.account?.tenant, event.account?.id])
      for (;;) {
        try {
          const line = await inTurn((redis) => write(redis, event, tried))
          if (event.event === 'started') begun.add(about)
          else begun.delete(about)
          return line
        } catch (error) {
          const mustRetry = begun.has(about) || tried.length > 0
          if (!mustRetry || performance.now() > until) {
            begun.delete(about)
            throw error
          }
          await setTimeout(RETRY_MS)
        }
      }
    },

    async end() {
      const [{ head, position }, { closed, elsewhere }] = await run(async (redis) => {
        const { head, last, closed } = await stateOf(redis, keys)
        return [{ head, position: positionOf(last, closed) }, await segmentsIn(redis, keys)] as const
      })
      const begins = closed[elsewhere - 1]
      return {
        head: head && closed.length > 0 ? { ...head, segments: closed } : head,
        position,
        ...(begins && { begins }),
      }
    },

    async *lines({ from = 0, to = Number.POSITIVE_INFINITY } = {}) {
      const { last, closed } = await run((redis) => stateOf(redis, keys))
      if (positionOf(last, closed) < from) throw shorterError()
      yield* linesBetween(connection, keys, from, to)
    },

    rotate: () => inTurn((redis) => rotate(redis)),
    shelf: redisShelf(connection, keys),
  }
  return journalOver(form, derived)
}

/** The state of the journal, with up to two lines from number `from` in the stream that is written. */
async function stateOf(redis: RedisCommands, keys: Keys, from = 0): Promise<StreamState> {
  const [stream, head] = keys
  const ids = [`${from}-0`, `${from + 1}-0`]
  const [[seq, hash, closed], last, time, entries] = (await redis.eval(
    STATE_SCRIPT,
    2,
    stream,
    head,
    ...ids,
  )) as [(string | null)[], StreamEntry[], [string, string], StreamEntry[]]
  return {
    head: seq && hash ? { seq: Number(seq), hash } : undefined,
    last: last[0],
    closed: closed ? (JSON.parse(closed) as Segment) : undefined,
    now: toMs(time),
    lines: readEntries(entries),
  }
}

/** The same with the lines of a closed segment, where they are in one. */
async function stateFrom(redis: RedisCommands, keys: Keys, from = 0): Promise<StreamState> {
  const state = await stateOf(redis, keys, from)
  if (from === 0 || !state.closed || state.closed.to < from) return state
  return { ...state, lines: [...readEntries(await closedEntries(redis, keys, from)), ...state.lines] }
}

const readEntries = (entries: readonly StreamEntry[]): JournalLine[] =>
  entries.flatMap((entry) => readLine(toRaw(entry).bytes) ?? [])

const addLine = async (
  redis: RedisCommands,
  keys: Keys,
  head: LastLine | undefined,
  { line, text }: ReturnType<typeof toLine>,
) => {
  const [stream, record] = keys
  const { seq, hash } = line
  return (await redis.eval(ADD_SCRIPT, 2, stream, record, head?.hash ?? '', seq, text.trimEnd(), hash)) === 1
}

const positionOf = (last: StreamEntry | undefined, closed: Segment | undefined): number =>
  last ? toRaw(last).behind : (closed?.to ?? 0)

function endsAsRecorded({ head, last, closed }: StreamState): boolean {
  // Nothing was written since a segment was closed, or ever.
  if (!last) return head?.seq === closed?.to && head?.hash === closed?.hash
  if (!head) return false
  const { bytes } = toRaw(last)
  const line = readLine(bytes)
  return last[0] === `${head.seq}-0` && line?.hash === head.hash && isUnchanged(line, bytes)
}

/** Whether the last known line is still there, or one written after it. */
function continuesFrom(known: LastLine, { head, lines }: StreamState): boolean {
  if (!head || head.seq < known.seq) return false
  const there = lines.find(({ seq }) => seq === known.seq)
  const next = lines.find(({ seq }) => seq === known.seq + 1)
  if (there) return there.hash === known.hash
  // A stream that begins later has already recorded its loss.
  return next === undefined || next.prev === known.hash
}

const lossOf = (known: LastLine, { head }: StreamState): JournalEvent => ({
  event: 'lost',
  call: 'journal',
  tool: 'journal',
  caller: 'identity-mcp',
  note:
    `Entries were lost with the store: the journal was known up to entry ${known.seq} with the hash ${known.hash}, ` +
    `and ${head ? `the store ended with entry ${head.seq}` : 'the store held none'}.`,
})

const tamperedError = () =>
  new Unavailable(
    'The journal was modified outside this server, so no changes are allowed.',
    'Ask the person who runs this server to run `identity-mcp journal verify`.',
  )
