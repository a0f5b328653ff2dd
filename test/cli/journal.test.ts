import { appendFile, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { journalCommand } from '../../src/cli/journal.ts'
import { csv } from '../../src/cli/journal-csv.ts'
import type { JournalEvent } from '../../src/journal/events.ts'
import { journalFile } from '../../src/journal/file.ts'
import { ocsfFaults } from '../support/ocsf.ts'
import { openDesk, TRICKS, withoutColours } from './fake-io.ts'

let desk: Awaited<ReturnType<typeof openDesk>>
beforeEach(async () => {
  desk = await openDesk()
})
afterEach(() => desk.stop())

const run = (args: string[], how?: Parameters<typeof desk.run>[2]) => desk.run(journalCommand, args, how)
const happen = (more: Partial<JournalEvent> = {}) =>
  desk.journal.append({ event: 'done', call: 'call-1', tool: 'deactivate_user', caller: 'bot', ...more })
const account = { tenant: 'acme-netskope', id: '7', userName: 'ada@example.com' }

/** A change that a first call asked for, a person approved, and a second call made. */
async function tell() {
  const approval = { id: 'K7Q2-M9XD-41' }
  await happen({
    event: 'asked',
    args: { user: 'ada@example.com', reason: 'left' },
    client: 'Claude 1.0',
    approval,
  })
  await happen({ call: 'call-9', tool: 'create_user' })
  await happen({ event: 'approved', approval: { ...approval, by: 'boss', how: 'terminal' } })
  await happen({ event: 'started', call: 'call-2', account, approval })
  await happen({ event: 'done', call: 'call-2', account })
}

test('shows the latest entries', async () => {
  expect((await run([])).out).toContain('empty')
  for (let number = 1; number <= 30; number++) await happen({ note: `number ${number}.` })
  const { out } = await run([])
  expect(out.trim().split('\n')).toHaveLength(20)
  expect(out).toContain('number 30')
  expect((await run(['tail', '-n', '2'])).out.trim().split('\n')).toHaveLength(2)
  expect(
    JSON.parse((await run(['-n', '3', '--json'])).out).lines.map(({ seq }: { seq: number }) => seq),
  ).toEqual([28, 29, 30])
})

test('says of a change whose end was not written down that it was not', async () => {
  await tell()
  const open = 'The journal does not say how 6 ended'
  expect((await run(['show', 'call-2'])).out).not.toContain('not written down')
  await happen({ event: 'started', call: 'call-2', account: { ...account, tenant: 'acme-zoom' } })
  expect((await run(['show', 'call-2'])).out).toContain(open)
  await happen({ event: 'done', call: 'call-9', account: { ...account, tenant: 'acme-zoom' } })
  expect((await run(['show', 'call-2'])).out).toContain(open)
  await happen({ event: 'failed', call: 'call-2', account: { ...account, tenant: 'acme-zoom' } })
  expect((await run(['show', 'call-2'])).out).not.toContain('not written down')
})

test('fits the terminal and plays no tricks on it', async () => {
  const evil = 'x\u001b[2J\u009b31m\u202eevil\r\n'.repeat(60)
  await happen({ caller: evil, note: evil, args: { evil }, account: { ...account, userName: evil } })
  // What somebody else wrote into the file, past the journal's own care.
  const line = JSON.parse(await readFile(journalFile(desk.folder), 'utf8'))
  await appendFile(
    journalFile(desk.folder),
    `${JSON.stringify({ ...line, event: 'started', call: 'b', tool: evil, caller: evil })}\n`,
  )
  for (const args of [[], ['--json'], ['show', '1'], ['show', 'b'], ['show', 'b', '--json'], ['export']]) {
    const { out } = await run(args, { terminal: true })
    const plain = withoutColours(out)
    expect(plain).not.toMatch(TRICKS)
    if (args.length === 0) {
      expect(Math.max(...plain.split('\n').map((row) => row.length))).toBeLessThanOrEqual(100)
    }
  }
})

test('a terminal of 80 columns shows whom each entry is about, and a pipe all of it', async () => {
  const note = 'word '.repeat(60)
  await happen({
    account: { ...account, userName: 'hana.weber@example.com' },
    caller: 'Claude Desktop',
    note,
  })
  const { out } = await run([], { terminal: true, columns: 80 })
  const [row = ''] = withoutColours(out).split('\n')
  expect(row).toContain('hana.weber@example.com')
  expect(row.length).toBeLessThanOrEqual(80)
  expect((await run([])).out).toMatch(
    /deactivate_user +Claude Desktop +hana.weber@example.com.*(word ){59}word/,
  )
})

test.each(['call-1', 'call-2', '5', 'K7Q2-M9XD-41', 'k7q2m9xd41'])(
  'tells the whole story from %s',
  async (which) => {
    await tell()
    const { out, code } = await run(['show', which])
    expect(code).toBe(0)
    for (const words of [
      'requested by bot (Claude 1.0)',
      'reason: left',
      'by boss in a terminal',
      'acme-netskope',
    ]) {
      expect(out).toContain(words)
    }
    expect(out).not.toContain('create_user')
    const { lines } = JSON.parse((await run(['show', which, '--json'])).out)
    expect(lines.map(({ seq }: { seq: number }) => seq)).toEqual([1, 3, 4, 5])
  },
)

test('a call that left no trace is wrong usage', async () => {
  expect(await run(['show', 'call-3'])).toMatchObject({ code: 2, err: expect.stringContaining('call-3') })
})

test('exports the lines as they stand, or those of a time', async () => {
  await tell()
  expect((await run(['export'])).out).toBe(await readFile(journalFile(desk.folder), 'utf8'))
  expect((await run(['export', '--until', '2020-01-01'])).out).toBe('')
  expect((await run(['export', '--since', '2020-01-01T00:00:00Z'])).out.split('\n')).toHaveLength(6)
  expect((await run(['export', '--since', 'yesterday'])).code).toBe(2)
  expect((await run(['export', '--format', 'xml'])).code).toBe(2)
})

/** Two people, of whom one has another email than user name, in two tenants, by three tools. */
async function tellOfMany() {
  const grace = { tenant: 'acme-zoom', id: '8', userName: 'grace@example.com' }
  const approval = { id: 'K7Q2-M9XD-41' }
  const image = { id: '7', userName: 'ada@example.com', email: 'ada.l@example.com' }
  const before = (more: object): Pick<JournalEvent, 'before'> =>
    ({ before: { operation: 'x', ...more } }) as never
  const ask = { user: 'ada@example.com', tenants: ['acme-netskope'], reason: 'left, at last' }
  await happen({ event: 'asked', args: ask, approval })
  await happen({ event: 'approved', approval: { ...approval, by: 'boss', how: 'terminal' } })
  await happen({ event: 'started', call: 'call-2', account, ...before({ account: image }) })
  await happen({ event: 'done', call: 'call-2', account })
  await happen({
    event: 'refused',
    call: 'call-3',
    args: { user: 'grace@example.com', tenants: ['acme-zoom'] },
  })
  await happen({ event: 'done', call: 'call-4', tool: 'update_user', account: grace })
  const group = { tenant: 'acme-zoom', id: 'g1', userName: 'Everyone' }
  const [tool, call] = ['update_group_members', 'run-5']
  await happen({ event: 'started', call, tool, account: group, ...before({ members: [{ id: '8' }, image] }) })
  await happen({ event: 'done', call, tool, account: group })
  await happen({ event: 'done', call: 'run-6', tool, account: group })
  // Another caller's approval of the same id, of which nothing is known.
  await happen({ event: 'approved', call: 'call-7', caller: 'other', approval: { ...approval, by: 'boss' } })
}

test.each([
  [
    ['--person', 'Ada@example.com'],
    [1, 2, 3, 4, 7, 8],
  ],
  [
    ['--person', 'ada.l@example.com'],
    [3, 4, 7, 8],
  ],
  [
    ['--person', 'grace@example.com'],
    [5, 6],
  ],
  [
    ['--person', '8'],
    [6, 7, 8],
  ],
  [['--person', 'ada'], []],
  [
    ['--tenant', 'acme-zoom'],
    [5, 6, 7, 8, 9],
  ],
  [
    ['--tenant', 'acme-netskope'],
    [1, 2, 3, 4],
  ],
  [['--tool', 'update_user'], [6]],
  [['--tenant', 'acme-zoom', '--person', 'grace@example.com', '--tool', 'deactivate_user'], [5]],
])('shows and exports only what is asked for: %j', async (filter, numbers) => {
  await tellOfMany()
  const seqs = (lines: readonly { seq: number }[]) => lines.map(({ seq }) => seq)
  expect(seqs(JSON.parse((await run(['tail', '--json', ...filter])).out).lines)).toEqual(numbers)
  const { out } = await run(['export', ...filter])
  const exported = out.split('\n').filter((line) => line !== '')
  expect(seqs(exported.map((line) => JSON.parse(line)))).toEqual(numbers)
  if (numbers.length === 0) expect((await run(['tail', ...filter])).out).toContain('no such entry')
  else expect(JSON.parse((await run(['-n', '1', '--json', ...filter])).out).lines).toHaveLength(1)
})

test('CSV has tenant, user and reason of what was only asked in their columns', async () => {
  await tellOfMany()
  const [headings = '', ...lines] = (await run(['export', '--format', 'csv'])).out.trimEnd().split('\r\n')
  const cell = (line: string | undefined, name: string) =>
    // Only the arguments and the reason have commas here, and they stand behind the others.
    line?.split(',')[headings.split(',').indexOf(name)]
  expect(cell(lines[0], 'tenant')).toBe('acme-netskope')
  expect(cell(lines[0], 'userName')).toBe('ada@example.com')
  expect(lines[0]).toMatch(/,"left, at last"$/)
  expect([cell(lines[4], 'tenant'), cell(lines[4], 'userName')]).toEqual(['acme-zoom', 'grace@example.com'])
  expect([cell(lines[6], 'tenant'), cell(lines[6], 'userName')]).toEqual(['acme-zoom', 'Everyone'])
  expect(cell(lines[1], 'tenant')).toBe('')
})

test('exports into a new file, and never over one that is there', async () => {
  await tell()
  expect((await run(['export', '--format', 'csv', '--out', 'out.csv'])).code).toBe(0)
  const file = join(desk.folder, 'out.csv')
  const rows = (await readFile(file, 'utf8')).split('\r\n')
  expect(rows[0]).toMatch(/^seq,at,event,call,tool/)
  expect(rows).toHaveLength(7)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  const before = await readFile(journalFile(desk.folder), 'utf8')
  expect(await run(['export', '--out', 'journal.jsonl'])).toMatchObject({ code: 2 })
  expect(await readFile(journalFile(desk.folder), 'utf8')).toBe(before)
})

test('quotes what CSV must quote, and leaves spreadsheets no formula', async () => {
  const line = await happen({
    caller: '=HYPERLINK("http://evil")',
    client: '+1',
    note: '-2, "quoted"',
    account: { tenant: '@acme', id: '\t=1', userName: 'ada' },
  })
  const row = csv({ ...line, tool: '\tx', call: 'a\r\nb' })
  for (const cell of [
    '"\'=HYPERLINK(""http://evil"")"',
    "'+1",
    `"'-2, ""quoted"""`,
    "'@acme",
    "'=1",
    "'\tx",
  ]) {
    expect(`,${row}`).toContain(`,${cell},`)
  }
  expect(row).toContain('"a\r\nb"')
})

test('says whether the journal is whole', async () => {
  await tell()
  expect(await run(['verify'])).toMatchObject({ code: 0, out: expect.stringContaining('5 lines') })
  expect(JSON.parse((await run(['verify', '--json'])).out)).toEqual({ ok: true, lines: 5 })
  const text = await readFile(journalFile(desk.folder), 'utf8')
  await writeFile(journalFile(desk.folder), text.replace('boss', 'eve!'))
  const spoiled = await run(['verify'])
  expect(spoiled).toMatchObject({ code: 1, out: expect.stringContaining('line 3, changed') })
  const json = await run(['verify', '--json'])
  expect([json.code, JSON.parse(json.out)]).toMatchObject([1, { ok: false, line: 3, problem: 'changed' }])
})

test('says that it leaves out what is no entry', async () => {
  await tell()
  await appendFile(journalFile(desk.folder), 'nonsense\n')
  const { out, err } = await run(['tail'])
  expect(out.trim().split('\n')).toHaveLength(5)
  expect(err).toContain('journal verify')
})

test('follows new entries until the reader goes away', async () => {
  await tell()
  const stdout = new PassThrough()
  let out = ''
  stdout.on('data', (piece) => {
    out += String(piece)
  })
  const seen = (words: string) => vi.waitFor(() => expect(out).toContain(words), { timeout: 10_000 })
  const io = { ...silentIo(), stdout }
  const command = journalCommand(io, async () => ({ ...desk }))
  const following = command.parseAsync(['tail', '--follow', '-n', '1'], { from: 'user' })
  await seen('deactivate_user')
  await happen({ note: 'something new' })
  await seen('something new')
  stdout.destroy()
  await following
  expect(out.trim().split('\n')).toHaveLength(2)
})

test('refuses a number of lines that is none', async () => {
  expect((await run(['tail', '-n', 'many'])).code).toBe(2)
})

function silentIo() {
  const nothing = new PassThrough().resume()
  return {
    env: {},
    cwd: '/',
    stdin: new PassThrough(),
    stderr: nothing,
    user: 'ada',
    self: 'x',
    script: { node: 'node', main: 'main.js' },
    untilStopped: async () => {},
    onReload: () => {},
    exit: () => {},
  }
}

test('closes segments that can be kept elsewhere, and reads the rest', async () => {
  expect((await run(['rotate'])).out).toContain('nothing to close')
  await tell()
  const closed = await run(['rotate'])
  expect(closed).toMatchObject({ code: 0, out: expect.stringContaining('entries 1 to 5') })
  await happen({ call: 'call-20' })
  expect((await run(['show', 'call-2'])).code).toBe(0)
  await rename(join(desk.folder, 'journal-000000001-000000005.jsonl'), join(desk.folder, 'away'))
  expect(await run(['verify'])).toMatchObject({
    code: 0,
    out: expect.stringContaining('1 to 5 are kept elsewhere'),
  })
  expect((await run(['show', 'call-20'])).code).toBe(0)
  expect(await run(['show', 'call-2'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('put journal-0000'),
  })
  expect((await run(['tail'])).out.trim().split('\n')).toHaveLength(1)
  expect((await run(['export', '--since', '2020-01-01'])).out.trim().split('\n')).toHaveLength(1)
  expect(await run(['reindex'])).toMatchObject({ code: 0, out: expect.stringContaining('up to entry 6') })
  const anchor = (seq: number) =>
    JSON.stringify({ seq, hash: '0'.repeat(64), at: '2026-03-01T00:00:00.000Z' })
  await writeFile(join(desk.folder, 'anchors'), `${anchor(2)}\n`)
  const old = await run(['verify', '--anchor', join(desk.folder, 'anchors')])
  expect(old).toMatchObject({
    code: 0,
    out: expect.stringContaining('about a segment that is kept elsewhere'),
  })
  // The last entry of a segment is known by its hash.
  await writeFile(join(desk.folder, 'anchors'), `${anchor(5)}\n`)
  expect((await run(['verify', '--anchor', join(desk.folder, 'anchors')])).code).toBe(1)
})

test('exports a change of a group as one of that group, whatever tool or run made it', async () => {
  const group = { tenant: 'acme-netskope', id: 'g1', userName: 'Sales' }
  const person = { id: '7', userName: 'ada@example.com' }
  const before = {
    operation: 'updateMembers',
    members: [{ ...person, was: 'out', became: 'in' }],
  } as unknown as NonNullable<JournalEvent['before']>
  const run = { call: 'run-1a2b3c4d5e6f', tool: 'onboard' }
  await happen({ event: 'started', ...run, account: group, before })
  await happen({ event: 'started', ...run, account })
  await happen({ event: 'done', ...run, account: group })
  await happen({ event: 'done', ...run, account })
  await happen({ event: 'failed', call: 'call-3', tool: 'update_group_members', account: group })
  const events = (await desk.run(journalCommand, ['export', '--format', 'ocsf'])).out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(events.flatMap(ocsfFaults)).toEqual([])
  expect(
    events.map(({ class_uid, activity_id, group, user }) => [class_uid, activity_id, group ?? user]),
  ).toEqual([
    [3006, 3, { name: 'Sales' }],
    [3001, 99, { name: 'ada@example.com', email_addr: 'ada@example.com' }],
    [3006, 3, { name: 'Sales' }],
    [3001, 99, { name: 'ada@example.com', email_addr: 'ada@example.com' }],
    [3006, 99, { name: 'Sales' }],
  ])
})

test('exports OCSF events, one for each entry', async () => {
  await tell()
  const { out, code } = await run(['export', '--format', 'ocsf'])
  expect(code).toBe(0)
  const events = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(events).toHaveLength(5)
  expect(events.flatMap(ocsfFaults)).toEqual([])
  expect(events[4]).toMatchObject({
    class_uid: 3001,
    activity_id: 5,
    status_id: 1,
    user: { name: 'ada@example.com' },
    metadata: { uid: 'journal-5', tenant_uid: 'acme-netskope' },
  })
  expect(events[1]).toMatchObject({ class_uid: 3004, entity: { name: 'create user: done' } })
})
