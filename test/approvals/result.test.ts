import { expect, test, vi } from 'vitest'
import { answerToRequester, type Result, resultOf } from '../../src/approvals/result.ts'
import type { BriefedRun, Briefing } from '../../src/domain/briefing.ts'
import type { RunProgress } from '../../src/domain/run.ts'
import type { JournalEvent } from '../../src/journal/events.ts'
import { briefing, openPage } from './page/page-at.ts'

type Line = [event: JournalEvent['event'], tenant?: string, more?: Partial<JournalEvent>]

const [CHANGE] = briefing().changes
const CHANGES = CHANGE ? [CHANGE, { ...CHANGE, tenant: 'acme-slack', app: 'Slack' }] : []
const task = { id: 'task-1', owner: 'grace' }
const A = 'acme-netskope'
const B = 'acme-slack'

const ENDS: [state: Result['state'], lines: Line[], minutes: number, answer: string | RegExp | undefined][] =
  [
    ['under way', [], 0, undefined],
    ['under way', [['started', A]], 0, undefined],
    [
      'under way',
      [
        ['started', A],
        ['done', A],
      ],
      0,
      undefined,
    ],
    [
      'under way',
      [
        ['started', A],
        ['done', A],
        ['started', B],
      ],
      10,
      undefined,
    ],
    [
      'under way',
      [
        ['started', A],
        ['done', A],
        ['started', B, { task }],
      ],
      10,
      undefined,
    ],
    [
      'done',
      [
        ['started', A],
        ['done', A],
        ['started', B],
        ['done', B],
      ],
      0,
      /^Done: Deactivate "Ada Lovelace" in 2 apps/,
    ],
    [
      'done',
      [
        ['started', A],
        ['done', A],
        ['started', B, { task }],
        ['done', B, { task, approval: undefined }],
      ],
      0,
      /^Done: /,
    ],
    [
      'partly',
      [
        ['started', A],
        ['done', A],
        ['started', B],
        ['failed', B],
      ],
      0,
      /Done in Netskope\. Failed in Slack\.$/,
    ],
    [
      'partly',
      [
        ['started', A],
        ['done', A],
        ['started', B],
        ['unknown', B],
      ],
      0,
      /Done in Netskope\. Not certain in Slack\.$/,
    ],
    // What was left alone at the time of the call has no line.
    [
      'partly',
      [
        ['started', A],
        ['done', A],
      ],
      10,
      /Done in Netskope\.$/,
    ],
    [
      'failed',
      [
        ['failed', A, { note: 'Dry run' }],
        ['failed', B],
      ],
      0,
      /^Not done: .* Nothing was changed\.$/,
    ],
    [
      'unknown',
      [
        ['started', A],
        ['unknown', A],
        ['started', B],
        ['failed', B],
      ],
      0,
      /^Not certain: /,
    ],
    ['failed', [], 10, /^Not done: /],
    [
      'failed',
      [
        ['started', A, { caller: 'local:eve' }],
        ['done', A, { caller: 'local:eve' }],
      ],
      10,
      /^Not done: /,
    ],
  ]

/** What came of an approved and used request, so many minutes after these lines of the journal. */
async function afterUse(about: Briefing, lines: readonly Line[], minutes: number, run?: RunProgress) {
  await using page = await openPage()
  page.parts.runs.progressOf = async () => run
  const id = await page.ask({ briefing: about })
  await page.submit(id)
  const used = await page.approvals.use(id, 'digest-1')
  for (const [event, tenant = A, more] of lines) {
    await page.parts.journal.append({
      ...{ event, call: 'call-2', tool: 'deactivate_user', caller: 'local:bot' },
      account: { tenant, id: 'id-1', userName: 'ada@example.com' },
      approval: { id, by: 'grace', how: 'page' },
      ...more,
    } as JournalEvent) // `undefined` takes the approval away
  }
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + minutes * 60_000 })
  try {
    const result = await resultOf(page.parts, used)
    return { result, said: answerToRequester(used, result) }
  } finally {
    vi.useRealTimers()
  }
}

test.each(ENDS)('is %s', async (state, lines, minutes, answer) => {
  const { result, said } = await afterUse({ changes: CHANGES }, lines, minutes)
  expect(result.state).toBe(state)
  if (answer === undefined) expect(said).toBeUndefined()
  else expect(said).toMatch(answer)
  expect(said ?? '').not.toContain('grace')
})

const RUN: BriefedRun = {
  ...{ id: 'run-1', people: 2, accounts: 2 },
  operations: ['deactivateAccount'],
  places: [],
}
const step = (operation: string, id: string): Line[] => {
  const account = { tenant: A, id, userName: id }
  return [
    ['started', A, { account, before: { operation } }],
    ['done', A, { account }],
  ]
}
const BOTH = [...step('endSessions', '1'), ...step('deactivateAccount', '1')]
test.each<[Result['state'], Line[], number]>([
  ['under way', BOTH, 0],
  ['under way', [...BOTH, ...step('endSessions', '2')], 0],
  ['under way', step('deactivateAccount', '1'), 600],
  ['done', [...BOTH, ...step('deactivateAccount', '2')], 0],
])('a run is %s when its accounts are', async (state, lines, minutes) => {
  expect((await afterUse({ changes: [], run: RUN }, lines, minutes)).result.state).toBe(state)
})

const NONE = { done: 0, already: 0, skipped: 0, failed: 0, unknown: 0, byHand: 0, waiting: 0 }
const TASK: Line[] = [['started', A, { task }]]
test.each<
  [Result['state'], RunProgress['state'], Partial<RunProgress['counts']>, Line[], string | undefined]
>([
  ['under way', 'scheduled', { waiting: 2 }, [], undefined],
  ['under way', 'running', { done: 1, waiting: 1 }, BOTH, undefined],
  ['under way', 'paused', { done: 1, failed: 1 }, BOTH, undefined],
  // Its owner has not said yet that it is done.
  ['under way', 'finished', { done: 1, byHand: 1 }, [...BOTH, ...TASK], undefined],
  ['done', 'finished', { done: 1, byHand: 1 }, BOTH, 'Done: '],
  ['done', 'finished', { done: 2, already: 4, skipped: 1 }, BOTH, 'Done: '],
  ['partly', 'finished', { done: 1, skipped: 1 }, BOTH, 'Of all accounts: 1 done, 1 skipped.'],
  ['partly', 'cancelled', { skipped: 2 }, BOTH, 'Of all accounts: 2 skipped.'],
  ['failed', 'cancelled', { skipped: 2 }, [], 'Nothing was changed.'],
  ['failed', 'finished', { failed: 2 }, [['failed', A]], 'Nothing was changed.'],
  ['unknown', 'finished', { failed: 1, unknown: 1 }, [['unknown', A]], 'Not certain: '],
])('is %s where the run is %s with %o', async (state, of, counts, lines, answer) => {
  const progress: RunProgress = { id: RUN.id, state: of, counts: { ...NONE, ...counts } }
  const { result, said } = await afterUse({ changes: [], run: RUN }, lines, 600, progress)
  expect(result).toMatchObject({ state, run: progress })
  if (answer === undefined) expect(said).toBeUndefined()
  else expect(said).toContain(answer)
})

test('is told by nothing but an intact journal, and the page says so', async () => {
  await using page = await openPage()
  const id = await page.ask()
  await page.submit(id)
  await page.approvals.use(id, 'digest-1')
  vi.spyOn(page.parts.journal.index, 'about').mockImplementation(() => {
    throw new Error('not as it was written')
  })
  const { status, text } = await page.get(id)
  expect(status).toBe(200)
  expect(text).toContain('The journal cannot tell')
  expect(text).not.toContain('class="copy"')
})
