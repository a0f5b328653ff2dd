import { inspect } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import { Secret } from '../src/secret.ts'

/** A secret whose source has what `put` last said, and how often it was read. */
function fromSource(first: string) {
  let now: string | undefined = first
  const read = vi.fn(() => now)
  return {
    secret: new Secret(first, read),
    read,
    put: (next: string | undefined) => {
      now = next
    },
  }
}

describe('a secret that is read again', () => {
  test('is the new one everywhere, in headers that were made before too', () => {
    const { secret, put } = fromSource('the-old-token')
    const [bearer, basic] = [secret.after('Bearer '), Secret.basic(new Secret('client-7'), secret)]
    const before = secret.fingerprint
    put('the-new-token')
    expect(secret.reread()).toBe(true)
    expect([secret.reveal(), bearer.reveal()]).toEqual(['the-new-token', 'Bearer the-new-token'])
    expect(basic.reveal()).toBe(`Basic ${Buffer.from('client-7:the-new-token').toString('base64')}`)
    expect(secret.fingerprint).not.toBe(before)
  })

  test('leaves alone what was fixed before, such as an address that was checked', () => {
    const { secret, put } = fromSource('https://one.example.com')
    const fixed = secret.fixed()
    put('https://two.example.com')
    secret.reread()
    expect([fixed.reveal(), fixed.reread(), fixed.reveal()]).toEqual([
      'https://one.example.com',
      true,
      'https://one.example.com',
    ])
  })

  test('stays as it was where there is no usable one', () => {
    const { secret, put } = fromSource('the-old-token')
    put(undefined)
    expect(secret.reread()).toBe(false)
    expect(secret.reveal()).toBe('the-old-token')
  })

  test('is taken out of texts, and the one before it too', () => {
    const { secret, put } = fromSource('the-old-token')
    put('the-new-token')
    secret.reread()
    const bearer = secret.after('Bearer ')
    for (const one of [secret, bearer]) {
      expect(one.scrub('it was the-old-token, it is the-new-token')).toBe('it was [secret], it is [secret]')
    }
    expect(`${secret} ${JSON.stringify(bearer)} ${inspect(bearer)}`).toBe('[secret] "[secret]" [secret]')
  })
})

describe('a renewal', () => {
  test('says that there is another secret by now, to all who used the former one', () => {
    const { secret, read, put } = fromSource('the-old-token')
    const renewals = [secret.renewal(), secret.renewal(), secret.after('Bearer ').renewal()]
    put('the-new-token')
    expect(renewals.map((isRenewed) => isRenewed())).toEqual([true, true, true])
    expect(read).toHaveBeenCalledTimes(1)
    expect(secret.renewal()()).toBe(false)
  })

  test('reads once for all who are refused together', () => {
    const { secret, read } = fromSource('the-old-token')
    const renewals = Array.from({ length: 100 }, () => secret.renewal())
    expect(new Set(renewals.map((isRenewed) => isRenewed()))).toEqual(new Set([false]))
    expect(read).toHaveBeenCalledTimes(1)
  })

  test('of a secret that did not come from a file is none', () => {
    const secret = new Secret('a-token-of-ours')
    expect([secret.renewal()(), secret.reread()]).toEqual([false, true])
  })
})
