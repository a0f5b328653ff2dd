import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ApprovalRequest } from '../../src/approvals/approval.ts'
import { APPROVAL_TTL_MS, openApprovals } from '../../src/approvals/approvals.ts'
import { approvalsCommand } from '../../src/cli/approvals.ts'
import type { JournalLine } from '../../src/journal/events.ts'
import { cheapApprovers, PASSPHRASE } from '../support/approvers.ts'
import { openDesk, TRICKS, withoutColours } from './fake-io.ts'

const request = {
  digest: 'the digest',
  tool: 'deactivate_user',
  plan: ['Deactivate "ada@example.com" in acme-netskope.', 'Her sessions go on for up to 30 minutes.'],
  reason: 'left the company',
  caller: 'helpdesk-bot',
  client: 'Claude 1.0',
  call: 'call-1',
}

let desk: Awaited<ReturnType<typeof openDesk>>
beforeEach(async () => {
  desk = await openDesk()
})
afterEach(async () => {
  vi.useRealTimers()
  await desk.stop()
})

const run = (args: string[], how?: Parameters<typeof desk.run>[2]) => desk.run(approvalsCommand, args, how)
const ask = async (more: Partial<ApprovalRequest> = {}) =>
  openApprovals(desk.store).request({ ...request, ...more })
const addBoss = () => cheapApprovers(desk.store).add('boss', PASSPHRASE)
const journal = async () => {
  const lines: JournalLine[] = []
  for await (const line of desk.journal.read()) lines.push(line)
  return lines
}

test('lists what waits for a person, and with --all what is decided too', async () => {
  expect((await run([])).out).toContain('no pending requests')
  const { id } = await ask()
  const denied = await ask({ digest: 'other' })
  await openApprovals(desk.store).decide(denied.id, 'denied', 'boss', 'terminal')
  const { out, code } = await run([])
  expect(code).toBe(0)
  expect(out).toContain(id)
  expect(out).not.toContain(denied.id)
  expect((await run(['list', '--all'])).out).toMatch(new RegExp(`${denied.id} +denied`))
  expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120)
})

test('gives one JSON document, without the digest', async () => {
  const { id, expiresAt } = await ask()
  const document = JSON.parse((await run(['--json'])).out)
  expect(document.approvals).toHaveLength(1)
  expect(document.approvals[0]).toMatchObject({
    id,
    status: 'pending',
    expiresAt: new Date(expiresAt).toISOString(),
  })
  expect(JSON.parse((await run(['show', id, '--json'])).out)).toMatchObject({ id, plan: request.plan })
  expect(JSON.stringify(document)).not.toContain('digest')
})

test('shows the whole plan with who asked and why', async () => {
  const { id } = await ask({ plan: [...request.plan, `A long line: ${'word '.repeat(100)}end.`] })
  const { out } = await run(['show', id])
  for (const words of [...request.plan, 'end.', 'helpdesk-bot', 'Claude 1.0', 'left the company', '60 min']) {
    expect(out).toContain(words)
  }
})

test('shows nothing that could play tricks on the terminal', async () => {
  const evil = 'x\u001b[2J\u009b31m\u202eevil\r\nApproved by boss.'
  const { id } = await ask({ plan: [evil], reason: evil, caller: evil, client: evil })
  for (const args of [[], ['--json'], ['show', id], ['show', id, '--json']]) {
    const { out } = await run(args, { terminal: true })
    // Only the colours of our own.
    expect(withoutColours(out)).not.toMatch(TRICKS)
    expect(out).not.toMatch(/^\s*Approved by boss/m)
  }
})

test('approves with the passphrase from standard input, and journals it', async () => {
  await addBoss()
  const { id } = await ask()
  const { code, out } = await run(['approve', id, '--approver', 'Boss', '--passphrase-stdin'], {
    piped: `${PASSPHRASE}\r\n`,
  })
  expect(code).toBe(0)
  expect(out).toContain(request.plan[0])
  expect(out).toContain(`"approvalId": "${id}"`)
  expect(await openApprovals(desk.store).get(id)).toMatchObject({
    state: 'approved',
    by: 'boss',
    how: 'terminal',
  })
  expect(await journal()).toMatchObject([
    {
      event: 'approved',
      call: 'call-1',
      caller: 'helpdesk-bot',
      approval: { id, by: 'boss', how: 'terminal' },
    },
  ])
})

test('asks for the passphrase in the terminal, behind the plan', async () => {
  await addBoss()
  const { id } = await ask()
  const { code, out } = await run(['approve', id, '--approver', 'boss'], { typed: [PASSPHRASE] })
  expect(code).toBe(0)
  expect(out.indexOf(request.plan[0] ?? '')).toBeLessThan(out.indexOf('Passphrase of boss'))
  expect(out).not.toContain('horse')
  expect((await openApprovals(desk.store).get(id))?.state).toBe('approved')
})

