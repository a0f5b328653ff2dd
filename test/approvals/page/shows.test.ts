import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { BriefedChange, Briefing } from '../../../src/domain/briefing.ts'
import { briefing, openPage } from './page-at.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

/** The words of the page of a request, as a person reads them. */
async function shown(about: Briefing) {
  await using page = await openPage()
  const { text } = await page.get(await page.ask({ briefing: about }))
  return wordsOf(text)
}
const wordsOf = (markup: string) =>
  markup
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replace(/\s+/g, ' ')

const changed = (
  more: Partial<BriefedChange>,
  account: Partial<BriefedChange['accounts'][number]> = {},
): Briefing => {
  const [change] = briefing().changes as [BriefedChange]
  const [first] = change.accounts as [BriefedChange['accounts'][number]]
  return { changes: [{ ...change, accounts: [{ ...first, ...account }], ...more }] }
}

test('who asks, whom it concerns, what changes, what is lost, where else, and until when', async () => {
  const words = await shown(briefing())
  for (const part of [
    'Waiting for a decision',
    'Deactivate 1 account in Netskope',
    'Person Ada Lovelace (ada@example.com) from the app',
    'Reason left the company from the agent',
    'Requested by local:bot',
    'Client Claude/1.0 self-reported',
    'Tool deactivate_user',
    'in 60 minutes',
    'Netskope acme-netskope',
    'Not an administrator',
    'May be managed by an identity provider',
    'Can be undone',
    'Status active inactive',
    'External id idp-1',
    'Groups it can no longer use Engineering Poets',
    'Licence it holds Full',
    'Planned change',
    'Names and quoted text come from the app or the agent. Deactivate',
    'also active in 1 other app , not affected by this change: Gainsight acme-gainsight',
    'Not known for 1 other app (no answer in time, or not available): Mindtickle acme-mindtickle',
    'Same caller, last hour No other changes.',
  ]) {
    expect(words).toContain(part)
  }
})

test.each<[string, Briefing, string[]]>([
  [
    'a deletion',
    changed({ operation: 'deleteAccount', reversible: false }, { admin: true }),
    [
      'Delete 1 account',
      'Administrator',
      'Cannot be undone',
      'Groups lost Engineering Poets',
      'Licence freed Full',
    ],
  ],
  [
    'what the app does not tell',
    (() => {
      const [change] = changed({}, { loses: {} }).changes as [BriefedChange]
      const { reversible: _, ...rest } = change
      const [account] = change.accounts as [BriefedChange['accounts'][number]]
      const { admin: __, ...untold } = account
      return { changes: [{ ...rest, accounts: [untold] }] }
    })(),
    [
      'Administrator: not known',
      'Unknown if it can be undone',
      'Groups it can no longer use not known',
      'Licence it holds not known',
      'Not checked',
    ],
  ],
  [
    'no group, and groups beyond counting',
    changed({}, { loses: { groups: { first: ['One'], of: 900 } } }),
    ['Groups it can no longer use One and 899 more'],
  ],
  [
    'new rights',
    changed(
      { operation: 'updateAccount', power: true },
      {
        alters: [
          { what: 'admin', after: 'true', from: 'agent' },
          { what: 'title', before: 'Poet', after: 'Boss', from: 'agent' },
        ],
      },
    ),
    [
      'Changes administrator rights',
      'Administrator not known true from the agent',
      'Title Poet from the app Boss from the agent',
    ],
  ],
  [
    'a new account',
    changed(
      { operation: 'createAccount' },
      { alters: [{ what: 'email', after: 'new@example.com', from: 'agent' }] },
    ),
    [
      'Create 1 account',
      '(ada@example.com) from the agent',
      'Email no account new@example.com from the agent',
    ],
  ],
  [
    'nobody else',
    { ...briefing(), elsewhere: { active: [], unknown: [] } },
    ['Not active in any other connected app.'],
  ],
])('%s is told as it is', async (_, about, parts) => {
  const words = await shown(about)
  for (const part of parts) expect(words).toContain(part)
})

