import fc from 'fast-check'
import SCIMMY from 'scimmy'
import { expect, test } from 'vitest'
import { and, eq } from '../../../src/vendors/scim/filter.ts'

const sayable = fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !/[\p{Cc}\p{Cs}]/u.test(text))

/** Reads back what `eq` wrote, by the grammar of RFC 7644 §3.4.2.2: the value is a JSON string to the very end. */
const readBack = (text: string): unknown => {
  const value = /^userName eq ("(?:[^"\\]|\\.)*")$/su.exec(text)?.[1]
  return value === undefined ? undefined : JSON.parse(value)
}

test('reads back as the value that went in', () => {
  fc.assert(
    fc.property(sayable, (value) => {
      expect(readBack(eq('userName', value).text)).toBe(value)
    }),
  )
})

test('reads back with scimmy, which knows no escapes, where none are needed', () => {
  const unescaped = sayable.filter((text) => !/["\\]/.test(text))
  fc.assert(
    fc.property(unescaped, unescaped, (one, other) => {
      const text = and(eq('userName', one), eq('externalId', other)).text
      expect([...new SCIMMY.Types.Filter(text)]).toEqual([
        { userName: ['eq', one], externalId: ['eq', other] },
      ])
    }),
  )
})

test('survives the address it is put into', () => {
  fc.assert(
    fc.property(sayable, (value) => {
      const url = new URL('http://app/Users')
      url.searchParams.set('filter', eq('userName', value).text)
      expect(readBack(new URL(url.href).searchParams.get('filter') ?? '')).toBe(value)
    }),
  )
})

test.each(['a\u0000b', 'a\nb', '\u0085', '\ud800'])('refuses %j, which no filter can hold', (value) => {
  expect(() => eq('userName', value)).toThrow(expect.objectContaining({ code: 'invalid_input' }))
})

test('writes booleans as booleans', () => {
  expect(and(eq('active', false), eq('userName', 'a"b\\c')).text).toBe(
    'active eq false and userName eq "a\\"b\\\\c"',
  )
})
