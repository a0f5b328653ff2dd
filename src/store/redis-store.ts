import { randomBytes } from 'node:crypto'
import { Unavailable } from '../errors.ts'
import { batchUpdates, type StoredJson, swapChanges } from './batched-updates.ts'
import type { RedisCommands } from './redis-client.ts'
import { type RedisConnection, toMs } from './redis-connection.ts'
import type { Store } from './store.ts'

/** A stored value: a version tag unique to this write, then its JSON. */
const TAG_LENGTH = 16
const tagged = (json: string) => randomBytes((TAG_LENGTH / 4) * 3).toString('base64url') + json

/** Compare-and-swap: writes only if the value still has the tag ARGV[1]; an empty tag means no value. */
const SWAP_SCRIPT = `
if redis.call('GETRANGE', KEYS[1], 0, ${TAG_LENGTH - 1}) ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1])
elseif ARGV[3] == '' then redis.call('SET', KEYS[1], ARGV[2])
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1`

/** A value and the time, from the node that has the value. */
const READ_SCRIPT = `return { redis.call('GET', KEYS[1]), redis.call('TIME') }`
/** One step of a listing on the node that has KEYS[1]. */
const SCAN_SCRIPT = `return redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', 1000)`

/** The time limit for a whole listing. */
const LISTING_MS = 3_000

/** A store in Redis, for any number of instances. Times are by its clock. */
export function redisStore({ prefix, run, health, close }: RedisConnection): Store {
  // The journal has keys of its own.
  const own = `${prefix}store/`
  const update = batchUpdates((key, changes) =>
    run((redis) =>
      swapChanges(changes, {
        async read() {
          const { text, now } = await read(redis, own + key)
          return { mark: text?.slice(0, TAG_LENGTH), parse: () => toValue(text), now }
        },
        swap: (tag, after) => swap(redis, own + key, tag, after),
      }),
    ),
  )
  return {
    get: (key) => run(async (redis) => toValue(await redis.get(own + key))),
    set: (key, value, ttl) =>
      run(async (redis) => {
        const text = tagged(JSON.stringify(value))
        if (ttl === undefined) await redis.set(own + key, text)
        else if (ttl > 0) await redis.set(own + key, text, 'PX', Math.ceil(ttl))
        else await redis.del(own + key)
      }),
    delete: (key) => run(async (redis) => void (await redis.del(own + key))),
    keys: (prefix) => run((redis) => scan(redis, own, prefix)),
    update,
    claim: (key, ttl) =>
      run(async (redis) => (await redis.set(own + key, tagged('true'), 'PX', Math.ceil(ttl), 'NX')) === 'OK'),
    now: () => run(async (redis) => (await read(redis, `${own}clock`)).now),
    health,
    close,
  }
}

async function read(redis: RedisCommands, key: string): Promise<{ text: string | null; now: number }> {
  const [text, time] = (await redis.eval(READ_SCRIPT, 1, key)) as [string | null, [string, string]]
  return { text, now: toMs(time) }
}

async function swap(
  redis: RedisCommands,
  key: string,
  tag: string | undefined,
  { json, ttl }: StoredJson,
): Promise<boolean> {
  const next = json === undefined || (ttl !== undefined && ttl <= 0) ? '' : tagged(json)
  const stays = ttl === undefined ? '' : Math.ceil(ttl)
  return (await redis.eval(SWAP_SCRIPT, 1, key, tag ?? '', next, stays)) === 1
}

function toValue<Value>(text: string | null): Value | undefined {
  // The caller knows the type of its key's value.
  return text === null ? undefined : (JSON.parse(text.slice(TAG_LENGTH)) as Value)
}

async function scan(redis: RedisCommands, own: string, prefix: string): Promise<string[]> {
  const found = new Set<string>()
  const pattern = `${(own + prefix).replace(/[\\*?[\]]/g, '\\$&')}*`
  const until = performance.now() + LISTING_MS
  let cursor = '0'
  while (performance.now() < until) {
    const step = await redis.eval(SCAN_SCRIPT, 1, own, cursor, pattern)
    const [next, keys] = step as [string, string[]]
    for (const key of keys) found.add(key.slice(own.length))
    if (next === '0') return [...found].sort()
    cursor = next
  }
  throw new Unavailable(
    'The store holds too many keys to list in time.',
    'Ask the person who runs this server to give it a separate database.',
  )
}