test('a change of many is told account by account', async () => {
  const member = (at: number) => ({
    userName: `user-${at}@example.com`,
    alters: [
      { what: 'membership', before: 'not in the group', after: 'in the group', from: 'server' as const },
    ],
  })
  const accounts = Array.from({ length: 25 }, (_, at) => member(at))
  const words = await shown(
    changed({ operation: 'updateMembers', group: { name: 'Poets', from: 'app' }, accounts }),
  )
  expect(words).toContain('Change the group membership of 25 accounts in Netskope')
  expect(words).toContain('The group Poets from the app')
  for (const { userName } of accounts) expect(words).toContain(`${userName} – not in the group in the group`)
})

test.each([
  [0, 'Create a group with 0 accounts'],
  [1, 'Create a group with 1 account in'],
  [2, 'Create a group with 2 accounts'],
])('a new group with %i members is told by the name that the agent gave it', async (count, title) => {
  const accounts = Array.from({ length: count }, (_, at) => ({
    userName: `user-${at}@example.com`,
    alters: [
      { what: 'membership', before: 'not in the group', after: 'in the group', from: 'server' as const },
    ],
  }))
  const words = await shown(
    changed({ operation: 'createGroup', group: { name: 'Poets', from: 'agent' }, accounts }),
  )
  expect(words).toContain(title)
  expect(words).toContain('The group Poets from the agent')
  for (const { userName } of accounts) expect(words).toContain(userName)
})

test('what else the same caller changed in the last hour, the latest first, and nothing of others or of before', async () => {
  await using page = await openPage()
  const record = (userName: string, more: { caller?: string; event?: 'done' | 'unknown' | 'failed' } = {}) =>
    page.parts.journal.append({
      event: 'done',
      call: `call-${userName}`,
      tool: 'deactivate_user',
      caller: 'local:bot',
      account: { tenant: 'acme-netskope', id: userName, userName },
      ...more,
    })
  await record('long-ago')
  vi.setSystemTime(Date.now() + 61 * 60_000)
  await record('by-another', { caller: 'local:eve' })
  await record('not-changed', { event: 'failed' })
  for (let at = 0; at < 25; at += 1) await record(`user-${at}`)
  await record('who-knows', { event: 'unknown' })
  const words = wordsOf((await page.get(await page.ask())).text)
  expect(words).toContain('26 changes, latest 20 shown:')
  expect(words).toMatch(/who-knows acme-netskope unknown .*user-24 acme-netskope done .*user-6 acme-netskope/)
  for (const name of ['long-ago', 'by-another', 'not-changed', 'user-5 ']) expect(words).not.toContain(name)
})

test('a keyboard and a screen reader find their way', async () => {
  await using page = await openPage()
  const id = await page.ask({ mustType: 'ada@example.com' })
  const { text } = await page.get(id)
  expect(text).toMatch(/<html lang="en">/)
  expect(text.match(/<h1/g)).toHaveLength(1)
  expect(text.match(/<(main|header|footer)>/g)).toHaveLength(3)
  expect(text.indexOf('class="skip" href="#decide"')).toBeLessThan(text.indexOf('<header>'))
  const levels = [...text.matchAll(/<h(\d)/g)].map(([, level]) => Number(level))
  expect(levels.every((level, at) => at === 0 || level <= (levels[at - 1] ?? 0) + 1)).toBe(true)
  const ids = [...text.matchAll(/\sid="([^"]+)"/g)].map(([, one]) => one)
  expect(new Set(ids).size).toBe(ids.length)
  for (const [, name] of text.matchAll(/<input id="([^"]+)"/g))
    expect(text).toContain(`<label for="${name}">`)
  for (const [, named = ''] of text.matchAll(/aria-(?:labelledby|describedby)="([^"]+)"/g))
    expect(ids).toContain(named)

  const wrong = (await page.submit(id, { typed: 'ada@example.com', passphrase: 'a wrong passphrase' })).text
  expect(wrong).toMatch(/<main>\s*<div class="problem" role="alert" tabindex="-1" autofocus>/)
  expect(wrong).toContain('href="#passphrase"')
  expect(wrong).toMatch(/<input id="passphrase"[^>]* aria-invalid="true"/)
  expect(wrong).toMatch(/<title>Problem: /)
})