test('tells what else a person should know, and takes a change of weight with the user name typed', async () => {
  await addBoss()
  const { id } = await ask({
    mustType: 'ada@example.com',
    briefing: {
      changes: [
        {
          tenant: 'acme-netskope',
          app: 'Netskope',
          operation: 'deleteAccount',
          accounts: [{ userName: 'ada@example.com', externalId: 'idp-1', alters: [] }],
        },
      ],
      elsewhere: {
        active: [{ tenant: 'acme-gainsight', app: 'Gainsight' }],
        unknown: [{ tenant: 'acme-mindtickle', app: 'Mindtickle' }],
      },
    },
  })
  const wrong = await run(['approve', id, '--approver', 'boss'], { typed: ['eve@example.com', PASSPHRASE] })
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('type what the request asks for')])
  expect((await openApprovals(desk.store).get(id))?.state).toBe('pending')
  const { code, out } = await run(['approve', id, '--approver', 'boss'], {
    typed: ['Ada@example.com', PASSPHRASE],
  })
  expect(code).toBe(0)
  for (const words of [
    'May be managed by an identity provider: Netskope (acme-netskope).',
    'Also active elsewhere: Gainsight (acme-gainsight).',
    'Unknown whether also active in: Mindtickle (acme-mindtickle).',
    'type ada@example.com',
  ]) {
    expect(out).toContain(words)
  }
  expect((await openApprovals(desk.store).get(id))?.state).toBe('approved')
})

test('leaves everything as it is when the person at the terminal walks away', async () => {
  await addBoss()
  const { id } = await ask()
  const { code } = await run(['approve', id, '--approver', 'boss'], { typed: ['\u0003'] })
  expect(code).toBe(1)
  expect((await openApprovals(desk.store).get(id))?.state).toBe('pending')
  expect(await journal()).toEqual([])
})

test('denies', async () => {
  await addBoss()
  const { id } = await ask()
  const { code } = await run(['deny', id, '--approver', 'boss', '--passphrase-stdin'], { piped: PASSPHRASE })
  expect(code).toBe(0)
  expect(await openApprovals(desk.store).get(id)).toMatchObject({ state: 'denied', by: 'boss' })
  expect(await journal()).toMatchObject([{ event: 'denied', approval: { id, by: 'boss' } }])
})

test.each(['boss', 'nobody'])(
  'a wrong passphrase of %s decides nothing and is journalled',
  async (approver) => {
    await addBoss()
    const { id } = await ask()
    const { code, err } = await run(['approve', id, '--approver', approver, '--passphrase-stdin'], {
      piped: 'a wrong passphrase',
    })
    expect(code).toBe(1)
    expect(err).toContain('passphrase is wrong')
    expect((await openApprovals(desk.store).get(id))?.state).toBe('pending')
    const lines = await journal()
    expect(lines).toMatchObject([{ event: 'refused', code: 'refused', approval: { id } }])
    expect(lines[0]?.note).toContain('wrong passphrase')
    expect(JSON.stringify(lines)).not.toContain('a wrong passphrase')
  },
)

test('approves nothing that cannot be journalled', async () => {
  await addBoss()
  const { id } = await ask()
  vi.spyOn(desk.journal, 'append').mockRejectedValue(
    new (await import('../../src/errors.ts')).Unavailable(
      'The journal cannot be written.',
      'Look at the disk.',
    ),
  )
  const { code } = await run(['approve', id, '--approver', 'boss', '--passphrase-stdin'], {
    piped: PASSPHRASE,
  })
  expect(code).toBe(1)
  expect((await openApprovals(desk.store).get(id))?.state).toBe('pending')
})

test('says so when the request is decided, used or over', async () => {
  await addBoss()
  const { id } = await ask()
  const approve = () =>
    run(['approve', id, '--approver', 'boss', '--passphrase-stdin'], { piped: PASSPHRASE })
  await approve()
  const again = await approve()
  expect([again.code, again.err]).toEqual([1, expect.stringContaining('already approved.')])

  const late = await ask({ digest: 'late' })
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + APPROVAL_TTL_MS })
  const { code, err } = await run(['deny', late.id, '--approver', 'boss', '--passphrase-stdin'], {
    piped: PASSPHRASE,
  })
  expect([code, err]).toEqual([1, expect.stringContaining('expired')])
  expect((await run(['show', late.id])).out).toContain('expired')
})

test.each<[string, string[], string]>([
  ['an id that nobody gave out', ['approve', 'K7Q2-M9XD-41', '--approver', 'boss'], 'There is no request'],
  ['an unknown id to show', ['show', 'K7Q2'], 'There is no request'],
  ['an unknown option', ['list', '--everything'], '--everything'],
])('%s is wrong usage', async (_, args, words) => {
  const { code, err } = await run(args)
  expect(code).toBe(2)
  expect(err).toContain(words)
})

test.each(['approve', 'deny'])('%s asks in the terminal who decides, behind the plan', async (verb) => {
  await addBoss()
  const { id } = await ask()
  const { code, out } = await run([verb, id], { typed: ['boss', PASSPHRASE] })
  const shown = withoutColours(out)
  expect(shown.indexOf('Deactivate "ada@example.com"')).toBeLessThan(shown.indexOf('Name of the approver'))
  expect(code).toBe(0)
  expect(await openApprovals(desk.store).get(id)).toMatchObject({
    state: verb === 'approve' ? 'approved' : 'denied',
    by: 'boss',
  })
})

