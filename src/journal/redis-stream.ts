import { setTimeout } from 'node:timers/promises'
import { Unavailable } from '../errors.ts'
import type { RedisCommands } from '../store/redis-client.ts'
import { type RedisConnection, toMs } from '../store/redis-connection.ts'
import { isRefusal } from '../store/redis-problems.ts'
import type { Store } from '../store/store.ts'
import { memoryStore } from '../store/table-store.ts'
import type { JournalForm, JournalHead, RawLine } from './backend.ts'
import { isUnchanged, NO_LINE, readLine, toLine } from './entry.ts'
import type { JournalEvent, JournalLine } from './events.ts'
import { type Journal, journalOver } from './journal.ts'

/** The stream of lines, each with its number as id, and the hash that records the last of them. */
export const journalKeys = (prefix: string): readonly [stream: string, head: string] => [
  `${prefix}journal`,
  `${prefix}journal-head`,
]
type Keys = ReturnType<typeof journalKeys>

/** The state of the journal, and its lines with the ids ARGV[1] to ARGV[2]. */
const STATE_SCRIPT = `
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
return {
  redis.call('HMGET', KEYS[2], 'seq', 'hash'),
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
const CONTENDED_MS = 2_000
const LONGEST_PAUSE_MS = 32
/** How long to wait for Redis to return, for the end of a started write and for a line that may have been written. */
const REDIS_WAIT_MS = 10_000
const RETRY_MS = 250
/** Lines per read. */
const PAGE_LENGTH = 500

type StreamEntry = [id: string, fields: string[]]
type LastLine = Pick<JournalHead, 'seq' | 'hash'>

interface StreamState {
  /** The last line as recorded, and as it is in the stream. */
  head: LastLine | undefined
  last: StreamEntry | undefined
  now: number
  lines: JournalLine[]
}

/** The journal in a Redis stream, with the same lines and the same chain as in a file, and its index in `derived`. */
export const streamJournal = (
  { prefix, run, onReady }: RedisConnection,
  derived: Store = memoryStore(),
): Journal => {
  const keys = journalKeys(prefix)
  const [stream] = keys
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
      const state = await stateOf(redis, keys, known?.seq)
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
        const { lines } = await stateOf(redis, keys, line.seq)
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
      const { head, last } = await run((redis) => stateOf(redis, keys))
      return { head, position: positionOf(last) }
    },

    async *lines({ from = 0, to } = {}) {
      const { last } = await run((redis) => stateOf(redis, keys))
      if (positionOf(last) < from)
        throw new Unavailable('The journal has become shorter.', 'Run the command `journal verify`.')
      let page: StreamEntry[]
      let after = `${from}-0`
      do {
        page = await run((redis) => redis.xrange(stream, `(${after}`, to ?? '+', 'COUNT', PAGE_LENGTH))
        for (const entry of page) yield toRaw(entry)
        after = page.at(-1)?.[0] ?? after
      } while (page.length === PAGE_LENGTH)
    },
  }
  return journalOver(form, derived)
}

/** The state of the journal, with up to two lines from number `from`. */
async function stateOf(redis: RedisCommands, keys: Keys, from = 0): Promise<StreamState> {
  const [[seq, hash], last, time, entries] = (await redis.eval(
    STATE_SCRIPT,
    2,
    ...keys,
    `${from}-0`,
    `${from + 1}-0`,
  )) as [[string | null, string | null], StreamEntry[], [string, string], StreamEntry[]]
  return {
    head: seq && hash ? { seq: Number(seq), hash } : undefined,
    last: last[0],
    now: toMs(time),
    lines: entries.flatMap((entry) => readLine(toRaw(entry).bytes) ?? []),
  }
}

const addLine = async (
  redis: RedisCommands,
  keys: Keys,
  head: LastLine | undefined,
  { line, text }: ReturnType<typeof toLine>,
) => (await redis.eval(ADD_SCRIPT, 2, ...keys, head?.hash ?? '', line.seq, text.trimEnd(), line.hash)) === 1

function toRaw([id, [name, text = '', ...more]]: StreamEntry): RawLine {
  const ours = name === 'line' && more.length === 0
  return { bytes: Buffer.from(ours ? text : ''), ended: true, behind: Number.parseInt(id, 10) }
}

const positionOf = (last: StreamEntry | undefined): number => (last ? toRaw(last).behind : 0)

function endsAsRecorded({ head, last }: StreamState): boolean {
  if (!head || !last) return !head && !last
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
