import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { Conflict, InvalidInput, LimitReached, NotFound } from '../errors.ts'
import type { Store } from '../store/store.ts'
import { sameText } from '../text/text.ts'

const NAME = /^[A-Za-z0-9._@-]{1,64}$/
const MIN_PASSPHRASE = 12
const MAX_PASSPHRASE = 1024

/** About a tenth of a second and 32 MB for each try (RFC 7914 §2). */
const COST = { N: 2 ** 15, r: 8, p: 1 }

/** Wrong tries in a row that cost nothing but their time. */
const FREE_TRIES = 5
const FIRST_PAUSE_MS = 10_000
const LONGEST_PAUSE_MS = 15 * 60_000
const FORGOTTEN_MS = 24 * 60 * 60_000

/** A person who may approve. */
export interface Approver {
  name: string
  /** Epoch milliseconds. */
  addedAt: number
}

/** Who may approve, each with a passphrase that only its hash is known of. Names are not case-sensitive. */
export interface Approvers {
  /** Throws `InvalidInput` for an unfit name or passphrase, `Conflict` when the name is taken. */
  add(name: string, passphrase: string): Promise<Approver>
  /** Throws `NotFound`. */
  remove(name: string): Promise<void>
  list(): Promise<Approver[]>
  /**
   * Whether `name` may approve and this is their passphrase; as slow for an unknown name as for a known one. Throws
   * `LimitReached`, with the time when to try again, after too many wrong tries.
   */
  check(name: string, passphrase: string): Promise<boolean>
}

interface Row extends Approver {
  salt: string
  key: string
  cost: typeof COST
}

interface Tries {
  wrong: number
  /** Epoch milliseconds before which no further try is looked at. */
  until: number
}

const APPROVERS = 'approver/name/'
const rowKey = (name: string) => APPROVERS + name.toLowerCase()
const triesKey = (name: string) => `approver/tries/${name.toLowerCase()}`

// What a passphrase for an unknown name is compared with, so that it takes as long.
const NOBODY: Pick<Row, 'salt' | 'key'> = {
  salt: randomBytes(16).toString('base64'),
  key: randomBytes(32).toString('base64'),
}

/** `cost` is what new passphrases cost; it is kept beside each. */
export const openApprovers = (store: Store, cost = COST): Approvers => ({
  async add(name, passphrase) {
    checkFit(name, passphrase)
    const salt = randomBytes(16)
    const key = await derive(passphrase, salt, cost)
    const addedAt = Date.now()
    const row: Row = { name, addedAt, salt: salt.toString('base64'), key: key.toString('base64'), cost }
    await store.update<Row, void>(rowKey(name), (taken) => {
      if (taken) throw new Conflict(`${name} may approve already.`, 'Remove that approver first.')
      return { next: row, result: undefined }
    })
    return { name, addedAt }
  },

  async remove(name) {
    const unknown = () => new NotFound('There is no approver of that name.', 'See `approvers list`.')
    if (!NAME.test(name)) throw unknown()
    await store.update<Row, void>(rowKey(name), (row) => {
      if (!row) throw unknown()
      return { next: undefined, result: undefined }
    })
  },

  async list() {
    const keys = await store.keys(APPROVERS)
    const rows = await Promise.all(keys.map((key) => store.get<Row>(key)))
    return rows.filter((row) => row !== undefined).map(({ name, addedAt }) => ({ name, addedAt }))
  },

  async check(name, passphrase) {
    const known = NAME.test(name)
    if (known) await countTry(store, name)
    const row = known ? await store.get<Row>(rowKey(name)) : undefined
    const compared = row ?? { ...NOBODY, cost }
    const given = passphrase.slice(0, MAX_PASSPHRASE + 1)
    const derived = await derive(given, Buffer.from(compared.salt, 'base64'), compared.cost)
    const right = timingSafeEqual(derived, Buffer.from(compared.key, 'base64')) && row !== undefined
    if (right) await store.delete(triesKey(name))
    return right
  },
})

/** Counts the try before it is made, so that many at once are not all free; a right one starts the count anew. */
const countTry = (store: Store, name: string): Promise<void> =>
  store.update<Tries, void>(triesKey(name), (tries = { wrong: 0, until: 0 }, now) => {
    if (now < tries.until) {
      const seconds = Math.ceil((tries.until - now) / 1000)
      throw new LimitReached(
        `Too many wrong passphrases for this name; the next try is possible in ${seconds} s.`,
        'Wait, then try again with the right passphrase.',
        { retryAt: tries.until },
      )
    }
    const wrong = tries.wrong + 1
    const pause =
      wrong < FREE_TRIES ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (wrong - FREE_TRIES), LONGEST_PAUSE_MS)
    return { next: { wrong, until: now + pause }, ttl: FORGOTTEN_MS, result: undefined }
  })

function checkFit(name: string, passphrase: string): void {
  if (!NAME.test(name)) {
    throw new InvalidInput(
      'This is not a name for an approver.',
      'Use 1 to 64 letters, digits, or any of . _ - @',
    )
  }
  const length = Array.from(passphrase).length
  if (length < MIN_PASSPHRASE || length > MAX_PASSPHRASE) {
    throw new InvalidInput(
      `A passphrase has at least ${MIN_PASSPHRASE} characters.`,
      'A few unrelated words make a good one.',
    )
  }
  if (sameText(name, passphrase)) {
    throw new InvalidInput('The passphrase must not be the name.', 'Choose another one.')
  }
}

/** Normalised first, since keyboards differ in how they make the same letter. */
const derive = (passphrase: string, salt: Buffer, cost: typeof COST): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const maxmem = 64 * 1024 * 1024
    scrypt(passphrase.normalize('NFKC'), salt, 32, { ...cost, maxmem }, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })
