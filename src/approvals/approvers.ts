import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { Conflict, InvalidInput, LimitReached, NotFound } from '../errors.ts'
import type { Store } from '../store/store.ts'
import { sameText } from '../text/text.ts'

const NAME = /^[A-Za-z0-9._@-]{1,64}$/
const MIN_PASSPHRASE = 12
const MAX_PASSPHRASE = 1024

/** scrypt parameters (RFC 7914 §2): about 0.1 s and 32 MB per attempt. */
const SCRYPT_COST = { N: 2 ** 15, r: 8, p: 1 }

/** Wrong attempts in a row before the first pause. */
const FREE_ATTEMPTS = 5
const FIRST_PAUSE_MS = 10_000
const LONGEST_PAUSE_MS = 15 * 60_000
const ATTEMPTS_TTL_MS = 24 * 60 * 60_000

/** A person who can approve. */
export interface Approver {
  name: string
  /** Epoch milliseconds. */
  addedAt: number
}

/** The people who can approve. Only the hash of each passphrase is stored. Names are not case-sensitive. */
export interface Approvers {
  /** Throws `InvalidInput` for an invalid name or passphrase, `Conflict` when the name is taken. */
  add(name: string, passphrase: string): Promise<Approver>
  /** Throws `NotFound`. */
  remove(name: string): Promise<void>
  list(): Promise<Approver[]>
  /**
   * Whether `name` is an approver and this is their passphrase; equally slow for an unknown name. After too many wrong
   * attempts, throws `LimitReached` with the time of the next attempt.
   */
  check(name: string, passphrase: string): Promise<boolean>
}

interface ApproverRow extends Approver {
  salt: string
  key: string
  cost: typeof SCRYPT_COST
}

interface AttemptCount {
  wrong: number
  /** Further attempts are rejected until then, epoch milliseconds. */
  until: number
}

const APPROVER_PREFIX = 'approver/name/'
const rowKey = (name: string) => APPROVER_PREFIX + name.toLowerCase()
const attemptsKey = (name: string) => `approver/tries/${name.toLowerCase()}`

// Compared with the passphrase for an unknown name, so the check takes equally long.
const UNKNOWN_APPROVER: Pick<ApproverRow, 'salt' | 'key'> = {
  salt: randomBytes(16).toString('base64'),
  key: randomBytes(32).toString('base64'),
}

/** `cost` applies to new passphrases, and is stored with each. */
export const openApprovers = (store: Store, cost = SCRYPT_COST): Approvers => ({
  async add(name, passphrase) {
    checkValid(name, passphrase)
    const salt = randomBytes(16)
    const key = await derive(passphrase, salt, cost)
    const addedAt = Date.now()
    const row: ApproverRow = {
      name,
      addedAt,
      salt: salt.toString('base64'),
      key: key.toString('base64'),
      cost,
    }
    await store.update<ApproverRow, void>(rowKey(name), (taken) => {
      if (taken) throw new Conflict(`${name} is already an approver.`, 'Remove that approver first.')
      return { next: row, result: undefined }
    })
    return { name, addedAt }
  },

  async remove(name) {
    const unknown = () => new NotFound('There is no approver with this name.', 'See `approvers list`.')
    if (!NAME.test(name)) throw unknown()
    await store.update<ApproverRow, void>(rowKey(name), (row) => {
      if (!row) throw unknown()
      return { next: undefined, result: undefined }
    })
  },

  async list() {
    const keys = await store.keys(APPROVER_PREFIX)
    const rows = await Promise.all(keys.map((key) => store.get<ApproverRow>(key)))
    return rows.filter((row) => row !== undefined).map(({ name, addedAt }) => ({ name, addedAt }))
  },

  async check(name, passphrase) {
    const known = NAME.test(name)
    if (known) await countAttempt(store, name)
    const row = known ? await store.get<ApproverRow>(rowKey(name)) : undefined
    const compared = row ?? { ...UNKNOWN_APPROVER, cost }
    const given = passphrase.slice(0, MAX_PASSPHRASE + 1)
    const derived = await derive(given, Buffer.from(compared.salt, 'base64'), compared.cost)
    const right = timingSafeEqual(derived, Buffer.from(compared.key, 'base64')) && row !== undefined
    if (right) await store.delete(attemptsKey(name))
    return right
  },
})

/** Counts the attempt before it is checked, so parallel attempts count too. A correct one resets the count. */
const countAttempt = (store: Store, name: string): Promise<void> =>
  store.update<AttemptCount, void>(attemptsKey(name), (attempts = { wrong: 0, until: 0 }, now) => {
    if (now < attempts.until) {
      const seconds = Math.ceil((attempts.until - now) / 1000)
      throw new LimitReached(
        `Too many wrong passphrases for this name; the next attempt is possible in ${seconds} s.`,
        'Wait, then try again with the right passphrase.',
        { retryAt: attempts.until },
      )
    }
    const wrong = attempts.wrong + 1
    const pause =
      wrong < FREE_ATTEMPTS ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (wrong - FREE_ATTEMPTS), LONGEST_PAUSE_MS)
    return { next: { wrong, until: now + pause }, ttl: ATTEMPTS_TTL_MS, result: undefined }
  })

function checkValid(name: string, passphrase: string): void {
  if (!NAME.test(name)) {
    throw new InvalidInput(
      'This is not a valid approver name.',
      'Use 1 to 64 letters, digits, or any of . _ - @',
    )
  }
  const length = Array.from(passphrase).length
  if (length < MIN_PASSPHRASE || length > MAX_PASSPHRASE) {
    throw new InvalidInput(
      `A passphrase needs at least ${MIN_PASSPHRASE} characters.`,
      'Use a few unrelated words.',
    )
  }
  if (sameText(name, passphrase)) {
    throw new InvalidInput('The passphrase must not be the name.', 'Choose a different passphrase.')
  }
}

/** Normalised first, since keyboards encode the same letter differently. */
const derive = (passphrase: string, salt: Buffer, cost: typeof SCRYPT_COST): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const maxmem = 64 * 1024 * 1024
    scrypt(passphrase.normalize('NFKC'), salt, 32, { ...cost, maxmem }, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })
