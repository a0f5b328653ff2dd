import { createHash } from 'node:crypto'
import { LimitReached } from '../errors.ts'
import type { Store } from '../store/store.ts'

/** Where a passphrase is entered: at the terminal, in a browser that this approver has used, or in any other. */
export type EnteredAt =
  | { place: 'terminal' }
  | { place: 'own browser'; browser: string }
  | { place: 'page'; address: string; link: string }

/** Limits wrong passphrases. */
interface Attempts {
  /** Throws `LimitReached` with the time of the next attempt, if that is not now. */
  check(): Promise<void>
  /** Counts an attempt before it is looked at, so parallel attempts count too. Throws what `check` throws. */
  count(): Promise<void>
  /** The attempt that was counted last was right. */
  succeeded(): Promise<void>
}

/** A limit on wrong attempts in a row: after the free ones, pauses that double. */
interface Budget {
  key: string
  free: number
  of: string
}

interface AttemptCount {
  wrong: number
  /** Further attempts are rejected until then, epoch milliseconds. */
  until: number
}

/** Wrong attempts before the first pause, of one source. */
const FREE_OF_SOURCE = 5
/** The same for one name, of all unknown sources: more than one source has in a day, so that alone it keeps nobody out. */
const FREE_OF_NAME = 150
const FIRST_PAUSE_MS = 10_000
const LONGEST_PAUSE_MS = 15 * 60_000
const COUNT_TTL_MS = 24 * 60 * 60_000

/**
 * The limits on attempts for a name from one source. Unknown sources share the limit of the name, so guessing is slow from
 * any number of addresses. The terminal and an approver's own browser do not: nobody else can use them up.
 */
export function attemptsOf(store: Store, name: string, source: EnteredAt): Attempts {
  const [own, ...shared] = budgetsOf(bucketOf(name), source)
  const all = [own, ...shared]
  return {
    async check() {
      const now = await store.now()
      for (const budget of all) mustNotWait(budget, await store.get<AttemptCount>(budget.key), now)
    },
    async count() {
      for (const budget of all) await countOne(store, budget)
    },
    async succeeded() {
      await store.delete(own.key)
      for (const { key } of shared) await uncountOne(store, key)
    },
  }
}

function budgetsOf(name: string, source: EnteredAt): [Budget, ...Budget[]] {
  const key = (...words: string[]) => `approver/tries/${JSON.stringify(words)}`
  if (source.place === 'terminal') {
    return [{ key: key('terminal', name), free: FREE_OF_SOURCE, of: 'for this name' }]
  }
  if (source.place === 'own browser') {
    return [{ key: key('browser', source.browser), free: FREE_OF_SOURCE, of: 'in this browser' }]
  }
  return [
    { key: key('page', networkOf(source.address), source.link), free: FREE_OF_SOURCE, of: 'from here' },
    { key: key('name', name), free: FREE_OF_NAME, of: 'for this name' },
  ]
}

/** A few bits of the name: enough to keep names apart, too few to tell what was typed, which can be a passphrase. */
const bucketOf = (name: string): string =>
  createHash('sha256').update(name.normalize('NFKC').toLowerCase()).digest('hex').slice(0, 4)

/** An IPv4 address, or the /64 network of an IPv6 address, which one person has as a whole. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:/i, '').replace(/%.*$/, '')
  if (!plain.includes(':')) return plain
  const [head = '', tail] = plain.split('::')
  const groups = (text: string) => text.split(':').filter((group) => group !== '')
  const zeros = tail === undefined ? [] : Array(8 - groups(head).length - groups(tail).length).fill('0')
  return [...groups(head), ...zeros, ...groups(tail ?? '')].slice(0, 4).join(':')
}

function mustNotWait({ of }: Budget, { until }: AttemptCount = { wrong: 0, until: 0 }, now: number): void {
  if (now >= until) return
  const seconds = Math.ceil((until - now) / 1000)
  throw new LimitReached(
    `Too many wrong passphrases ${of}; the next attempt is possible in ${seconds} s.`,
    'Wait, or decide at the terminal of the server.',
    { retryAt: until },
  )
}

const countOne = (store: Store, budget: Budget): Promise<void> =>
  store.update<AttemptCount, void>(budget.key, (count = { wrong: 0, until: 0 }, now) => {
    mustNotWait(budget, count, now)
    const wrong = count.wrong + 1
    const pause =
      wrong < budget.free ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (wrong - budget.free), LONGEST_PAUSE_MS)
    return { next: { wrong, until: now + pause }, ttl: COUNT_TTL_MS, result: undefined }
  })

const uncountOne = (store: Store, key: string): Promise<void> =>
  store.update<AttemptCount, void>(key, (count) => ({
    next: count && { wrong: Math.max(0, count.wrong - 1), until: 0 },
    ttl: COUNT_TTL_MS,
    result: undefined,
  }))
