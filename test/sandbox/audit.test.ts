import { expect, test } from 'vitest'
import { type Answer, AUDIT, openSandbox } from './asking.ts'

const result = ({ json }: Answer) => json.result as { _id: string; timestamp: number; user: string }[]
const START = Date.UTC(2026, 2, 1)

test('holds about 1,500 events of the last 30 days, newest first', async () => {
  await using sandbox = await openSandbox({ events: undefined, now: () => START })
  const answer = await sandbox.ask('GET', `${AUDIT}?limit=5000`)
  expect(answer.json.ok).toBe(1)
  const times = result(answer).map(({ timestamp }) => timestamp)
  expect(times).toHaveLength(1_500)
  expect(times).toEqual(times.toSorted((one, other) => other - one))
  expect(Math.max(...times)).toBeLessThan(START / 1000)
  expect(Math.min(...times)).toBeGreaterThanOrEqual(START / 1000 - 30 * 86_400 - 1)
})

test('is paged by offset, with no event twice and none missed', async () => {
  await using sandbox = await openSandbox()
  const pages = await Promise.all(
    [0, 20, 40, 60].map((offset) => sandbox.ask('GET', `${AUDIT}?limit=20&offset=${offset}`)),
  )
  expect(pages.map((page) => result(page).length)).toEqual([20, 20, 10, 0])
  expect(new Set(pages.flatMap(result).map(({ _id }) => _id)).size).toBe(50)
})

test.each([
  ['offset', 'skip'],
  ['skip', 'offset'],
] as const)('with auditOffset %s takes no notice of %s', async (auditOffset, other) => {
  await using sandbox = await openSandbox({ auditOffset })
  const first = async (query: string) => result(await sandbox.ask('GET', `${AUDIT}?limit=1${query}`))[0]?._id
  const newest = await first('')
  expect(await first(`&${other}=5`)).toBe(newest)
  expect(await first(`&${auditOffset}=5`)).not.toBe(newest)
})

test('is narrowed by time, both ends included', async () => {
  await using sandbox = await openSandbox()
  const times = sandbox.netskope.events.map(({ timestamp }) => timestamp)
  const [from = 0, to = 0] = [times[10], times[20]]
  const found = result(await sandbox.ask('GET', `${AUDIT}?starttime=${from}&endtime=${to}`))
  expect(found).toHaveLength(times.filter((time) => time >= from && time <= to).length)
})

test('is narrowed by a query', async () => {
  await using sandbox = await openSandbox({ events: 400 })
  const query = async (text: string) =>
    result(await sandbox.ask('GET', `${AUDIT}?limit=5000&query=${encodeURIComponent(text)}`))
  const hers = await query('user eq "grace@example.com"')
  expect(hers.length).toBeGreaterThan(0)
  expect(new Set(hers.map(({ user }) => user))).toEqual(new Set(['grace@example.com']))
  const logins = await query('user eq "grace@example.com" and audit_log_event eq "Login Failed"')
  expect(logins.length).toBeGreaterThan(0)
  expect(logins.length).toBeLessThan(hers.length)
  expect(await query('user eq "nobody@example.com"')).toEqual([])
})

test.each([
  'limit=5001',
  'limit=0',
  'limit=ten',
  'offset=-1',
  'starttime=2026-03-01',
  `query=${encodeURIComponent('user like "x"')}`,
  `query=${encodeURIComponent('shoe eq "x"')}`,
])('refuses %s', async (query) => {
  await using sandbox = await openSandbox()
  expect((await sandbox.ask('GET', `${AUDIT}?${query}`)).status).toBe(400)
})

test('tells of every change that was made through the API, and of no refused one', async () => {
  await using sandbox = await openSandbox()
  const { id } = sandbox.netskope.user('ada@example.com')
  await sandbox.patch(`/Users/${id}`, { op: 'replace', path: 'active', value: false })
  await sandbox.patch(`/Users/${id}`, { op: 'replace', path: 'wings', value: 2 })
  expect(sandbox.netskope.events).toHaveLength(51)
  const [newest] = result(await sandbox.ask('GET', `${AUDIT}?limit=1`))
  expect(newest).toMatchObject({
    user: 'api-token-scim',
    audit_log_event: 'SCIM User updated',
    supporting_data: { data_type: 'user', data_values: ['ada@example.com'] },
  })
})
