import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { callerId } from '../domain/caller-names.ts'
import { type Grant, scopesIn } from '../domain/scopes.ts'
import { Conflict, InvalidInput, NotFound, Unavailable } from '../errors.ts'
import type { Store } from '../store/store.ts'

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

/** Prefix of every API token, so that secret scanners recognise it. */
export const TOKEN_PREFIX = 'idmcp_'
const TOKEN = /^idmcp_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/

/** How long a token that was read before stays valid while the store is unreachable, milliseconds. */
const TRUSTED_MS = 5 * 60_000
/** Least time between two records of a token's use, milliseconds. */
const USE_NOTED_MS = 60_000

/** A token that identifies a caller over HTTP, without its secret. */
export interface ApiToken {
  name: string
  /** The id of the caller that it stands for. Another token of the same name is another caller. */
  caller: string
  grant: Grant
  /** The agent that it belongs to; several tokens can belong to one. */
  agent?: string
  /** Epoch milliseconds, like all times here. */
  createdAt: number
  /** No expiry when absent. */
  expiresAt?: number
  lastUsedAt?: number
}

/** The API tokens of callers; only hashes are stored. Names are not case-sensitive. */
export interface ApiTokens {
  /** The token cannot be read again later. Throws `InvalidInput` for an invalid name, `Conflict` for a taken one. */
  create(
    name: string,
    grant: Grant,
    more?: Pick<ApiToken, 'expiresAt' | 'agent'>,
  ): Promise<{ token: string; made: ApiToken }>
  /** Throws `NotFound`. */
  revoke(name: string): Promise<void>
  list(): Promise<ApiToken[]>
  /**
   * Looks a token up; undefined if it is unknown, revoked or expired. Throws `Unavailable` if the store cannot tell.
   */
  find(token: string): Promise<ApiToken | undefined>
}

interface TokenRow extends Omit<ApiToken, 'caller'> {
  /** SHA-256 of the secret part, hexadecimal. The secret has 256 random bits, so a slow hash is not needed. */
  hash: string
}

const TOKEN_KEYS = 'access-token/'
// A token contains the id of its row, and the id comes from the name, so a name can be used only once.
const idOf = (name: string) => createHash('sha256').update(name.toLowerCase()).digest('hex').slice(0, 12)
const keyOf = (id: string) => TOKEN_KEYS + id
/** A token in the form that others see. A stored scope that is no longer one allows nothing. */
function toToken({ hash, grant, ...row }: TokenRow): ApiToken {
  // Part of the hash of 256 random bits: it never comes again, not even if the store is lost, and it tells nothing.
  const caller = callerId.token(row.name, hash.slice(0, 12))
  return { ...row, caller, grant: { ...grant, scopes: scopesIn(grant.scopes) } }
}
const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex')

export function openApiTokens(store: Store): ApiTokens {
  const known = new Map<string, { row: TokenRow; at: number }>()

  const rowOf = async (id: string): Promise<TokenRow | undefined> => {
    try {
      const row = await store.get<TokenRow>(keyOf(id))
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
    async create(name, grant, { expiresAt, agent } = {}) {
      if (!NAME.test(name)) {
        throw new InvalidInput(
          'This is not a valid token name.',
          'Use 1 to 63 letters, digits, dots, dashes and underscores, beginning with a letter or digit.',
        )
      }
      const id = idOf(name)
      const secret = randomBytes(32).toString('base64url')
      const row: TokenRow = {
        name,
        grant,
        createdAt: Date.now(),
        ...(expiresAt && { expiresAt }),
        ...(agent !== undefined && { agent }),
        hash: hashOf(secret),
      }
      await store.update<TokenRow, void>(keyOf(id), (taken) => {
        if (taken)
          throw new Conflict(
            `A token named ${taken.name} already exists.`,
            'Revoke it first, or choose another name.',
          )
        return { next: row, result: undefined }
      })
      return { token: `${TOKEN_PREFIX}${id}_${secret}`, made: toToken(row) }
    },

    revoke: (name) =>
      store.update<TokenRow, void>(keyOf(idOf(name)), (row) => {
        if (!row) throw new NotFound('No token has this name.', 'See `tokens list`.')
        return { next: undefined, result: undefined }
      }),

    async list() {
      const keys = await store.keys(TOKEN_KEYS)
      const rows = await Promise.all(keys.map((key) => store.get<TokenRow>(key)))
      return rows
        .filter((row) => row !== undefined)
        .map(toToken)
        .sort((a, b) => (a.name < b.name ? -1 : 1))
    },

    async find(token) {
      const [, id = '', secret = ''] = TOKEN.exec(token) ?? []
      const row = id ? await rowOf(id) : undefined
      if (!row) return undefined
      const matches = timingSafeEqual(Buffer.from(hashOf(secret), 'hex'), Buffer.from(row.hash, 'hex'))
      const now = Date.now()
      if (!matches || (row.expiresAt !== undefined && row.expiresAt <= now)) return undefined
      if (now - (row.lastUsedAt ?? 0) >= USE_NOTED_MS) await noteUse(store, id, now)
      return toToken(row)
    },
  }
}

/** Does not restore a token that was revoked meanwhile. A failure to record the use does not reject the token. */
const noteUse = (store: Store, id: string, now: number): Promise<void> =>
  store
    .update<TokenRow, void>(keyOf(id), (row) => ({
      next: row && { ...row, lastUsedAt: now },
      result: undefined,
    }))
    .catch(() => undefined)
