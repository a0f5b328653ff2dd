import { expect, test, vi } from 'vitest'
import type { ApprovalRequest } from '../../../src/approvals/approval.ts'
import { warning } from '../../../src/changes/plan.ts'
import type { BriefedChange } from '../../../src/domain/briefing.ts'
import { cautionOf } from '../../../src/text/confusables.ts'
import { briefing, openPage } from './page-at.ts'

const [CHANGE] = briefing().changes as [BriefedChange]
const having = (...more: Partial<BriefedChange>[]): Partial<ApprovalRequest> => ({
  briefing: { changes: more.map((one) => ({ ...CHANGE, ...one })) },
})
const [ACCOUNT] = CHANGE.accounts as [BriefedChange['accounts'][number]]
const admin = { accounts: [{ ...ACCOUNT, admin: true }] }
const elsewhere = { tenant: 'acme-slack', app: 'Slack' }
const LOOKS_LIKE = warning('аda@example.com', cautionOf({ 'user name': 'аda@example.com' }))

const UNUSUAL: [what: string, request: Partial<ApprovalRequest>, expected: string | RegExp][] = [
  ['an administrator', having(admin), 'An administrator.'],
  [
    'an administrator in one of two apps',
    having(admin, elsewhere),
    'An administrator in Netskope (acme-netskope).',
  ],
  [
    'administrators among others',
    having({ accounts: [ACCOUNT, { ...ACCOUNT, id: '2', userName: 'eve@example.com', admin: true }] }),
    '1 of 2 are administrators.',
  ],
  ['administrator rights', having({ power: true }), 'Gives or takes administrator rights.'],
  [
    'a deletion',
    having({ operation: 'deleteAccount', reversible: false }),
    'A deletion that cannot be undone.',
  ],
  [
    'what is for good in one app',
    having({ reversible: false }, elsewhere),
    'Cannot be undone in Netskope (acme-netskope).',
  ],
  [
    'a name that looks like another',
    { plan: ['Deactivate.', ...LOOKS_LIKE] },
    /user name .*"ada@example.com"/,
  ],
  [
    'what was left out',
    { plan: ['Deactivate.', 'Left alone: Zoom.'], asides: ['Left alone: Zoom.'] },
    'Left alone: Zoom.',
  ],
]

const wordsOf = (markup: string) =>
  markup
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&quot;', '"')
    .replace(/\s+/g, ' ')

/** The words between the headline and the reason. */
const onTop = (markup: string) => wordsOf(markup.slice(markup.indexOf('<h1>'), markup.indexOf('>Reason<')))

test.each(UNUSUAL)('stands right below the headline: %s', async (_, request, expected) => {
  await using page = await openPage()
  const top = onTop((await page.get(await page.ask(request))).text)
  expect(top).toContain('Look closely')
  expect(top).toMatch(expected)
})

test('what is as it mostly is warns of nothing', async () => {
  await using page = await openPage()
  expect((await page.get(await page.ask())).text).not.toContain('Look closely')
  const sessions = { operation: 'endSessions' as const, reversible: false }
  const { text } = await page.get(await page.ask({ digest: 'other', ...having({}, sessions) }))
  expect(text).not.toContain('Look closely')
  expect(text).toContain('It can be undone, except for the sessions, which stay ended.')
})

test('a change that is asked for again and again says so, in whatever words, for that day', async () => {
  await using page = await openPage()
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    const targets = { 'acme-netskope/id-1': 'the same' }
    const askAgain = async (digest: string, minutes: number, more = {}) => {
      vi.setSystemTime(Date.now() + minutes * 60_000)
      return page.ask({ digest, targets, reason: digest, ...more })
    }
    const first = await askAgain('first', 0)
    expect((await page.get(first)).text).not.toContain('Asked for')
    await page.submit(first, { decision: 'denied' })
    for (const digest of ['second', 'third']) await askAgain(digest, 61)
    const fourth = await askAgain('fourth', 61)
    // Asking for the same request again is no new one.
    await page.ask({ digest: 'fourth', targets })
    expect(onTop((await page.get(fourth)).text)).toContain(
      'Asked for the 4th time in 24 hours, and denied once before.',
    )
    expect((await page.get(await askAgain('of-another', 0, { caller: 'local:eve' }))).text).not.toContain(
      'Asked for',
    )
    const late = await askAgain('late', 25 * 60)
    expect((await page.get(late)).text).not.toContain('Asked for')
  } finally {
    vi.useRealTimers()
  }
})

test.each([
  ['Europe/Berlin', /2026-03-01 13:42 GMT\+1 \(12:42 UTC\)/],
  ['Asia/Kolkata', /2026-03-01 18:12 GMT\+5:30 \(12:42 UTC\)/],
  ['Pacific/Auckland', /2026-03-02 01:42 GMT\+13 \(2026-03-01 12:42 UTC\)/],
  ['UTC', /2026-03-01 12:42 UTC/],
])('times are those of %s, with UTC beside them', async (zone, expected) => {
  await using page = await openPage()
  const before = process.env.TZ
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-03-01T12:42:30Z') })
  try {
    process.env.TZ = zone
    expect((await page.get(await page.ask())).text).toMatch(expected)
  } finally {
    vi.useRealTimers()
    if (before === undefined) delete process.env.TZ
    else process.env.TZ = before
  }
})
