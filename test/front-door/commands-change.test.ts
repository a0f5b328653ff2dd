// @module-tag long

import { describe, expect, test } from 'vitest'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { atTerminal } from '../support/at-terminal.ts'
import { shareWorld } from '../support/sharing.ts'
import { openWorld, type World, type WorldOptions } from '../support/world.ts'

const TENANT = 'acme-netskope'
const WHY = ['--reason', 'left the company']
const YES = ['y']
const NO = ['n']
const CTRL_C = ['\u0003']

const shared = shareWorld(() => openWorld())

/** Somebody new, who is to be deactivated at a terminal. */
function somebody(world: World = shared()) {
  const { userName: user } = world.newcomer()
  const words = ['deactivate', user, '--tenants', TENANT, ...WHY]
  return { user, words, isActive: () => world.netskope.user(user).active, since: world.since() }
}

describe('deactivate and reactivate at a terminal', () => {
  test('show the plan, ask, and do what was agreed to, as the user of the machine', async () => {
    const { user, words, isActive, since } = somebody()
    const first = await atTerminal(shared(), words, { typed: YES, columns: 120 })
    expect(first.out).toContain(`(${user}) in Netskope, tenant ${TENANT}: active → inactive.`)
    expect(first.out.indexOf('active → inactive')).toBeLessThan(first.out.indexOf('Do this?'))
    expect(first.out).toMatch(new RegExp(`^${TENANT} +${user} +deactivated +yes`, 'm'))
    expect([first.code, isActive()]).toEqual([0, false])
    expect(since.journal()).toMatchObject(
      ['asked', 'approved', 'started', 'done'].map((event) => ({
        event,
        tool: 'deactivate_user',
        caller: 'local:operator',
        client: 'identity-mcp',
      })),
    )
    const [, , change] = /To undo this: .*(undo) (\w+)/.exec(first.out) ?? []
    expect(since.journal().at(-1)?.call).toBe(change)

    const back = ['reactivate', user, '--tenants', TENANT, '--reason', 'a mistake']
    expect((await atTerminal(shared(), back, { typed: YES })).code).toBe(0)
    expect(isActive()).toBe(true)
  })

  test.each([
    ['no', NO, 'The person said no'],
    ['Enter alone', [''], 'The person said no'],
    ['Ctrl+C', CTRL_C, 'closed the question'],
  ])('change nothing after %s, and the journal says so', async (_, typed, said) => {
    const { words, isActive, since } = somebody()
    const { code, err } = await atTerminal(shared(), words, { typed })
    expect([code, isActive()]).toEqual([1, true])
    expect(err).toContain(said)
    expect(since.writes()).toEqual([])
    expect(since.events()).toEqual(['asked', 'declined'])
  })

  test('ask nobody where there is nothing to change', async () => {
    const { user, words } = somebody()
    await atTerminal(shared(), words, { typed: YES })
    const { code, out } = await atTerminal(shared(), words)
    expect(code).toBe(0)
    expect(out).toMatch(new RegExp(`${user} +already inactive`))
    expect(out).not.toContain('Do this?')
  })

  test('ask for what is missing: who, where and why', async () => {
    const { user, isActive } = somebody()
    const { code, out } = await atTerminal(shared(), ['deactivate'], { typed: [user, ' ', 'left', 'y'] })
    expect(out.indexOf('of the person')).toBeLessThan(out.indexOf('Where to deactivate'))
    expect([code, isActive()]).toEqual([0, false])
  })

  test('pick no app by themselves', async () => {
    const { user, isActive, since } = somebody()
    const { code } = await atTerminal(shared(), ['deactivate', user, ...WHY], { typed: ['\r\u0003'] })
    expect([code, isActive()]).toEqual([1, true])
    expect(since.writes()).toEqual([])
  })

  test('give the result as JSON and CSV, and ask beside it', async () => {
    const [one, other] = [somebody(), somebody()]
    const json = await atTerminal(shared(), [...one.words, '--json'], { typed: YES, columns: 120 })
    expect(JSON.parse(json.out)).toMatchObject({ status: 'done', results: [{ outcome: 'deactivated' }] })
    expect(json.err).toContain('active → inactive')
    const csv = await atTerminal(shared(), [...other.words, '--csv'], { typed: YES })
    expect(csv.out).toMatch(new RegExp(`\r\n${TENANT},${other.user},deactivated,,yes,,`))
  })
})

