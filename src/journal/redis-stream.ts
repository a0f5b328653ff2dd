import { setTimeout } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { Unavailable } from '../errors.ts'
import { PREFIX, type RedisConnection, toMs } from '../store/redis-connection.ts'
import type { JournalForm, JournalHead, RawLine } from './backend.ts'
import { isUnchanged, NO_LINE, readLine, toLine } from './entry.ts'
import type { JournalEvent, JournalLine } from './events.ts'
import { type Journal, journalOver } from './journal.ts'

/** Where the lines stand, each under its number as id, and where the last of them is recorded. */
export const STREAM = `${PREFIX}journal`
export const HEAD = `${PREFIX}journal-head`

/** All that tells how the journal stands, and its lines of the ids ARGV[1] to ARGV[2]. */
const LOOK = `
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
return {
  redis.call('HMGET', KEYS[2], 'seq', 'hash'),
  last,
  redis.call('TIME'),
  redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[2])
}`

/** Adds a line where the recorded last one is still the one with the hash ARGV[1], which is empty for none. */
const ADD = `
if (redis.call('HGET', KEYS[2], 'hash') or '') ~= ARGV[1] then return 0 end
redis.call('XADD', KEYS[1], ARGV[2] .. '-0', 'line', ARGV[3])
redis.call('HSET', KEYS[2], 'seq', ARGV[2], 'hash', ARGV[4])
return 1`

/** How long a line tries to get in between those of other instances, and the longest pause between two tries. */
const CONTENDED_MS = 2_000
const LONGEST_PAUSE_MS = 32
/** How long a Redis that is gone is waited for by the end of what had begun, and by what may have been written. */
const WAIT_MS = 10_000
const RETRY_MS = 250
/** Lines read at a time. */
const PAGE = 100

type Entry = [id: string, fields: string[]]
type End = Pick<JournalHead, 'seq' | 'hash'>

interface State {
  /** The last line as it was recorded, and as it stands in the stream. */
  head: End | undefined
  last: Entry | undefined
  now: number
  lines: JournalLine[]
}

/** The journal in a stream of a Redis, with the same lines and the same chain as in a file. */
export const streamJournal = ({ run, onReady }: RedisConnection): Journal => {
  /** The last line that this process knows of, so that it notices when a Redis has lost lines. */
  let known: End | undefined
  /** What has begun by the journal and not ended yet. */
  const begun = new Set<string>()
  let turn: Promise<unknown> = Promise.resolve()
  /** One after the other, so that the lines of one process do not compete with each other. */
  const inTurn = <Result>(work: (redis: Redis) => Promise<Result>): Promise<Result> => {
    const done = turn.then(() => run(work))
    turn = done.catch(() => undefined)
    return done
  }

  /** How the journal stands, once it has been said in it that lines are lost, should they be. */
  async function look(redis: Redis): Promise<State> {
    for (;;) {
      const state = await stateOf(redis, known?.seq)
      if (!endsAsRecorded(state)) throw broken()
      if (!known || goesOnFrom(known, state)) return state
      // Where nothing is left, the chain goes on from what is known here, and so shows what is missing.
      const line = toLine(lossOf(known, state), state.head ?? known, new Date(state.now))
      if (await add(redis, state.head, line)) known = line.line
    }
  }

  /** Adds a line; `tried` are those of earlier tries whose fate is not known, of which one may have got there. */
  async function write(redis: Redis, event: JournalEvent, tried: JournalLine[]): Promise<JournalLine> {
    const until = performance.now() + CONTENDED_MS
    for (let tries = 1; ; tries += 1) {
      const state = await look(redis)
      for (const line of tried) {
        const { lines } = await stateOf(redis, line.seq)
        if (lines.some(({ hash }) => hash === line.hash)) return line
      }
      const next = toLine(event, state.head ?? { seq: 0, hash: NO_LINE }, new Date(state.now))
      tried.push(next.line)
      const added = await add(redis, state.head, next)
      known = added ? next.line : state.head
      if (added) return next.line
      tried.pop()
      if (performance.now() > until) {
        throw new Unavailable('Too many write the journal at once.', 'Try again later.')
      }
      await setTimeout(Math.random() * Math.min(2 ** tries, LONGEST_PAUSE_MS))
    }
  }

  // Whoever knows how far the journal went says so as soon as it can, should less be left.
  onReady(() => {
    inTurn(async (redis) => {
      known = (await look(redis)).head ?? known
    }).catch(() => undefined)
  })

  const form: JournalForm = {
    async append(event) {
      const tried: JournalLine[] = []
      const until = performance.now() + WAIT_MS
      const about = JSON.stringify([event.call, event.account?.tenant, event.account?.id])
      for (;;) {
        try {
          const line = await inTurn((redis) => write(redis, event, tried))
          if (event.event === 'started') begun.add(about)
          else begun.delete(about)
          return line
        } catch (error) {
          const worthIt = begun.has(about) || tried.length > 0
          if (!worthIt || performance.now() > until) {
            begun.delete(about)
            throw error
          }
          await setTimeout(RETRY_MS)
        }
      }
    },

    async end() {
      const { head, last } = await run((redis) => stateOf(redis))
      return { head, position: positionOf(last) }
    },

    async *lines({ from = 0, to } = {}) {
      const { last } = await run((redis) => stateOf(redis))
      if (positionOf(last) < from)
        throw new Unavailable('The journal has become shorter.', 'Run the command `journal verify`.')
      let page: Entry[]
      let after = `${from}-0`
      do {
        page = await run((redis) => redis.xrange(STREAM, `(${after}`, to ?? '+', 'COUNT', PAGE))
        for (const entry of page) yield toRaw(entry)
        after = page.at(-1)?.[0] ?? after
      } while (page.length === PAGE)
    },
  }
  return journalOver(form)
}

