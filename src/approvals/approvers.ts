import { Conflict, InvalidInput, NotFound } from '../errors.ts'
import type { Store } from '../store/store.ts'
import { sameText } from '../text/text.ts'
import { attemptsOf, type EnteredAt, networkOf } from './attempts.ts'
import { hashingQueue } from './hashing-queue.ts'
import {
  hashPassphrase,
  isCheaper,
  isPassphrase,
  type PassphraseHash,
  SCRYPT_COST,
} from './passphrase-hash.ts'

const NAME = /^[A-Za-z0-9._@-]{1,64}$/
const MIN_PASSPHRASE = 12
const MAX_PASSPHRASE = 1024

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
   * Whether `name` is an approver and this is their passphrase; equally slow for an unknown name. Throws `LimitReached`, with
   * the time of the next attempt, after too many wrong attempts from this source, and while too many are being checked.
   */
  check(name: string, passphrase: string, from?: EnteredAt): Promise<boolean>
}

interface ApproverRow extends Approver, PassphraseHash {}

const APPROVER_PREFIX = 'approver/name/'
const rowKey = (name: string) => APPROVER_PREFIX + name.toLowerCase()
// Unknown sources have a queue of their own, so they keep no approver waiting whose browser is known. At the terminal there
// is one person in a process.
const [ownBrowsers, otherSources] = [hashingQueue(), hashingQueue()]

/** `cost` is stored with each passphrase. One that was hashed at a lower cost is hashed again when it is used. */
export const openApprovers = (store: Store, cost = SCRYPT_COST): Approvers => ({
  async add(name, passphrase) {
    checkName(name)
    checkValid(name, passphrase)
    // By the clock that decisions go by.
    const addedAt = await store.now()
    const row: ApproverRow = { name, addedAt, ...(await hashPassphrase(passphrase, cost)) }
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

  async check(name, passphrase, from = { place: 'terminal' }) {
    const given = passphrase.slice(0, MAX_PASSPHRASE + 1)
    const attempts = attemptsOf(store, await limitedAs(store, name, from), from)
    // Before the queue, so that nobody waits for attempts that are not looked at.
    await attempts.check()
    const look = async () => {
      await attempts.count()
      const row = NAME.test(name) ? await store.get<ApproverRow>(rowKey(name)) : undefined
      if (!(await isPassphrase(given, row, cost)) || !row) return false
      await attempts.succeeded()
      if (isCheaper(row, cost)) await replaceHash(store, row, await hashPassphrase(given, cost))
      return true
    }
    if (from.place === 'terminal') return look()
    return from.place === 'page'
      ? otherSources.run(networkOf(from.address), look)
      : ownBrowsers.run(from.browser, look)
  },
})

/** At the terminal all names that no approver has share one limit, or any number of them would fill the journal. */
const limitedAs = async (store: Store, name: string, { place }: EnteredAt): Promise<string> =>
  place === 'terminal' && !(NAME.test(name) && (await store.get<ApproverRow>(rowKey(name)))) ? '' : name

/** Unless the approver was removed or replaced meanwhile. */
const replaceHash = (store: Store, before: ApproverRow, hash: PassphraseHash): Promise<void> =>
  store.update<ApproverRow, void>(rowKey(before.name), (row) => ({
    next: row?.key === before.key ? { ...row, ...hash } : row,
    result: undefined,
  }))

/** Throws `InvalidInput` for what cannot be the name of an approver. */
export function checkName(name: string): void {
  if (NAME.test(name)) return
  throw new InvalidInput(
    'This is not a valid approver name.',
    'Use 1 to 64 letters, digits, or any of . _ - @',
  )
}

function checkValid(name: string, passphrase: string): void {
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
