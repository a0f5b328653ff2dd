// @module-tag long

import { describe, expect, test } from 'vitest'
import { displayWidth } from '../../src/cli/display-width.ts'
import { TRICKS } from '../cli/fake-io.ts'
import { atTerminal } from '../support/at-terminal.ts'
import { shareWorld } from '../support/sharing.ts'
import { openWorld } from '../support/world.ts'

const TENANT = 'acme-netskope'
const shared = shareWorld(() => openWorld({ tenants: (own) => own }))

const widest = (text: string) => Math.max(...text.split('\n').map(displayWidth))
/** The rows of a CSV text, without its headings; no cell of these tests has a line break. */
const csvRows = (text: string) => text.trimEnd().split('\r\n').slice(1)

describe('find', () => {
  test('shows the accounts of a person in every app', async () => {
    const { code, out } = await atTerminal(shared(), ['find', 'ada@example.com'])
    expect(code).toBe(0)
    for (const tenant of ['acme-netskope', 'acme-gainsight', 'acme-mindtickle'])
      expect(out).toMatch(new RegExp(`^${tenant} +ada@example.com +Ada Lovelace +active$`, 'm'))
    expect(widest(out)).toBeLessThanOrEqual(80)
  })

  test('is one JSON document, as the tool answers', async () => {
    const { code, stdout } = await shared().run(['find', 'ada@example.com', '--json'])
    const answer = await shared().call('find_user', { user: 'ada@example.com', fields: undefined })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ people: answer.people, complete: true })
  })

  test('is CSV with every column', async () => {
    const { code, stdout, stderr } = await shared().run([
      'find',
      'ada@example.com',
      '--csv',
      '--tenants',
      TENANT,
    ])
    const { id } = shared().netskope.user('ada@example.com')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.split('\r\n')[0]).toBe('tenant,userName,name,status,email,id,externalId')
    expect(csvRows(stdout)).toEqual([
      expect.stringMatching(`^${TENANT},ada@example.com,Ada Lovelace,active,,${id},`),
    ])
  })

  test('ends with 1 where nobody is found, and says where', async () => {
    const { code, stdout } = await shared().run(['find', 'nobody@example.com'])
    expect(code).toBe(1)
    expect(stdout).toContain('Nobody is found.')
    expect(stdout).toMatch(/Absent in: .*acme-gainsight/)
  })

  test('ends with 1 where an app was not searched, in every form', async () => {
    await using world = await openWorld({ sandbox: { faults: [{ fault: 'unavailable' }] } })
    for (const words of [[], ['--json'], ['--csv']]) {
      const { code, stdout, stderr } = await world.run(['find', 'ada@example.com', ...words])
      expect(code).toBe(1)
      expect(`${stdout}${stderr}`).toContain(words[0] === '--json' ? 'not_searched' : 'was not searched')
    }
  })

  test('asks whom to find at a terminal, and says what is missing where there is none', async () => {
    const { code, out } = await atTerminal(shared(), ['find'], { typed: ['ada@example.com'] })
    expect([code, out]).toEqual([0, expect.stringContaining('Ada Lovelace')])
    expect(await shared().run(['find'])).toMatchObject({ code: 2, stdout: '' })
  })

  test.each([
    ['an unknown tenant', ['find', 'ada@example.com', '--tenants', 'acme-nowhere'], 'acme-nowhere'],
    ['two forms', ['find', 'ada@example.com', '--json', '--csv'], 'cannot be used with'],
    ['two names', ['find', 'ada', 'lovelace'], 'too many arguments'],
  ])('ends with 2 for %s', async (_, words, said) => {
    expect(await shared().run(words)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(said),
    })
  })
})