describe('no way round a person', () => {
  test.each([['--yes'], ['-y'], ['--force'], ['--confirm'], ['--approval-id=K7Q2-M9XD-41']])(
    'no option says yes: %s',
    async (option) => {
      const { words, isActive, since } = somebody()
      const { code } = await shared().run([...words, option])
      expect([code, isActive()]).toEqual([2, true])
      expect(since.journal()).toEqual([])
    },
  )

  test('what is piped in is no answer: where nobody can be asked, an approver decides', async () => {
    const { words, isActive, since } = somebody()
    const { code, stdout } = await shared().run(words, { stdin: 'y\ny\nyes\n' })
    expect([code, isActive()]).toEqual([3, true])
    expect(stdout).toContain('Nothing is changed yet')
    expect(stdout).toMatch(/approvals approve \S+ --approver NAME/)
    expect(since.writes()).toEqual([])
  })

  test('once approved, the same command goes through, once, and no other does', async () => {
    await using world = await openWorld()
    await addApprovers(world, 'grace')
    const { words, isActive } = somebody(world)
    const { stdout } = await world.run(words)
    const [, id = ''] = /approvals approve (\S+)/.exec(stdout) ?? []
    const approve = ['approvals', 'approve', id, '--approver', 'grace', '--passphrase-stdin']
    expect((await world.run(approve, { stdin: `${PASSPHRASE}\n` })).code).toBe(0)
    const other = somebody(world)
    expect((await world.run(other.words)).code).toBe(3)
    expect((await world.run(words)).code).toBe(0)
    expect([isActive(), other.isActive()]).toEqual([false, true])
    const again = words.map((word) => (word === 'deactivate' ? 'reactivate' : word))
    expect((await world.run(again)).code).toBe(3)
    expect(isActive()).toBe(false)
  })

  test.each<[string, WorldOptions, number, string]>([
    [
      'the settings want an approver',
      { settings: { confirm: { removes: 'approve' } } },
      3,
      'approvals approve',
    ],
    ['the person is protected', { settings: { protected: ['newcomer-*'] } }, 1, 'protected'],
    ['the server only reads', { settings: { readOnly: true } }, 1, 'read'],
    ['the limit is reached', { settings: { limits: { removesPerHour: 1 } } }, 1, 'hour'],
  ])('a person at a terminal is under the guards like an agent: %s', async (what, options, code, said) => {
    await using world = await openWorld(options)
    if (what.includes('limit')) await atTerminal(world, somebody(world).words, { typed: YES })
    const { words, isActive, since } = somebody(world)
    const ran = await atTerminal(world, words, { typed: YES })
    expect([ran.code, isActive()]).toEqual([code, true])
    expect(`${ran.out}${ran.err}`).toContain(said)
    expect(since.writes()).toEqual([])
  })

  test.each([[['--read-only']], [['--tools', 'read,write']]])(
    'what the command line leaves out is refused: %s',
    async (options) => {
      const { words, isActive } = somebody()
      const ran = await atTerminal(shared(), [...options, ...words], { typed: YES })
      expect([ran.code, isActive()]).toEqual([1, true])
    },
  )

  test('nobody is asked where the settings ask nobody', async () => {
    await using world = await openWorld({ settings: { confirm: { removes: 'none' } } })
    const { words, isActive } = somebody(world)
    expect((await world.run(words)).code).toBe(0)
    expect(isActive()).toBe(false)
  })

  test.each([
    ['the user name', 0, false],
    ['something else', 2, true],
    ['y', 2, true],
  ])('a high-impact change takes the user name, typed: %s', async (typed, code, active) => {
    await using world = await openWorld({
      settings: { confirm: { admins: 'ask' } },
      tenants: (own) => ({ 'acme-gainsight': { ...own['acme-gainsight'], superAdminWrites: true } }),
    })
    const app = world.sandbox.tenants['acme-gainsight']
    const user = 'grace@example.com'
    const words = ['deactivate', user, '--tenants', 'acme-gainsight', ...WHY]
    const answer = typed === 'the user name' ? user : typed
    const ran = await atTerminal(world, words, { typed: [answer] })
    expect([ran.code, app.user(user).active]).toEqual([code, active])
    expect(ran.out).toContain('high-impact')
  })

  test('of several accounts that one name could mean, the terminal lists them and changes none', async () => {
    const email = 'shared@example.com'
    for (const userName of ['first.shared', 'second.shared'])
      shared().netskope.addUser({ userName, emails: [{ value: email, primary: true }] })
    const since = shared().since()
    const { code, err } = await atTerminal(shared(), ['deactivate', email, '--tenants', TENANT, ...WHY])
    expect(code).toBe(1)
    expect(err).toMatch(/first\.shared in acme-netskope, id/)
    expect(err).toMatch(/second\.shared in acme-netskope, id/)
    expect(since.writes()).toEqual([])
  })

  test.each([
    ['a missing person', ['deactivate', '--tenants', TENANT, ...WHY]],
    ['missing tenants', ['deactivate', 'ada@example.com', ...WHY]],
    ['a missing reason', ['deactivate', 'ada@example.com', '--tenants', TENANT]],
    ['an unknown tenant', ['deactivate', 'ada@example.com', '--tenants', 'acme-nowhere', ...WHY]],
    ['an empty tenant', ['deactivate', 'ada@example.com', '--tenants', '', ...WHY]],
    ['nobody', ['deactivate', 'nobody@example.com', '--tenants', TENANT, ...WHY]],
  ])('ends with 2 for %s', async (_, words) => {
    expect(await shared().run(words)).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('other commands', () => {
  test.each([
    [['compare'], '--truth TENANT'],
    [['tasks', 'done', 'T-1'], '--owner NAME'],
    [['tasks', 'done', 'T-1', '--owner', 'grace'], '--saw TEXT'],
  ])('say what to add where nobody can be asked: %j', async (words, option) => {
    expect(await shared().run(words)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(`Add ${option}`),
    })
  })

  test('ask at a terminal for what is missing', async () => {
    const { out, err } = await atTerminal(shared(), ['compare'], { typed: ['acme-nowhere'] })
    expect(out).toContain('The tenant that is right')
    expect(err).toContain('acme-nowhere')
    const lift = ['brake', 'off']
    await using world = await openWorld()
    await addApprovers(world, 'grace')
    await world.run(['brake', 'on'])
    const { code, out: said } = await atTerminal(world, lift, { typed: ['grace', PASSPHRASE] })
    expect([code, said]).toEqual([0, expect.stringContaining('The brake is off.')])
  })
})
