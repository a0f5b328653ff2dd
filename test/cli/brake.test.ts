import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { brakeCommand } from '../../src/cli/brake.ts'
import { limitsCommand } from '../../src/cli/limits.ts'
import type { JournalLine } from '../../src/journal/events.ts'
import { openFreezes } from '../../src/limits/freezes.ts'
import { storeLedger } from '../../src/limits/ledger.ts'
import { storePeople } from '../../src/limits/people.ts'
import { cheapApprovers, PASSPHRASE } from '../support/approvers.ts'
import { openDesk, TRICKS } from './fake-io.ts'

let desk: Awaited<ReturnType<typeof openDesk>>
beforeEach(async () => {
  desk = await openDesk()
})
afterEach(() => desk.stop())

const brake = (args: string[], piped?: string) =>
  desk.run(brakeCommand, args, piped === undefined ? {} : { piped })
const limits = (args: string[], piped?: string) =>
  desk.run(limitsCommand, args, piped === undefined ? {} : { piped })
const journal = async () => {
  const lines: JournalLine[] = []
  for await (const line of desk.journal.read()) lines.push(line)
  return lines
}
const stopped = (tenant = 'acme', caller = 'bot') =>
  openFreezes(desk.store)
    .check({ caller: { id: caller }, tenants: [tenant] })
    .then(
      () => 'goes on',
      ({ code }) => code,
    )

describe('the brake', () => {
  test('is off until somebody puts it on, and says so', async () => {
    expect((await brake([])).out).toContain('off')
    expect(JSON.parse((await brake(['status', '--json'])).out)).toEqual({ on: false, brakes: [] })
    expect(await stopped()).toBe('goes on')
  })

  test('freezes everything, or one tenant, with a reason, and is journalled', async () => {
    expect((await brake(['on', '--tenant', 'acme', '--reason', 'odd things'])).code).toBe(0)
    expect([await stopped('acme'), await stopped('beta')]).toEqual(['refused', 'goes on'])
    await brake(['on'])
    expect(await stopped('beta')).toBe('refused')
    expect(JSON.parse((await brake(['--json'])).out)).toMatchObject({
      on: true,
      brakes: [{ tenant: 'acme', by: 'ada', why: 'odd things' }, { by: 'ada' }],
    })
    expect(await journal()).toMatchObject([
      { tool: 'brake on', event: 'done', caller: 'ada', args: { tenant: 'acme', reason: 'odd things' } },
      { tool: 'brake on', event: 'done' },
    ])
  })

  test('goes off everywhere, or in one tenant', async () => {
    for (const tenant of ['acme', 'beta']) await brake(['on', '--tenant', tenant])
    await brake(['on'])
    await brake(['off', '--tenant', 'acme'])
    expect(await openFreezes(desk.store).list()).toMatchObject([{ tenant: 'beta' }, { by: 'ada' }])
    expect((await brake(['off'])).out).toContain('off')
    expect(await stopped('beta')).toBe('goes on')
    expect((await journal()).slice(-2)).toMatchObject([
      { tool: 'brake off', event: 'started' },
      { tool: 'brake off', event: 'done' },
    ])
  })

  test('needs nobody to go on, and an approver to go off', async () => {
    await cheapApprovers(desk.store).add('boss', PASSPHRASE)
    expect((await brake(['on'])).code).toBe(0)
    expect((await brake(['off'])).code).toBe(2)
    expect((await brake(['off', '--approver', 'boss', '--passphrase-stdin'], 'wrong')).code).toBe(1)
    expect(await stopped()).toBe('refused')
    expect((await brake(['off', '--approver', 'boss', '--passphrase-stdin'], PASSPHRASE)).code).toBe(0)
    expect(await stopped()).toBe('goes on')
    expect((await journal()).map(({ event, note }) => [event, note])).toEqual([
      ['done', undefined],
      ['refused', 'wrong passphrase for the approver "boss"'],
      ['started', 'boss vouched for it'],
      ['done', 'boss vouched for it'],
    ])
  })

  test('goes on even when the journal cannot be written, and does not go off then', async () => {
    desk.journal.append = () => Promise.reject(Object.assign(new Error('disk full')))
    await expect(brake(['on'])).rejects.toThrow('disk full')
    expect(await stopped()).toBe('refused')
    await expect(brake(['off'])).rejects.toThrow('disk full')
    expect(await stopped()).toBe('refused')
  })

  test('stays on the paused when it goes off', async () => {
    await openFreezes(desk.store).put({ caller: 'bot', at: Date.now(), by: 'a limit' })
    await brake(['on'])
    await brake(['off'])
    expect([await stopped('acme', 'bot'), await stopped('acme', 'other')]).toEqual([
      'limit_reached',
      'goes on',
    ])
  })

  test('plays no tricks on the terminal', async () => {
    await brake(['on', '--reason', 'red \u001b[31m \u202e alert'])
    expect((await brake([])).out).not.toMatch(TRICKS)
  })
})

describe('limits', () => {
  const CALLER = 'local:ada'
  const COUNT = JSON.stringify(['limit', 'caller', CALLER])
  const spend = () => storePeople(desk.store).take(COUNT, { perDay: 1 }, ['grace@example.com'], 60_000)
  const pause = () =>
    openFreezes(desk.store).put({ caller: CALLER, at: 0, by: 'different people: 1 a day', counts: [COUNT] })

  test('lists who is paused, and why', async () => {
    expect((await limits([])).out).toContain('No caller is paused')
    await pause()
    expect((await limits([])).out).toMatch(/local:ada .*1970.* different people: 1 a day/)
    expect(JSON.parse((await limits(['list', '--json'])).out)).toEqual({
      paused: [{ caller: CALLER, limit: 'different people: 1 a day', since: '1970-01-01T00:00:00.000Z' }],
    })
  })

  test('lifts one, journals it, and starts its count anew', async () => {
    await spend()
    const ledger = storeLedger(desk.store)
    await ledger.take(COUNT, { perDay: 1 })
    expect(await storePeople(desk.store).take(COUNT, { perDay: 1 }, ['eve@example.com'], 1)).toBeUndefined()
    await pause()
    expect((await limits(['lift', CALLER])).code).toBe(0)
    expect(await stopped('acme', CALLER)).toBe('goes on')
    expect(await spend()).toBeDefined()
    expect(await ledger.take(COUNT, { perDay: 1 })).toHaveProperty('ticket')
    expect(await journal()).toMatchObject([
      { tool: 'limits lift', event: 'started', args: { caller: CALLER } },
      { tool: 'limits lift', event: 'done' },
    ])
  })

  test('takes an approver to lift, once there is one, and somebody who is paused', async () => {
    await cheapApprovers(desk.store).add('boss', PASSPHRASE)
    await pause()
    expect((await limits(['lift', CALLER])).code).toBe(2)
    expect((await limits(['lift', CALLER, '--approver', 'boss', '--passphrase-stdin'], 'wrong')).code).toBe(1)
    expect(await stopped('acme', CALLER)).toBe('limit_reached')
    const right = await limits(['lift', CALLER, '--approver', 'boss', '--passphrase-stdin'], PASSPHRASE)
    expect(right.code).toBe(0)
    expect((await limits(['lift', CALLER])).code).toBe(2)
  })
})
