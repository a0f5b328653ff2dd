import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openApprovers } from '../../src/approvals/approvers.ts'
import { approversCommand } from '../../src/cli/approvers.ts'
import type { JournalLine } from '../../src/journal/events.ts'
import { cheapApprovers, PASSPHRASE } from '../support/approvers.ts'
import { openDesk } from './fake-io.ts'

let desk: Awaited<ReturnType<typeof openDesk>>
beforeEach(async () => {
  desk = await openDesk()
})
afterEach(() => desk.stop())

const run = (args: string[], how?: Parameters<typeof desk.run>[2]) => desk.run(approversCommand, args, how)
const names = async () => (await openApprovers(desk.store).list()).map(({ name }) => name)
const journal = async () => {
  const lines: JournalLine[] = []
  for await (const line of desk.journal.read()) lines.push(line)
  return lines
}

test('adds a person with the passphrase from standard input, and journals it', async () => {
  const { code, out } = await run(['add', 'boss', '--passphrase-stdin'], { piped: `${PASSPHRASE}\n` })
  expect(code).toBe(0)
  expect(out).toContain('boss may approve')
  expect(await openApprovers(desk.store).check('boss', PASSPHRASE)).toBe(true)
  const lines = await journal()
  const entry = { tool: 'approvers add', caller: 'ada', args: { name: 'boss' } }
  expect(lines).toMatchObject([
    { ...entry, event: 'started' },
    { ...entry, event: 'done' },
  ])
  expect(JSON.stringify(lines)).not.toContain('horse')
})

test('asks twice in the terminal', async () => {
  expect((await run(['add', 'boss'], { typed: [PASSPHRASE, PASSPHRASE] })).code).toBe(0)
  expect(await openApprovers(desk.store).check('boss', PASSPHRASE)).toBe(true)
})

test('adds nobody when the two differ', async () => {
  const { code, err } = await run(['add', 'boss'], { typed: [PASSPHRASE, `${PASSPHRASE}?`] })
  expect([code, err]).toEqual([2, expect.stringContaining('differ')])
  expect(await names()).toEqual([])
})

test.each([
  ['boss', 'short'],
  ['the boss', PASSPHRASE],
])('adds nobody as %j with %j', async (name, passphrase) => {
  const { code } = await run(['add', name, '--passphrase-stdin'], { piped: passphrase })
  expect(code).toBe(2)
  expect(await names()).toEqual([])
})

test('does not replace the passphrase of an approver', async () => {
  await cheapApprovers(desk.store).add('boss', PASSPHRASE)
  const { code, err } = await run(['add', 'Boss', '--approver', 'boss', '--passphrase-stdin'], {
    piped: `another passphrase\n${PASSPHRASE}\n`,
  })
  expect([code, err]).toEqual([1, expect.stringContaining('already')])
  expect((await journal()).map(({ event }) => event)).toEqual(['started', 'failed'])
})

test('removes a person who knows the passphrase', async () => {
  await cheapApprovers(desk.store).add('boss', PASSPHRASE)
  const wrong = await run(['remove', 'boss', '--passphrase-stdin'], { piped: 'a wrong passphrase' })
  expect(wrong.code).toBe(1)
  expect(await names()).toEqual(['boss'])
  expect((await run(['remove', 'boss', '--passphrase-stdin'], { piped: PASSPHRASE })).code).toBe(0)
  expect(await names()).toEqual([])
  expect((await journal()).map(({ tool, event }) => `${tool}: ${event}`)).toEqual([
    'approvers remove: refused',
    'approvers remove: started',
    'approvers remove: done',
  ])
})

test('lists them, and says how to begin when there are none', async () => {
  expect((await run([])).out).toContain('approvers add')
  await cheapApprovers(desk.store).add('boss', PASSPHRASE)
  expect((await run([])).out).toContain('boss')
  expect(JSON.parse((await run(['list', '--json'])).out)).toEqual({
    approvers: [{ name: 'boss', addedAt: expect.stringMatching(/^\d{4}-.*Z$/) }],
  })
})

test.each([
  [['add', 'boss'], 'passphrase-stdin'],
  [['add', 'boss', '--passphrase-stdin'], 'no passphrase'],
  [['add'], 'missing required argument'],
  [['remove', 'nobody', '--passphrase-stdin'], 'no approver'],
])('%j is wrong usage', async (args, words) => {
  const { code, err } = await run(args, { piped: '' })
  expect([code, err]).toEqual([2, expect.stringContaining(words)])
})

describe('once somebody may approve', () => {
  const SECOND = 'a passphrase of somebody else'
  beforeEach(async () => void (await cheapApprovers(desk.store).add('Boss', PASSPHRASE)))

  test('a second one is added when the first vouches for it, and the journal says so', async () => {
    const { code } = await run(['add', 'chief', '--approver', 'boss', '--passphrase-stdin'], {
      piped: `${SECOND}\n${PASSPHRASE}\n`,
    })
    expect(code).toBe(0)
    expect(await openApprovers(desk.store).check('chief', SECOND)).toBe(true)
    expect(await journal()).toMatchObject([
      { event: 'started', note: 'Boss vouched for it' },
      { event: 'done', note: 'Boss vouched for it' },
    ])
  })

  test('asks the first in the terminal too', async () => {
    const { code } = await run(['add', 'chief', '--approver', 'boss'], {
      typed: [SECOND, SECOND, PASSPHRASE],
    })
    expect(code).toBe(0)
    expect(await names()).toEqual(['Boss', 'chief'])
  })

  test.each([
    ['nobody to vouch', ['add', 'chief'], `${SECOND}\n${PASSPHRASE}\n`, 2],
    ['a wrong passphrase', ['add', 'chief', '--approver', 'boss'], `${SECOND}\nwrong wrong wrong\n`, 1],
    ['the new one to vouch', ['add', 'chief', '--approver', 'chief'], `${SECOND}\n${SECOND}\n`, 1],
    ['one passphrase alone', ['add', 'chief', '--approver', 'boss'], `${SECOND}\n`, 2],
  ])('adds nobody with %s', async (_, args, piped, expected) => {
    const { code } = await run([...args, '--passphrase-stdin'], { piped })
    expect(code).toBe(expected)
    expect(await names()).toEqual(['Boss'])
    const wanted = expected === 1 ? [{ event: 'refused', tool: 'approvers add' }] : []
    expect(await journal()).toMatchObject(wanted)
  })

  test('one may be removed by another', async () => {
    await cheapApprovers(desk.store).add('chief', SECOND)
    const args = ['remove', 'Boss', '--approver', 'chief', '--passphrase-stdin']
    expect((await run(args, { piped: SECOND })).code).toBe(0)
    expect(await names()).toEqual(['chief'])
    expect((await journal()).at(-1)).toMatchObject({ event: 'done', note: 'chief vouched for it' })
  })
})
