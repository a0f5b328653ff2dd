import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/** What scrypt costs (RFC 7914 §2). */
export interface ScryptCost {
  N: number
  r: number
  p: number
}

/** About half a second and 128 MB per attempt: the first choice of OWASP's Password Storage Cheat Sheet. */
export const SCRYPT_COST: ScryptCost = { N: 2 ** 17, r: 8, p: 1 }

/** The only trace of a passphrase. */
export interface PassphraseHash {
  salt: string
  key: string
  cost: ScryptCost
}

export async function hashPassphrase(passphrase: string, cost: ScryptCost): Promise<PassphraseHash> {
  const salt = randomBytes(16)
  const key = await derive(passphrase, salt, cost)
  return { salt: salt.toString('base64'), key: key.toString('base64'), cost }
}

// Compared with the passphrase for an unknown name, so the check takes equally long.
const NOBODY: Pick<PassphraseHash, 'salt' | 'key'> = {
  salt: randomBytes(16).toString('base64'),
  key: randomBytes(32).toString('base64'),
}

/** Whether this is the passphrase. It takes equally long for no hash at all, and for one that was made at a lower cost. */
export async function isPassphrase(
  passphrase: string,
  hash: PassphraseHash | undefined,
  cost: ScryptCost,
): Promise<boolean> {
  const { salt, key, cost: own } = hash ?? { ...NOBODY, cost }
  const derived = await derive(passphrase, Buffer.from(salt, 'base64'), own)
  const right = timingSafeEqual(derived, Buffer.from(key, 'base64')) && hash !== undefined
  const rest = Math.ceil((work(cost) - work(own)) / (own.N * own.r))
  if (!right && rest > 0) await derive(passphrase, randomBytes(16), { ...own, p: rest })
  return right
}

/** Whether the hash was made at a lower cost than this. */
export const isCheaper = (hash: PassphraseHash, cost: ScryptCost): boolean => work(hash.cost) < work(cost)

const work = ({ N, r, p }: ScryptCost): number => N * r * p

/** Normalised first, since keyboards encode the same letter differently. */
const derive = (passphrase: string, salt: Buffer, cost: ScryptCost): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const maxmem = 128 * cost.r * (cost.N + cost.p + 2) * 2
    scrypt(passphrase.normalize('NFKC'), salt, 32, { ...cost, maxmem }, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })
