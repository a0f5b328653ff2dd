import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { Unavailable } from '../errors.ts'
import type { Store } from './store.ts'

/**
 * Signs state that a client holds and sends back: a cursor, an open question. The text is signed, not encrypted: its holder
 * can read it.
 */
export interface StateSigner {
  /** `bound` limits where the text is valid (a tool, a caller). `ttl` in milliseconds; without it the text never expires. */
  sign(bound: readonly string[], value: unknown, ttl?: number): Promise<string>
  /** The value, or undefined when the text was altered, has expired or is bound to something else. */
  verify(bound: readonly string[], text: string): Promise<unknown>
}

/** Signs with a key in the store, so signed text survives restarts and works on every server instance. */
export function stateSigner(store: Store): StateSigner {
  let lastKey: Buffer | undefined
  /** Read each time, since a store that lost its data has a new key. The last known key serves during an outage. */
  const key = async () => {
    try {
      lastKey = await signingKeyIn(store)
    } catch (error) {
      if (!(lastKey && error instanceof Unavailable)) throw error
    }
    return lastKey
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
      // Compared as text: base64url can encode the same bytes in more than one way.
      const actual = Buffer.from(signature)
      const wanted = Buffer.from(expected.toString('base64url'))
      if (more.length > 0 || actual.length !== wanted.length || !timingSafeEqual(actual, wanted))
        return undefined
      const [value, until] = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as [
        unknown,
        number | null,
      ]
      return until !== null && until <= Date.now() ? undefined : value
    },
  }
}

async function signingKeyIn(store: Store): Promise<Buffer> {
  const kept =
    (await store.get<string>('seal/key')) ??
    (await store.update<string, string>('seal/key', (current) => {
      const next = current ?? randomBytes(32).toString('hex')
      return { next, result: next }
    }))
  return Buffer.from(kept, 'hex')
}