describe('list', () => {
  test('without a tenant names the apps', async () => {
    const { out, code } = await atTerminal(shared(), ['list'])
    expect(code).toBe(0)
    expect(out).toMatch(/^acme-mindtickle +Mindtickle +mindtickle$/m)
    const { tenants } = JSON.parse((await shared().run(['list', '--json'])).stdout)
    expect(tenants).toHaveLength(Object.keys(shared().sandbox.settings.tenants).length)
  })

  test('of many apps that are alike tells of each what it is', async () => {
    const names = Array.from({ length: 15 }, (_, at) => `tenant-${at}`)
    await using world = await openWorld({
      tenants: (own) =>
        Object.fromEntries(names.map((name) => [name, { ...own[TENANT], url: `https://${name}.example` }])),
    })
    const { stdout } = await world.run(['list', '--csv'])
    expect(csvRows(stdout).map((row) => row.split(',').slice(0, 3))).toEqual(
      names.map((name) => [name, 'Netskope', 'netskope']),
    )
  })

  test.each([['--json'], ['--csv']])(
    'has every account once, however many pages it takes (%s)',
    async (form) => {
      const { code, stdout } = await shared().run(['list', TENANT, form])
      const names =
        form === '--json'
          ? JSON.parse(stdout).accounts.map(({ userName }: { userName: string }) => userName)
          : csvRows(stdout).map((row) => row.split(',')[1])
      expect(code).toBe(0)
      expect(names.sort()).toEqual(
        shared()
          .netskope.users.map(({ userName }) => userName)
          .sort(),
      )
    },
  )

  test('is whole in a pipe, and cut in a terminal', async () => {
    const name = `Dr. ${'Maximiliane '.repeat(8)}Ω`
    const { userName } = shared().netskope.addUser({ userName: 'long-name@example.com', displayName: name })
    expect((await shared().run(['list', TENANT])).stdout).toMatch(new RegExp(`${userName} +${name}`))
    const { out } = await atTerminal(shared(), ['list', TENANT, '--match', `userName=${userName}`])
    expect(out).toContain('…')
    expect(widest(out)).toBeLessThanOrEqual(80)
  })

  test('takes the columns that wide names take', async () => {
    shared().netskope.addUser({ userName: 'taro@example.com', displayName: '山田太郎' })
    const { out } = await atTerminal(shared(), ['list', TENANT, '--match', 'userName=taro@example.com'])
    const [head = '', row = ''] = out.split('\n')
    expect(displayWidth(row.slice(0, row.indexOf('active')))).toBe(head.indexOf('STATUS'))
  })

  test('stops at the limit and says that there is more', async () => {
    const { code, stdout } = await shared().run(['list', TENANT, '--limit', '7'])
    expect(code).toBe(0)
    expect(stdout.split('\n').filter((line) => line.includes('@'))).toHaveLength(7)
    expect(stdout).toContain('There are more than these 7')
    const { accounts, complete } = JSON.parse(
      (await shared().run(['list', TENANT, '--limit', '7', '--json'])).stdout,
    )
    expect([accounts.length, complete]).toEqual([7, false])
  })

  test('shows the accounts and the fields that were asked for', async () => {
    const inactive = shared().netskope.users.filter(({ active }) => !active)
    const { stdout } = await shared().run([
      'list',
      TENANT,
      '--match',
      'status=inactive',
      '--fields',
      'status',
      '--csv',
    ])
    expect(stdout.split('\r\n')[0]).toBe('tenant,id,userName,status')
    expect(csvRows(stdout)).toHaveLength(inactive.length)
    expect(csvRows(stdout).every((row) => row.endsWith(',inactive'))).toBe(true)
  })

  test.each([
    ['a match without a value', [TENANT, '--match', 'status'], 'status=inactive'],
    ['a field that is none', [TENANT, '--match', 'colour=red'], 'colour'],
    ['a column that is none', [TENANT, '--fields', 'colour'], 'fields'],
    ['a limit that is no number', [TENANT, '--limit', 'few'], '--limit'],
    ['a match without a tenant', ['--match', 'status=active'], 'tenant'],
    ['an unknown tenant', ['acme-nowhere'], 'acme-nowhere'],
  ])('ends with 2 for %s', async (_, words, said) => {
    expect(await shared().run(['list', ...words])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(said),
    })
  })

  test('ends with 1 and prints nothing where the app cannot be asked', async () => {
    await using world = await openWorld({ sandbox: { faults: [{ fault: 'unavailable' }] } })
    expect(await world.run(['list', TENANT])).toMatchObject({ code: 1, stdout: '' })
  })
})

