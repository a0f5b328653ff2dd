import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Grant } from '../domain/scopes.ts'
import { Conflict, InvalidInput, NotFound, Unavailable } from '../errors.ts'
import type { Store } from '../store/store.ts'

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

/** What every token of ours begins with, so that those who look for lost secrets know it. */
export const TOKEN_PREFIX = 'idmcp_'
const TOKEN = /^idmcp_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/

/** While the store is out of reach, a token that was there so short a time ago is still taken, milliseconds. */
const TRUSTED_MS = 5 * 60_000
/** Using a token is written down at most so often, milliseconds. */
const USE_NOTED_MS = 60_000

/** A token by which a caller over HTTP is known, as far as anything is kept of it. */
export interface ApiToken {
  name: string
  grant: Grant
  /** Epoch milliseconds, as all times here. */
  createdAt: number
  /** Never when left out. */
  expiresAt?: number
  lastUsedAt?: number
}

/** The tokens of callers, of which only hashes are kept. Names are not case-sensitive. */
export interface ApiTokens {
  /** The token cannot be read again. Throws `InvalidInput` for an unfit name, `Conflict` for a taken one. */
  create(name: string, grant: Grant, expiresAt?: number): Promise<{ token: string; made: ApiToken }>
  /** Throws `NotFound`. */
  revoke(name: string): Promise<void>
  list(): Promise<ApiToken[]>
  /** Whose token this is; undefined when it is none, revoked or expired. Throws `Unavailable` when that cannot be known. */
  find(token: string): Promise<ApiToken | undefined>
}

interface Row extends ApiToken {
  /** SHA-256 of the secret part, hexadecimal; it has 256 random bits, so that no slower hash is called for. */
  hash: string
}

const TOKENS = 'access-token/'
// A token says which row it belongs to, and its name can be used once.
const idOf = (name: string) => createHash('sha256').update(name.toLowerCase()).digest('hex').slice(0, 12)
const keyOf = (id: string) => TOKENS + id
const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex')

export function openApiTokens(store: Store): ApiTokens {
  const known = new Map<string, { row: Row; at: number }>()

  const rowOf = async (id: string): Promise<Row | undefined> => {
    try {
      const row = await store.get<Row>(keyOf(id))
      if (row) known.set(id, { row, at: Date.now() })
      else known.delete(id)
      return row
    } catch (error) {
      const last = known.get(id)
      if (error instanceof Unavailable && last && Date.now() - last.at < TRUSTED_MS) return last.row
      throw error
    }
  }
  return {
    async create(name, grant, expiresAt) {
      if (!NAME.test(name)) {
        throw new InvalidInput(
          'This is not a name for a token.',
          'Use 1 to 63 letters, digits, dots, dashes and underscores, beginning with a letter or digit.',
        )
      }
      const id = idOf(name)
      const secret = randomBytes(32).toString('base64url')
      const row: Row = {
        name,
        grant,
        createdAt: Date.now(),
        ...(expiresAt && { expiresAt }),
        hash: hashOf(secret),
      }
      await store.update<Row, void>(keyOf(id), (taken) => {
        if (taken)
          throw new Conflict(
            `There is a token named ${taken.name}.`,
            'Revoke it first, or choose another name.',
          )
        return { next: row, result: undefined }
      })
      const { hash: _, ...made } = row
      return { token: `${TOKEN_PREFIX}${id}_${secret}`, made }
    },

    revoke: (name) =>
      store.update<Row, void>(keyOf(idOf(name)), (row) => {
        if (!row) throw new NotFound('There is no token of that name.', 'See `tokens list`.')
        return { next: undefined, result: undefined }
      }),

    async list() {
      const keys = await store.keys(TOKENS)
      const rows = await Promise.all(keys.map((key) => store.get<Row>(key)))
      return rows
        .filter((row) => row !== undefined)
        .map(({ hash: _, ...token }) => token)
        .sort((a, b) => (a.name < b.name ? -1 : 1))
    },

    async find(token) {
      const [, id = '', secret = ''] = TOKEN.exec(token) ?? []
      const row = id ? await rowOf(id) : undefined
      if (!row) return undefined
      const right = timingSafeEqual(Buffer.from(hashOf(secret), 'hex'), Buffer.from(row.hash, 'hex'))
      const now = Date.now()
      if (!right || (row.expiresAt !== undefined && row.expiresAt <= now)) return undefined
      if (now - (row.lastUsedAt ?? 0) >= USE_NOTED_MS) await noteUse(store, id, now)
      const { hash: _, ...found } = row
      return found
    },
  }
}

/** A token that was revoked meanwhile stays so; that its use could not be noted is no reason to refuse it. */
const noteUse = (store: Store, id: string, now: number): Promise<void> =>
  store
    .update<Row, void>(keyOf(id), (row) => ({ next: row && { ...row, lastUsedAt: now }, result: undefined }))
    .catch(() => undefined)
