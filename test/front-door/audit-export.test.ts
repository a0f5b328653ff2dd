// @module-tag long

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type CannedReply, type ReceivedRequest, serveCanned } from '../support/canned.ts'
import { ocsfFaults } from '../support/ocsf.ts'
import { openSetup } from '../support/world.ts'

const TENANT = 'acme-netskope'
const SINCE = ['--since', '2020-01-01']

async function open() {
  const { close, ...setup } = await openSetup({
    sandbox: { events: 12_345 },
    env: { COLLECTOR_TOKEN: 'collector-token' },
  })
  return { ...setup, [Symbol.asyncDispose]: close }
}
const linesOf = (text: string) => text.split(/\r?\n/).filter((line) => line !== '')
const ids = (lines: readonly string[]) => lines.map((line) => (JSON.parse(line) as { id: string }).id)

test('an export has every event once, by one request a page, and goes on where it stopped', async () => {
  await using setup = await open()
  const { netskope } = setup
  const out = join(setup.folder, 'events.jsonl')
  const asked = ['audit', 'export', TENANT, '--out', out]
  const before = netskope.arrivals.length
  expect(await setup.run([...asked, ...SINCE])).toMatchObject({
    code: 0,
    stderr: '',
    stdout: '12345 events\n',
  })
  expect(netskope.arrivals.length - before).toBeLessThanOrEqual(4)
  expect(new Set(ids(linesOf(readFileSync(out, 'utf8'))))).toEqual(
    new Set(netskope.events.map(({ _id }) => _id)),
  )
  // Two more, of which the app indexes one only now.
  const [last] = netskope.events.slice(-1)
  if (!last) throw new TypeError('there are no events')
  const at = (seconds: number) => Math.floor(Date.now() / 1_000) - seconds
  const events = netskope.events as (typeof last)[]
  events.push({ ...last, _id: 'new', timestamp: at(0) }, { ...last, _id: 'late', timestamp: at(300) })
  expect(await setup.run(asked)).toMatchObject({ code: 0, stdout: '2 events\n' })
  const lines = linesOf(readFileSync(out, 'utf8'))
  expect(lines).toHaveLength(12_347)
  expect(ids(lines.slice(-2)).sort()).toEqual(['late', 'new'])
})

test.each([
  ['--format', 'csv'],
  ['--format', 'ocsf'],
])('goes to the output %s %s', async (...format) => {
  await using setup = await open()
  const { stdout, code } = await setup.run(['audit', 'export', TENANT, ...SINCE, ...format])
  expect(code).toBe(0)
  expect(linesOf(stdout)).toHaveLength(format[1] === 'csv' ? 12_346 : 12_345)
  if (format[1] === 'ocsf')
    expect(
      linesOf(stdout).flatMap((line) => ocsfFaults(JSON.parse(line) as Record<string, unknown>)),
    ).toEqual([])
})

/** A collector that answers so, and what it got. */
async function collect(kind: string, answer: (arrived: ReceivedRequest, index: number) => CannedReply) {
  const setup = await open()
  const collector = await serveCanned(answer)
  const words = ['audit', 'export', TENANT, '--to', `${collector.url}/services/collector`, '--kind', kind]
  return {
    ...setup,
    collector,
    export: () => setup.run([...words, ...SINCE, '--token', 'env:COLLECTOR_TOKEN']),
    async [Symbol.asyncDispose]() {
      await collector[Symbol.asyncDispose]()
      await setup[Symbol.asyncDispose]()
    },
  }
}

test('a collector gets lines of JSON with its token, and nothing twice when it runs again', async () => {
  await using world = await collect('jsonl', (_, index) => (index === 1 ? { status: 503 } : {}))
  expect(await world.export()).toMatchObject({ code: 0, stdout: '12345 events\n' })
  const { asked } = world.collector
  expect(asked.every(({ headers }) => headers.authorization === 'Bearer collector-token')).toBe(true)
  // The one that was refused came again.
  expect(asked[1]?.text).toBe(asked[2]?.text)
  const taken = asked.filter((_, index) => index !== 1).flatMap(({ text }) => linesOf(text))
  expect(new Set(ids(taken)).size).toBe(12_345)
  expect(taken).toHaveLength(12_345)
  expect(await world.export()).toMatchObject({ code: 0, stdout: '0 events\n' })
})

