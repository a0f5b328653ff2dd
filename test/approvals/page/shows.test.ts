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
    .replaceAll('&quot;', '"')
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
    'Deactivate "Ada Lovelace" in Netskope ada@example.com from the app acme-netskope',
    'Reason left the company from the agent',
    'Requested by local:bot, with Claude/1.0 self-reported',
    'Tool deactivate_user',
    'Expires in 60 minutes',
    'Groups it can no longer use Licence it holds Netskope acme-netskope active inactive Engineering Poets Full',
    'Not an administrator. An identity provider may manage the account. It can be undone.',
    'External id idp-1',
    'The plan, word for word (1 line)',
    'Names and quoted text come from the app or the agent. Deactivate',
    'In other apps: active in 1, not known for 1',
    'also active in 1 other app , not affected by this change: Gainsight acme-gainsight',
    'Not known for 1 other app (no answer in time, or not available): Mindtickle acme-mindtickle',
    'Same caller, last hour: no other changes',
  ]) {
    expect(words).toContain(part)
  }
})

test.each<[string, Briefing, string[]]>([
  [
    'a deletion',
    changed({ operation: 'deleteAccount', reversible: false }, { admin: true }),
    [
      'Delete "Ada Lovelace" in Netskope',
      'Look closely An administrator. A deletion that cannot be undone.',
      'Groups lost Licence freed Netskope acme-netskope Administrator active inactive Engineering Poets Full',
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
      'Administrator or not: not known.',
      'It is not known whether it can be undone.',
      'active inactive not known not known',
      'In other apps: not checked',
    ],
  ],
  [
    'no group, and groups beyond counting',
    changed({}, { loses: { groups: { first: ['One'], of: 900 } } }),
    ['active inactive One and 899 more not known'],
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
      'Change the administrator rights and title of "Ada Lovelace" in Netskope',
      'Look closely Gives or takes administrator rights.',
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
      'Create an account for "Ada Lovelace" in Netskope ada@example.com from the agent',
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
  expect(words).toContain('Add 25 people to "Poets" in Netskope')
  for (const { userName } of accounts) expect(words).toContain(`${userName} not in the group in the group`)
})

test.each([
  [0, 'Create the group "Poets" in Netskope'],
  [1, 'Create the group "Poets" with "user-0@example.com" in Netskope'],
  [2, 'Create the group "Poets" with 2 people in Netskope'],
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
  expect(words).toContain('Same caller, last hour: 26 changes The latest 20:')
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
  expect(wrong).toMatch(
    /<p class="wrong" id="passphrase-problem">The approver name or the passphrase is wrong/,
  )
  expect(wrong).toMatch(/<title>Problem: /)
})