/** How the journal stands, with its lines from number `from` on, two at the most. */
async function stateOf(redis: Redis, from = 0): Promise<State> {
  const [[seq, hash], last, time, entries] = (await redis.eval(
    LOOK,
    2,
    STREAM,
    HEAD,
    `${from}-0`,
    `${from + 1}-0`,
  )) as [[string | null, string | null], Entry[], [string, string], Entry[]]
  return {
    head: seq && hash ? { seq: Number(seq), hash } : undefined,
    last: last[0],
    now: toMs(time),
    lines: entries.flatMap((entry) => readLine(toRaw(entry).bytes) ?? []),
  }
}

const add = async (redis: Redis, head: End | undefined, { line, text }: ReturnType<typeof toLine>) =>
  (await redis.eval(ADD, 2, STREAM, HEAD, head?.hash ?? '', line.seq, text.trimEnd(), line.hash)) === 1

function toRaw([id, [name, text = '', ...more]]: Entry): RawLine {
  const ours = name === 'line' && more.length === 0
  return { bytes: Buffer.from(ours ? text : ''), ended: true, behind: Number.parseInt(id, 10) }
}

const positionOf = (last: Entry | undefined): number => (last ? toRaw(last).behind : 0)

function endsAsRecorded({ head, last }: State): boolean {
  if (!head || !last) return !head && !last
  const { bytes } = toRaw(last)
  const line = readLine(bytes)
  return last[0] === `${head.seq}-0` && line?.hash === head.hash && isUnchanged(line, bytes)
}

/** Whether the line that was last known is still there, or a line that was written after it. */
function goesOnFrom(known: End, { head, lines }: State): boolean {
  if (!head || head.seq < known.seq) return false
  const there = lines.find(({ seq }) => seq === known.seq)
  const next = lines.find(({ seq }) => seq === known.seq + 1)
  if (there) return there.hash === known.hash
  // A stream that begins later has said itself what it lacks.
  return next === undefined || next.prev === known.hash
}

const lossOf = (known: End, { head }: State): JournalEvent => ({
  event: 'lost',
  call: 'journal',
  tool: 'journal',
  caller: 'identity-mcp',
  note:
    `Entries were lost with the store: the journal was known up to entry ${known.seq} with the hash ${known.hash}, ` +
    `and ${head ? `the store ended with entry ${head.seq}` : 'the store held none'}.`,
})

const broken = () =>
  new Unavailable(
    'The journal is not as this server left it, so nothing may be changed.',
    'Ask the person who runs this server to run `identity-mcp journal verify`.',
  )
