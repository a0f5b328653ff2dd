import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { Unavailable } from '../errors.ts'
import { type Held, inRounds, makeChanges, type Outcome } from './batched-updates.ts'
import { PREFIX, type RedisConnection, toMs } from './redis-connection.ts'
import type { Change, Store } from './store.ts'

/** What the keys of the store begin with, apart from those of the journal. */
const KEYS = `${PREFIX}store/`

/** A value as it is kept: a mark that no other write ever had, then its JSON. */
const MARK = 16
const marked = (json: string) => randomBytes((MARK / 4) * 3).toString('base64url') + json

/** Writes only where nobody has written since the value with the mark ARGV[1] was read; no mark means no value. */
const SWAP = `
if redis.call('GETRANGE', KEYS[1], 0, ${MARK - 1}) ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1])
elseif ARGV[3] == '' then redis.call('SET', KEYS[1], ARGV[2])
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1`

/** How long a change tries to get in between those of other instances, and the longest pause between two tries. */
const CONTENDED_MS = 2_000
const LONGEST_PAUSE_MS = 32
/** Keys looked at in one step of a listing, and how long all its steps may take. */
const STEP = 1_000
const LISTING_MS = 3_000

/** A store in a Redis, for any number of instances; times are those of its clock. */
export function redisStore({ run, health, close }: RedisConnection): Store {
  const update = inRounds((key, changes) => run((redis) => swap(redis, KEYS + key, changes)))
  return {
    get: (key) => run(async (redis) => toValue(await redis.get(KEYS + key))),
    set: (key, value, ttl) =>
      run(async (redis) => {
        const text = marked(JSON.stringify(value))
        if (ttl === undefined) await redis.set(KEYS + key, text)
        else if (ttl > 0) await redis.set(KEYS + key, text, 'PX', Math.ceil(ttl))
        else await redis.del(KEYS + key)
      }),
    delete: (key) => run(async (redis) => void (await redis.del(KEYS + key))),
    keys: (prefix) => run((redis) => scan(redis, prefix)),
    update,
    claim: (key, ttl) =>
      run(
        async (redis) => (await redis.set(KEYS + key, marked('true'), 'PX', Math.ceil(ttl), 'NX')) === 'OK',
      ),
    now: () => run(timeOf),
    health,
    close,
  }
}

const timeOf = async (redis: Redis) => toMs(await redis.time())

function toValue<Value>(text: string | null): Value | undefined {
  // The caller names the type of its own key's value.
  return text === null ? undefined : (JSON.parse(text.slice(MARK)) as Value)
}

/** Makes `changes` on what is there, over and over until nobody has come in between. */
async function swap(
  redis: Redis,
  key: string,
  changes: readonly Change<unknown, unknown>[],
): Promise<Outcome[]> {
  const until = performance.now() + CONTENDED_MS
  for (let tries = 1; ; tries += 1) {
    // In this order, so that no time that somebody has written lies ahead of ours.
    const [text, now] = await Promise.all([redis.get(key), timeOf(redis)])
    const before: Held = { json: text?.slice(MARK) }
    const { after, outcomes } = makeChanges(changes, before, now)
    if (after === before) return outcomes
    const { json, ttl } = after
    const next = json === undefined || (ttl !== undefined && ttl <= 0) ? '' : marked(json)
    const stays = ttl === undefined ? '' : Math.ceil(ttl)
    if ((await redis.eval(SWAP, 1, key, text?.slice(0, MARK) ?? '', next, stays)) === 1) return outcomes
    if (performance.now() > until) {
      throw new Unavailable('Too many change the same entry of the store at once.', 'Try again later.')
    }
    await setTimeout(Math.random() * Math.min(2 ** tries, LONGEST_PAUSE_MS))
  }
}

async function scan(redis: Redis, prefix: string): Promise<string[]> {
  const found = new Set<string>()
  const pattern = `${KEYS}${prefix.replace(/[\\*?[\]]/g, '\\$&')}*`
  const until = performance.now() + LISTING_MS
  let cursor = '0'
  while (performance.now() < until) {
    const [next, keys] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', STEP)
    for (const key of keys) found.add(key.slice(KEYS.length))
    if (next === '0') return [...found].sort()
    cursor = next
  }
  throw new Unavailable(
    'The store holds too many keys to list them in time.',
    'Ask the person who runs this server to give it a database of its own.',
  )
}
