// @module-tag long

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ComparedRow, ComparisonCounts } from '../../src/domain/comparison.ts'
import { makePeople } from '../../src/sandbox/people.ts'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { openWorld, type ToolAnswer, type World } from '../support/world.ts'

interface Compared extends ToolAnswer {
  comparisonId: string
  status: string
  counts: ComparisonCounts[]
  rows: ComparedRow[]
  nextCursor?: string
  complete: boolean
  incomplete?: { tenant: string; code: string }[]
}

const TRUTH = 'acme-scim'
const APP = 'acme-netskope'
const people = makePeople(60)

/** A source and an app with the same people but for these: the app's first is gone in the source, and so on. */
const open = (faults: string[] = [], settings: object = {}) =>
  openWorld({
    answer: 'none',
    tenants: (own) => ({ ...own, [TRUTH]: { ...own[TRUTH], ...settings } }),
    sandbox: {
      apps: ['netskope', 'scim'],
      people: [
        ...people.map((person) => ({ ...person, active: true })),
        {
          ...people[0],
          userName: 'svc@example.com',
          email: 'svc@example.com',
          externalId: 'svc',
          active: true,
        },
      ] as never,
      scim: {
        defaultCount: 20,
        largestCount: 20,
        people: [
          ...people.map((person, at) => ({
            ...person,
            active: at >= 3,
            department: at === 10 ? 'Somewhere else' : person.department,
          })),
          {
            ...people[1],
            userName: 'new@example.com',
            email: 'new@example.com',
            externalId: 'new',
            active: true,
          },
        ] as never,
        faults: faults as never,
      },
    },
  })

const compare = (world: Pick<World, 'call'>, args: object) =>
  world.call('compare_users', args) as Promise<Compared>

/** Every row of one kind, by its cursor. */
async function rowsOf(
  world: Pick<World, 'call'>,
  comparisonId: string,
  more: object = {},
): Promise<ComparedRow[]> {
  const rows: ComparedRow[] = []
  let cursor: string | undefined
  do {
    const page = await compare(world, { comparisonId, ...more, limit: 2, ...(cursor && { cursor }) })
    expect(page.error).toBeUndefined()
    rows.push(...page.rows)
    cursor = page.nextCursor
  } while (cursor)
  return rows
}

describe('compare_users', () => {
  test('counts who left, is missing, differs or is nobody, and shows the rows when they are asked for', async () => {
    await using world = await open()
    const first = await compare(world, { truth: TRUTH })
    expect(first).toMatchObject({
      status: 'finished',
      complete: true,
      counts: [{ tenant: APP, stale: 3, missing: 1, differs: 1, orphans: 1 }],
      rows: [],
      nextCursor: expect.any(String),
    })
    const rows = await rowsOf(world, first.comparisonId)
    expect(rows.map(({ kind, person }) => [kind, person])).toEqual([
      ...rows.slice(0, 3).map(({ person }) => ['stale', person]),
      ['missing', 'new@example.com'],
      ['differs', people[10]?.email],
      ['orphan', 'svc@example.com'],
    ])
    expect(
      rows
        .slice(0, 3)
        .map(({ person }) => person)
        .sort(),
    ).toEqual(
      people
        .slice(0, 3)
        .map(({ email }) => email)
        .sort(),
    )
    expect(rows[4]?.fields).toEqual([
      { field: 'department', account: people[10]?.department, truth: 'Somewhere else' },
    ])
    expect(rows[0]).toMatchObject({ joinedBy: 'externalId', truth: { tenant: TRUTH, status: 'inactive' } })
    const orphans = await rowsOf(world, first.comparisonId, { kind: 'orphan', tenant: APP })
    expect(orphans.map(({ person }) => person)).toEqual(['svc@example.com'])
    expect(world.sandbox.tenants['acme-netskope'].writes).toEqual([])
  })

  test('asked again, looks again', async () => {
    await using world = await open()
    await compare(world, { truth: TRUTH, tenants: [APP] })
    world.netskope.addUser({ userName: 'another@example.com' })
    expect(await compare(world, { truth: TRUTH, tenants: [APP] })).toMatchObject({ counts: [{ orphans: 2 }] })
  })

  test('of a source that does not show everybody, says so, and in the plan of a run for those who join nobody', async () => {
    await using world = await open([], { hides: ['guests'] })
    const { comparisonId, note } = await compare(world, { truth: TRUTH })
    const hidden = `${TRUTH}: Not shown, although they may have access: guests.`
    expect(note).toContain(hidden)
    const run = await world.call('offboard', {
      comparison: comparisonId,
      kinds: ['orphan'],
      reason: 'nobody',
    })
    expect(JSON.stringify(run)).toContain(hidden)
  })

  test('of a source whose list breaks, names nobody as gone', async () => {
    await using world = await open(['paging-ignored'])
    const broken = await compare(world, { truth: TRUTH })
    expect(broken).toMatchObject({ complete: false, incomplete: [{ tenant: TRUTH, code: 'bad_reply' }] })
    const rows = await rowsOf(world, broken.comparisonId)
    const gone = rows.filter(({ kind }) => kind === 'stale' || kind === 'orphan').map(({ person }) => person)
    expect(gone.sort()).toEqual(
      people
        .slice(0, 3)
        .map(({ email }) => email)
        .sort(),
    )
  })

  test('of an app whose list breaks, names nobody as missing', async () => {
    await using world = await open(['paging-ignored'])
    const broken = await compare(world, { truth: APP, tenants: [TRUTH] })
    expect(broken).toMatchObject({
      complete: false,
      incomplete: [{ tenant: TRUTH, code: 'bad_reply' }],
      counts: [{ tenant: TRUTH, missing: 0 }],
    })
  })

  test('is its caller’s alone, and no cursor is good for another', async () => {
    await using world = await open()
    const { comparisonId, nextCursor } = await compare(world, { truth: TRUTH })
    const other = await compare(world, { comparisonId: 'cmp-000000000000' })
    expect(other.error?.code).toBe('not_found')
    const mixed = await compare(world, { comparisonId: 'cmp-000000000000', cursor: nextCursor })
    expect(mixed.error?.code).toBe('invalid_input')
    expect((await compare(world, { truth: TRUTH, comparisonId })).error?.code).toBe('invalid_input')
    expect((await compare(world, { truth: TRUTH, tenants: [TRUTH] })).error?.code).toBe('invalid_input')
    expect((await compare(world, { truth: 'nobody' })).error?.code).toBe('unknown_tenant')
  })
})

describe('offboard', () => {
  const offboard = (world: World, args: object) =>
    world.call('offboard', { reason: 'left, says the source', ...args })

  test('takes what a comparison found: these accounts and no others, as far as it still holds', async () => {
    await using world = await open()
    await addApprovers(world, 'linus')
    const { comparisonId } = await compare(world, { truth: TRUTH })
    const back = world.sandbox.tenants['acme-scim'].user(people[2]?.userName ?? '')
    if (back) back.active = true
    const asked = await offboard(world, { comparison: comparisonId })
    expect(asked).toMatchObject({
      status: 'approval_required',
      plan: { people: 3, accounts: 2, skipped: [{ person: people[2]?.email, tenant: APP }] },
    })
    const { approval } = asked as { approval?: { id: string } }
    const words = ['approvals', 'approve', approval?.id ?? '', '--approver', 'linus', '--passphrase-stdin']
    const said = await world.run([...words, '--confirm', '2'], { stdin: `${PASSPHRASE}\n` })
    expect(said).toMatchObject({ code: 0 })
    const done = await offboard(world, { comparison: comparisonId, approvalId: approval?.id })
    expect(done).toMatchObject({ status: 'done', counts: { done: 2, skipped: 1 } })
    const inactive = people.filter(({ userName }) => world.netskope.user(userName)?.active === false)
    expect(inactive.map(({ userName }) => userName).sort()).toEqual(
      people
        .slice(0, 2)
        .map(({ userName }) => userName)
        .sort(),
    )
  })

  test('takes orphans only when they are asked for', async () => {
    await using world = await open()
    await addApprovers(world, 'linus')
    const { comparisonId } = await compare(world, { truth: TRUTH })
    const asked = await offboard(world, { comparison: comparisonId, kinds: ['orphan'] })
    expect(asked).toMatchObject({ status: 'approval_required', plan: { people: 1, accounts: 1 } })
    expect(JSON.stringify(asked)).toContain('svc@example.com')
  })

  test.each([
    ['a comparison that there is not', { comparison: 'cmp-000000000000' }, 'not_found'],
    ['kinds of no comparison', { people: ['ada@example.com'], kinds: ['stale'] }, 'invalid_input'],
    [
      'a comparison and people',
      { comparison: 'cmp-000000000000', people: ['ada@example.com'] },
      'invalid_input',
    ],
    ['whoever is missing', { comparison: 'cmp-000000000000', kinds: ['missing'] }, 'invalid_input'],
  ])('refuses %s', async (_, args, code) => {
    await using world = await open()
    expect((await offboard(world, args)).error?.code).toBe(code)
  })
})

describe('identity-mcp compare', () => {
  test('writes every row as CSV and HTML, with the counts of each app', async () => {
    await using world = await open()
    const out = join(world.folder, 'compared')
    const said = await world.run(['compare', '--truth', TRUTH, '--out', out])
    expect(said).toMatchObject({ code: 0, stderr: '' })
    expect(said.stdout).toMatch(/acme-netskope\s+3\s+1\s+1\s+1/)
    const lines = readFileSync(join(out, 'compare.csv'), 'utf8').trimEnd().split('\r\n')
    expect(lines).toHaveLength(7)
    expect(lines.filter((line) => line.startsWith('stale,acme-netskope,'))).toHaveLength(3)
    const page = readFileSync(join(out, 'compare.html'), 'utf8')
    expect(page.match(/<tr>/g)).toHaveLength(9)
    expect(page).toContain('svc@example.com')
  })

  test('says as JSON what was not read whole, with exit code 1', async () => {
    await using world = await open(['paging-ignored'])
    const said = await world.run(['compare', '--truth', TRUTH, '--json'])
    expect(said.code).toBe(1)
    expect(JSON.parse(said.stdout)).toMatchObject({
      complete: false,
      incomplete: [{ tenant: TRUTH, code: 'bad_reply' }],
    })
  })

  test.each([[['--truth', 'nobody']], [['--truth', TRUTH, '--tenants', TRUTH]], [[]]])(
    'with %j is wrong usage',
    async (words) => {
      await using world = await open()
      expect(await world.run(['compare', ...words])).toMatchObject({ code: 2, stdout: '' })
      expect(existsSync(join(world.folder, 'compared'))).toBe(false)
    },
  )
})