test('where nobody can be asked who decides, it says what to add', async () => {
  await addBoss()
  const { id } = await ask()
  expect(await run(['approve', id, '--passphrase-stdin'], { piped: PASSPHRASE })).toMatchObject({
    code: 2,
    err: expect.stringContaining('--approver NAME'),
  })
  expect(await openApprovals(desk.store).get(id)).toMatchObject({ state: 'pending' })
})

test.each([60, 80])('a terminal of %i columns shows the plan of each request', async (columns) => {
  const { id } = await ask()
  const rows = withoutColours((await run([], { terminal: true, columns })).out).split('\n')
  const at = rows.findIndex((row) => row.startsWith(id))
  expect(rows[at + 1]).toContain('Deactivate "ada@example.com" in acme-netskope.')
})

test('a list that is piped is whole', async () => {
  const plan = [`Deactivate "${'long.'.repeat(60)}ada@example.com".`]
  const { id } = await ask({ plan })
  expect((await run([])).out).toMatch(new RegExp(`${id}.*long.ada@example.com`))
})

test('without a terminal or a passphrase it says what to do', async () => {
  await addBoss()
  const { id } = await ask()
  const { code, err } = await run(['approve', id, '--approver', 'boss'])
  expect([code, err]).toEqual([2, expect.stringContaining('--passphrase-stdin')])
})

test('without anybody who may approve it says how to set one up', async () => {
  const { id } = await ask()
  const { code, err } = await run(['approve', id, '--approver', 'boss', '--passphrase-stdin'], { piped: 'x' })
  expect([code, err]).toEqual([2, expect.stringContaining('approvers add')])
})

describe('where two must agree, and not the one who asked', () => {
  const decideAs = (approver: string, id: string, decision = 'approve') =>
    run([decision, id, '--approver', approver, '--passphrase-stdin'], { piped: PASSPHRASE })
  const askTwo = () => ask({ approvers: 2, fourEyes: true, caller: 'local:ada' })
  beforeEach(async () => {
    for (const name of ['boss', 'chief', 'Ada']) await cheapApprovers(desk.store).add(name, PASSPHRASE)
  })

  test('shows how far it has come, and who agreed', async () => {
    const { id } = await askTwo()
    expect((await run([])).out).toContain('pending, 0 of 2')
    const first = await decideAs('boss', id)
    expect(first.code).toBe(0)
    expect(first.out).toContain('1 of 2')
    expect(first.out).not.toContain('approvalId')
    expect((await run([])).out).toContain('pending, 1 of 2')
    const { out } = await run(['show', id])
    for (const part of ['pending, 1 of 2', '2 approvers, not local:ada', 'agreed      boss']) {
      expect(out).toContain(part)
    }
    const second = await decideAs('chief', id)
    expect(second.out).toContain(`"approvalId": "${id}"`)
    expect(JSON.parse((await run(['show', id, '--json'])).out)).toMatchObject({
      status: 'approved',
      by: 'boss, chief',
      approvers: 2,
      fourEyes: true,
      agreed: [{ by: 'boss', how: 'terminal', at: expect.stringMatching(/Z$/) }, { by: 'chief' }],
    })
    expect(await journal()).toMatchObject([
      { event: 'approved', approval: { id, by: 'boss' }, note: expect.stringContaining('one of 2') },
      { event: 'approved', approval: { id, by: 'chief' }, note: expect.stringContaining('one of 2') },
    ])
  })

  test.each(['boss', 'Ada'])('a yes of %s that does not count is refused and journalled', async (name) => {
    const { id } = await askTwo()
    await decideAs('boss', id)
    const { code, err } = await decideAs(name, id)
    expect([code, err]).toEqual([1, expect.stringContaining('Another person')])
    expect(await openApprovals(desk.store).get(id)).toMatchObject({
      state: 'pending',
      agreed: [{ by: 'boss' }],
    })
    expect((await journal()).at(-1)).toMatchObject({ event: 'refused', code: 'refused', approval: { id } })
  })

  test('one no is enough', async () => {
    const { id } = await askTwo()
    await decideAs('boss', id)
    expect((await decideAs('chief', id, 'deny')).code).toBe(0)
    expect(await openApprovals(desk.store).get(id)).toMatchObject({ state: 'denied', by: 'chief' })
    expect((await decideAs('boss', id)).code).toBe(1)
  })
})

test('says of an approval that expired unused that it was approved and not used', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { id } = await ask()
  const { id: undecided } = await ask({ digest: 'undecided' })
  await openApprovals(desk.store).decide(id, 'approved', 'boss', 'terminal')
  vi.advanceTimersByTime(APPROVAL_TTL_MS)
  const { out } = await run(['list', '--all'])
  expect(out).toMatch(new RegExp(`${id} +approved, not used`))
  expect(out).toMatch(new RegExp(`${undecided} +expired`))
  expect((await run(['show', id])).out).toContain('approved, not used')
  expect((await journal()).map(({ note }) => note)).toEqual(['approved, and not used before it expired'])
})