test('Splunk gets its own form', async () => {
  await using world = await collect('hec', () => ({ body: { text: 'Success', code: 0 } }))
  expect(await world.export()).toMatchObject({ code: 0 })
  const [first] = world.collector.asked
  expect(first?.headers.authorization).toBe('Splunk collector-token')
  const [one] = first?.text.split(/(?<=\})(?=\{"time")/) ?? []
  expect(JSON.parse(one ?? '')).toEqual({
    time: expect.any(Number),
    sourcetype: '_json',
    event: expect.objectContaining({ tenant: TENANT, source: 'app' }),
  })
})

test('a collector that refuses ends the export, and is not asked again for what it took', async () => {
  let isOpen = false
  await using world = await collect('jsonl', () => (isOpen ? {} : { status: 403 }))
  const refused = await world.export()
  expect(refused).toMatchObject({ code: 1, stdout: '' })
  expect(refused.stderr).toContain('403')
  expect(refused.stderr).not.toContain('collector-token')
  expect(world.collector.asked).toHaveLength(1)
  isOpen = true
  expect(await world.export()).toMatchObject({ code: 0, stdout: '12345 events\n' })
})

test.each([
  ['no time to begin', ['audit', 'export', TENANT]],
  ['a tenant that there is not', ['audit', 'export', 'nobody', ...SINCE]],
  [
    'an address in clear',
    [
      'audit',
      'export',
      TENANT,
      ...SINCE,
      '--to',
      'http://collector.example',
      '--token',
      'env:COLLECTOR_TOKEN',
    ],
  ],
  [
    'a token in clear',
    ['audit', 'export', TENANT, ...SINCE, '--to', 'https://collector.example', '--token', 'collector-token'],
  ],
  ['two places', ['audit', 'export', TENANT, ...SINCE, '--to', 'https://collector.example', '--out', 'x']],
  ['another format', ['audit', 'export', TENANT, ...SINCE, '--format', 'xml']],
])('%s is wrong usage', async (_, words) => {
  await using setup = await open()
  expect(await setup.run(words)).toMatchObject({ code: 2, stdout: '' })
})

test('audit follow outlasts an outage, says so once, and tells what happened meanwhile', async () => {
  await using setup = await open()
  const program = setup.start(['audit', 'follow', TENANT, '--every', '1', '--config', setup.config])
  let [told, said] = ['', '']
  program.stdout.on('data', (piece) => {
    told += String(piece)
  })
  program.stderr.on('data', (piece) => {
    said += String(piece)
  })
  setup.netskope.faults.set([{ fault: 'server-error', status: 503 }])
  await expect.poll(() => said, { timeout: 60_000 }).toContain('Looking again.')
  const [last] = setup.netskope.events.slice(-1)
  if (!last) throw new TypeError('there are no events')
  const now = Math.floor(Date.now() / 1_000)
  ;(setup.netskope.events as (typeof last)[]).push({ ...last, _id: 'meanwhile', timestamp: now })
  setup.netskope.faults.clear()
  await expect
    .poll(() => linesOf(told).filter((line) => line.includes('meanwhile')), { timeout: 60_000 })
    .toHaveLength(1)
  await expect.poll(() => said).toContain('goes on where it stopped')
  program.kill('SIGTERM')
  expect(await program.ended).toBe(0)
  expect(said.split('Looking again.')).toHaveLength(2)
})

test('audit follow tells what happens, until it is stopped', async () => {
  await using setup = await open()
  const program = setup.start(['audit', 'follow', TENANT, '--every', '1', '--config', setup.config])
  let told = ''
  program.stdout.on('data', (piece) => {
    told += String(piece)
  })
  await new Promise((resolve) => setTimeout(resolve, 500))
  const [last] = setup.netskope.events.slice(-1)
  if (!last) throw new TypeError('there are no events')
  const now = Math.floor(Date.now() / 1_000)
  ;(setup.netskope.events as (typeof last)[]).push({ ...last, _id: 'followed', timestamp: now })
  await expect.poll(() => linesOf(told).filter((line) => line.includes('followed'))).toHaveLength(1)
  await new Promise((resolve) => setTimeout(resolve, 2_200))
  program.kill('SIGTERM')
  expect(await program.ended).toBe(0)
  expect(linesOf(told).filter((line) => line.includes('followed'))).toHaveLength(1)
})