describe('groups', () => {
  test('are those of every app that shows them, with what could not be read', async () => {
    const { code, stdout } = await shared().run(['groups'])
    expect(stdout).toMatch(/^acme-netskope +Engineering/m)
    expect(stdout).toMatch(/^acme-gainsight +Engineering/m)
    expect(stdout).toContain('acme-mindtickle was not read')
    expect(code).toBe(1)
  })

  test('of one tenant, and the members of one', async () => {
    const [group] = shared().netskope.groups
    expect((await shared().run(['groups', TENANT])).code).toBe(0)
    const { code, stdout } = await shared().run(['groups', TENANT, group?.displayName ?? '', '--json'])
    const { members, complete } = JSON.parse(stdout)
    expect([code, complete]).toEqual([0, true])
    expect(members.map(({ id }: { id: string }) => id).sort()).toEqual(
      group?.members?.map(({ value }) => value).sort(),
    )
  })

  test('that are not there are wrong usage, and the hint is a command', async () => {
    const { code, stderr } = await shared().run(['groups', TENANT, 'No Such Group'])
    expect(code).toBe(2)
    expect(stderr).toContain('There is no group "No Such Group"')
    expect(stderr).toMatch(/main\.js groups` without/)
  })
})

describe('audit', () => {
  test.each([
    ['by its name alone', ['audit', TENANT]],
    ['with show', ['audit', 'show', TENANT]],
  ])('shows the log of an app, newest first, %s', async (_, words) => {
    const { code, stdout } = await shared().run([...words, '--limit', '20', '--json'])
    const { events } = JSON.parse(stdout)
    const times = events.map(({ time }: { time: string }) => time)
    expect([code, events.length]).toEqual([0, 20])
    expect(times).toEqual(times.toSorted().reverse())
    const { out } = await atTerminal(shared(), [...words, '--limit', '20'])
    expect(out).toMatch(/^TIME +ACTOR +ACTION +TARGET/)
    expect(widest(out)).toBeLessThanOrEqual(80)
  })

  test('beside the commands that were there before', async () => {
    expect((await shared().run(['audit', '--help'])).stdout).toMatch(
      /export[\s\S]*follow[\s\S]*reconcile[\s\S]*snapshot/,
    )
    const { code, stdout } = await shared().run([
      'audit',
      'export',
      TENANT,
      '--since',
      '2026-01-01',
      '--format',
      'jsonl',
    ])
    expect([code, stdout.startsWith('{')]).toEqual([0, true])
  })

  test('takes a span and a filter', async () => {
    const { stdout } = await shared().run(['audit', TENANT, '--action', 'login', '--json'])
    const { events } = JSON.parse(stdout)
    expect(events.length).toBeGreaterThan(0)
    expect(events.every(({ action }: { action: string }) => /login/i.test(action))).toBe(true)
    expect((await shared().run(['audit', TENANT, '--since', 'yesterday'])).code).toBe(2)
  })
})

describe('explain', () => {
  test('tells each fact of each account, and what is not known', async () => {
    const { code, out } = await atTerminal(shared(), ['explain', 'ada@example.com'])
    expect(code).toBe(0)
    expect(out).toMatch(/^ada@example.com in acme-gainsight\n {2}name +Ada Lovelace$/m)
    expect(out).toMatch(/^ {2}status +active$/m)
    expect(out).toContain('acme-mindtickle, not known: groups')
    expect(widest(out)).toBeLessThanOrEqual(80)
  })

  test('is JSON and CSV as well', async () => {
    const { people } = JSON.parse((await shared().run(['explain', 'ada@example.com', '--json'])).stdout)
    expect(people[0].facts).toHaveLength(3)
    const { stdout } = await shared().run(['explain', 'ada@example.com', '--csv'])
    expect(csvRows(stdout)).toContain('acme-netskope,ada@example.com,status,active')
  })

  test('ends with 1 for nobody', async () => {
    expect((await shared().run(['explain', 'nobody@example.com'])).code).toBe(1)
  })
})

describe('text of the apps', () => {
  const EVIL = 'x\u001b[2J\u009b31m\u202eevil\u200b\r\n\u0007'

  test('plays no tricks on a terminal or a pipe', async () => {
    const user = 'tricks@example.com'
    shared().netskope.addUser({ userName: user, displayName: EVIL, title: EVIL })
    for (const words of [
      ['find', user],
      ['explain', user],
      ['list', TENANT, '--fields', 'name,title'],
    ]) {
      for (const form of [[], ['--json'], ['--csv']]) {
        const { stdout } = await shared().run([...words, ...form])
        expect(stdout).toContain('evil')
        expect(stdout.replaceAll('\r\n', '\n')).not.toMatch(TRICKS)
      }
    }
  })

  test.each(['=cmd|x', '+1+1', '-2', '@SUM(A1)'])('is no formula in CSV: %s', async (name) => {
    const { userName } = shared().newcomer()
    const user = shared().netskope.user(userName)
    user.displayName = name
    const { stdout } = await shared().run(['list', TENANT, '--match', `userName=${userName}`, '--csv'])
    expect(stdout).toContain(`,'${name},`)
  })
})
