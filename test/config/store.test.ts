import { PassThrough } from 'node:stream'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { placeIn } from '../../src/app/stores.ts'
import { SettingsError } from '../../src/config/problems.ts'
import { storePlaceIn } from '../../src/config/settings.ts'
import { passwordInClear, type RedisAddress } from '../../src/config/store.ts'
import type { Secret } from '../../src/secret.ts'
import { anIo } from '../cli/fake-io.ts'

/** What the settings make of `store`, or what they say is wrong with it. */
function placeOf(store: unknown, env: Record<string, string> = {}) {
  try {
    return storePlaceIn({ store }, env, 'settings')
  } catch (error) {
    if (error instanceof SettingsError) return error.message.replace('settings: ', '')
    throw error
  }
}

const plain = { host: 'cache', port: 6379, tls: false, database: 0 }

test.each([
  [undefined, 'disk'],
  ['disk', 'disk'],
  ['redis://cache', plain],
  ['redis://cache:7000/3', { ...plain, port: 7000, database: 3 }],
  ['rediss://cache/', { ...plain, tls: true }],
  ['redis://[::1]:7000', { ...plain, host: '::1', port: 7000 }],
  [
    'redis+sentinel://one,[::1]:7000/main/3',
    {
      ...plain,
      host: 'one',
      port: 26_379,
      database: 3,
      via: {
        sentinels: [
          { host: 'one', port: 26_379 },
          { host: '::1', port: 7000 },
        ],
        name: 'main',
      },
    },
  ],
  [
    'rediss+cluster://one:7000,two',
    {
      ...plain,
      host: 'one',
      port: 7000,
      tls: true,
      via: {
        cluster: [
          { host: 'one', port: 7000 },
          { host: 'two', port: 6379 },
        ],
      },
    },
  ],
])('%s is where the store is', (store, place) => {
  expect(placeOf(store)).toEqual(place)
})

test('a password comes by reference, decoded, and is shown nowhere', () => {
  const place = placeOf('env:REDIS_URL', { REDIS_URL: 'rediss://bot:p%40ss%2Fw%3Ard@cache/1' })
  expect(place).toMatchObject({ host: 'cache', tls: true, database: 1, username: 'bot' })
  const { password } = place as { password: { reveal(): string } }
  expect(password.reveal()).toBe('p@ss/w:rd')
  expect(inspect(place) + JSON.stringify(place)).not.toContain('ss/w')
})

test('Sentinels can want a password of their own', () => {
  const address = 'redis+sentinel://bot:p1@one,two/main?sentinelUsername=watch&sentinelPassword=p%40ss%2Fw'
  const place = placeOf('env:REDIS_URL', { REDIS_URL: address })
  expect(place).toMatchObject({ username: 'bot', via: { name: 'main', login: { username: 'watch' } } })
  const { password, via } = place as Record<'password', Secret> & { via: { login: { password: Secret } } }
  expect([password.reveal(), via.login.password.reveal()]).toEqual(['p1', 'p@ss/w'])
  expect(inspect(place) + JSON.stringify(place)).not.toContain('ss/w')
})

test.each(['redis://:hunter22@cache', 'redis+sentinel://one/main?sentinelPassword=hunter22'])(
  'a password in the settings is refused, with the way out, and not quoted: %s',
  (address) => {
    const said = placeOf(address)
    expect(said).toContain('env:NAME')
    expect(said).not.toContain('hunter22')
  },
)

test.each([
  'postgres://cache',
  'redis://:6379',
  'redis://cache?tls=1',
  'redis://cache/one',
  'redis://cache/0/1',
  'redis://cache#x',
  'redis://bot:%hunter@cache',
  'redis://cache:port',
  'cache:6379',
  'redis+sentinel://one,two',
  'redis+sentinel://one,/main',
  'redis+sentinel://one/main/x',
  'redis+sentinel://one/main?password=hunter22',
  'redis+sentinel://one/main?sentinelUsername=watch',
  'redis+cluster://one/1',
  'redis+cluster://one,two:port',
  'redis+other://one',
  'redis://one,two',
])('%s is no such address, wherever it stands', (address) => {
  expect(placeOf(address)).toMatch(/^store: /)
  const said = placeOf('env:REDIS_URL', { REDIS_URL: address })
  expect(said).toMatch(/^store: must be or refer to/)
  expect(said).not.toContain('hunter')
})

test('a reference that leads nowhere is named', () => {
  expect(placeOf('env:REDIS_URL')).toBe('store: environment variable REDIS_URL is not set')
  expect(placeOf('file:/nowhere/at/all')).toContain('/nowhere/at/all')
})

test.each([
  ['redis://bot:passw0rd@cache.example', true],
  ['redis://:passw0rd@10.0.0.7:7000/1', true],
  ['redis://:passw0rd@[fd00::1]', true],
  ['rediss://:passw0rd@cache.example', false],
  ['redis://cache.example', false],
  ['redis://:passw0rd@localhost', false],
  ['redis://:passw0rd@127.0.0.1:7000', false],
  ['redis://:passw0rd@[::1]', false],
])('a password in clear is warned of: %s, %s', (address, warned) => {
  const place = placeOf('env:REDIS_URL', { REDIS_URL: address })
  const warning = passwordInClear(place as RedisAddress)
  expect(warning !== undefined).toBe(warned)
  expect(warning ?? '').not.toContain('passw0rd')
  const stderr = new PassThrough()
  const io = anIo({ stdin: new PassThrough(), stdout: new PassThrough(), stderr, exit: () => {} })
  placeIn(io, place as RedisAddress)
  expect(String(stderr.read() ?? '')).toBe(warned ? `warning: ${warning}\n` : '')
})
