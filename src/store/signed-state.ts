import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { Unavailable } from '../errors.ts'
import type { Store } from './store.ts'

/**
 * Hands state to a client and knows it again: a cursor, an open question. The text is signed, not hidden; what is in it
 * may be read by whoever holds it.
 */
export interface StateSigner {
  /** `bound` is what the text is good for (a tool, a caller); `ttl` in milliseconds, for ever when left out. */
  sign(bound: readonly string[], value: unknown, ttl?: number): Promise<string>
  /** The value, or undefined when the text was altered, has lapsed or was meant for something else. */
  verify(bound: readonly string[], text: string): Promise<unknown>
}

/** Signs with a key kept in the store, so that a signer holds over restarts and in every copy of the server. */
export function stateSigner(store: Store): StateSigner {
  let known: Buffer | undefined
  /** Asked for each time, since a store that lost its data has another; the last one serves while it can't be asked. */
  const key = async () => {
    try {
      known = await keyIn(store)
    } catch (error) {
      if (!(known && error instanceof Unavailable)) throw error
    }
    return known
  }
  const signatureOf = async (bound: readonly string[], body: string) =>
    createHmac('sha256', await key())
      .update(JSON.stringify([...bound, body]))
      .digest()
  return {
    async sign(bound, value, ttl) {
      const until = ttl === undefined ? null : Date.now() + ttl
      const body = Buffer.from(JSON.stringify([value, until])).toString('base64url')
      return `${body}.${(await signatureOf(bound, body)).toString('base64url')}`
    },
    async verify(bound, text) {
      const [body = '', signature = '', ...more] = text.split('.')
      const expected = await signatureOf(bound, body)
      // Compared as text, so that no second spelling of the same bytes passes.
      const given = Buffer.from(signature)
      const right = Buffer.from(expected.toString('base64url'))
      if (more.length > 0 || given.length !== right.length || !timingSafeEqual(given, right)) return undefined
      const [value, until] = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as [
        unknown,
        number | null,
      ]
      return until !== null && until <= Date.now() ? undefined : value
    },
  }
}

async function keyIn(store: Store): Promise<Buffer> {
  const kept =
    (await store.get<string>('seal/key')) ??
    (await store.update<string, string>('seal/key', (current) => {
      const next = current ?? randomBytes(32).toString('hex')
      return { next, result: next }
    }))
  return Buffer.from(kept, 'hex')
}
