import fc from 'fast-check'
import { expect } from 'vitest'
import { IdentityError } from '../../src/errors.ts'
import { hidesText } from '../../src/text/text.ts'

/** Stands in JSON for nesting that no value can hold without being walked: it is put in as text. */
const DEEP = 'nested-deep'
const nested = `${'['.repeat(12_000)}${']'.repeat(12_000)}`

/** Names that mean something to JavaScript, or to one of our readers. */
const LOADED = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length', 'then', 'toJSON'],
  ...['id', 'userName', 'displayName', 'active', 'emails', 'groups', 'members', 'meta', 'name', 'value'],
  ...[
    'Resources',
    'totalResults',
    'status',
    'scimType',
    'schemas',
    'detail',
    'error',
    'errors',
    'data',
    'result',
  ],
  ...[
    'errorCode',
    'records',
    'totalCount',
    'Gsid',
    'Email',
    'access_token',
    'expires_in',
    'timestamp',
    '_id',
  ],
]

/** Text as a hostile app or agent would send it. */
export const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom(
    ...LOADED,
    ...[
      '',
      ' ',
      '.',
      '..',
      '../../Users',
      '%2e%2e',
      'a/b?c#d',
      '\r\nSet-Cookie: a=b',
      '\0',
      '\ud800',
      '\u202eecila',
    ],
    ...[
      '\u001b]0;title\u0007',
      '\u009b31m',
      '<script>alert(1)</script>',
      '[a](javascript:b)',
      '" or userName pr "',
    ],
    ...[
      'NaN',
      '-1',
      '1e400',
      '0x10',
      '9007199254740993',
      '2026-01-01T00:00:00Z',
      '+275760-09-13',
      '0000-00-00',
    ],
    'a'.repeat(30_000),
    'a\u0301'.repeat(6_000),
    '\u200b'.repeat(6_000),
  ),
)

const hostileLeaf = fc.oneof(
  hostileText,
  fc.constant(DEEP),
  fc.constantFrom(
    null,
    true,
    false,
    0,
    -0,
    -1,
    1.5,
    200,
    404,
    429,
    1e21,
    -1e308,
    2 ** 53,
    8.64e15,
    999_999_999_999_999,
  ),
)

/** Any JSON, with an own key `__proto__` now and then. */
export const hostileValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    hostileLeaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.oneof(fc.constantFrom(...LOADED), hostileText), tie('value')), { maxLength: 5 })
      .map(Object.fromEntries),
  ),
})).value

/** `base` with some of its values, wherever they stand, replaced by hostile ones or taken away. */
export const bent = (base: unknown): fc.Arbitrary<unknown> =>
  fc
    .array(fc.tuple(fc.nat(), fc.oneof(hostileValue, fc.constant(undefined))), { minLength: 1, maxLength: 4 })
    .map((edits) => edits.reduce<unknown>((made, [at, value]) => replaced(made, at, value), base))

function replaced(whole: unknown, at: number, value: unknown): unknown {
  const copy = structuredClone(whole)
  const places: [object, string][] = []
  const walk = (part: unknown) => {
    if (typeof part !== 'object' || part === null) return
    for (const [key, inner] of Object.entries(part)) {
      places.push([part, key])
      walk(inner)
    }
  }
  walk(copy)
  const place = places[at % Math.max(1, places.length)]
  if (!place) return value
  const [holder, key] = place
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true })
  return copy
}

/** The text of a JSON value, with its nesting put in. */
export const textOf = (value: unknown): string =>
  (JSON.stringify(value) ?? '').replaceAll(JSON.stringify(DEEP), nested)

/** Text that is no JSON, or is cut off. */
export const brokenText = fc.oneof(
  hostileText,
  fc.tuple(hostileValue, fc.nat(400)).map(([value, end]) => textOf(value).slice(0, end)),
)

/** What comes of `work` on hostile input: an answer, or an error of ours; soon, bounded, and nothing else touched. */
export async function survives(work: () => unknown, most = 2_000_000): Promise<void> {
  const began = process.cpuUsage()
  let shown: unknown
  try {
    shown = await work()
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    shown = { message: error.message, hint: error.hint }
    expect(`${error.message}${error.hint}`.length).toBeLessThan(2_000)
  }
  // Time of its own, so that a busy machine does not count; it goes by in microseconds.
  const { user, system } = process.cpuUsage(began)
  expect(user + system).toBeLessThan(5_000_000)
  expect(Object.keys(Object.prototype)).toEqual([])
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  const text = JSON.stringify(shown) ?? ''
  expect(text.length).toBeLessThan(most)
  expect([...textsIn(shown)].filter(hidesText)).toEqual([])
}

function* textsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) {
    yield key
    yield* textsIn(inner)
  }
}
