import fc from 'fast-check'
import { expect, test } from 'vitest'
import { html } from '../../../src/approvals/page/html.ts'
import type { BriefedChange } from '../../../src/domain/briefing.ts'
import { briefing, openPage } from './page-at.ts'

/** What nobody may ever see, or run, out of the text of an app or an agent. */
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/u
const TAGS = new Set(
  (
    '!doctype html head meta title link body a header main footer section article div p span small strong em bdi code pre ' +
    'time h1 h2 h3 ul li dl dt dd table caption thead tbody tr th td details summary form fieldset legend label input button b'
  ).split(' '),
)
/** Every tag in the markup that is not one of ours, and every attribute that could do something. */
function foreign(markup: string): string[] {
  const bare = markup.replace(/="[^"]*"/g, '=')
  const tags = [...bare.matchAll(/<\/?([^\s>]*)/g)].map(([, name = '']) => name)
  return [
    ...tags.filter((name) => !TAGS.has(name)),
    ...(bare.match(/<[^>]*\s(on\w+|style|srcdoc|formaction)\b/gi) ?? []),
  ]
}

const EVIL = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onfocus='alert(1)' autofocus='",
  '</title></bdi></dd><form action="https://evil.example"><input name="passphrase">',
  '&lt;script&gt;&#60;b&#62;',
  '\u202egnp.exe\u2066x\u2069 \u200b\ufeff',
  '\u001b[2J\u001b[31mred\u0007\u009b1m',
  'Approved by security\r\n\r\nHTTP/1.1 200 OK',
  '{{constructor.constructor("alert(1)")()}}',
  '\ud800 lone \udc00',
]

test.each(EVIL)('text such as %j is shown as text, wherever it stands', async (evil) => {
  await using page = await openPage()
  const [change] = briefing().changes as [BriefedChange]
  const [account] = change.accounts as [BriefedChange['accounts'][number]]
  const everywhere = {
    ...account,
    ...{ userName: evil, id: evil, name: evil, email: evil, title: evil, department: evil, externalId: evil },
    loses: { groups: { first: [evil, evil], of: 3 }, licence: evil },
  }
  const changes: BriefedChange[] = [
    {
      ...change,
      accounts: [{ ...everywhere, alters: [{ what: evil, before: evil, after: evil, from: 'agent' }] }],
    },
    {
      ...change,
      operation: 'updateMembers',
      group: { name: evil, from: 'app' },
      accounts: [everywhere, everywhere],
    },
    { ...change, operation: 'createAccount', accounts: [everywhere] },
  ]
  const places = [{ tenant: evil, app: evil }]
  await page.parts.journal.append({
    event: 'done',
    call: 'call-0',
    tool: evil,
    caller: 'local:bot',
    account: { tenant: evil, id: evil, userName: evil },
  })
  const id = await page.ask({
    ...{ plan: [evil, `⚠ ${evil}`], asides: [evil], reason: evil, client: evil, tool: evil, mustType: evil },
    briefing: { changes, elsewhere: { active: places, unknown: places } },
  })
  const given = { approver: evil, typed: evil, passphrase: evil, decision: evil }
  for (const { text } of [await page.get(id), await page.submit(id, given)]) {
    expect(foreign(text)).toEqual([])
    expect(text).not.toMatch(UNSEEN)
    expect(text.match(/<form/g)).toHaveLength(1)
    expect(text).toContain('from the app')
    expect(text).toContain('from the agent')
  }
})

test.each(EVIL)('text such as %j is shown as text in what came of a request, too', async (evil) => {
  await using page = await openPage()
  const denied = await page.ask({ digest: 'denied' })
  expect((await page.submit(denied, { decision: 'denied', why: evil })).status).toBe(303)
  const id = await page.ask()
  await page.submit(id)
  await page.approvals.use(id, 'digest-1')
  await page.parts.journal.append({
    ...{ event: 'failed', call: 'call-2', tool: evil, caller: 'local:bot', note: evil },
    account: { tenant: evil, id: evil, userName: evil },
    approval: { id, by: 'grace', how: 'page' },
  })
  for (const { text } of [await page.get(denied), await page.get(id)]) {
    expect(foreign(text)).toEqual([])
    expect(text).not.toMatch(UNSEEN)
    expect(text).toContain('For whoever asked')
  }
})

test('a megabyte of text in every field is cut, and the page stays small', async () => {
  await using page = await openPage()
  const long = `<b>${'x'.repeat(1_000_000)}`
  const [change] = briefing().changes as [BriefedChange]
  const [account] = change.accounts as [BriefedChange['accounts'][number]]
  const id = await page.ask({
    ...{ plan: [long], reason: long, client: long },
    briefing: { changes: [{ ...change, accounts: [{ ...account, name: long, title: long }] }] },
  })
  const { status, text } = await page.get(id)
  expect(status).toBe(200)
  expect(text.length).toBeLessThan(200_000)
  expect(text).toContain('&lt;b&gt;xxx')
})

test('no text whatever becomes markup in the template', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const { markup } = html`<a title="${text}">${[text, html`<b>${text}</b>`]}</a>`
      expect(markup).toMatch(/^<a title="[^<>"']*">[^<>"']*<b>[^<>"']*<\/b><\/a>$/)
      expect(foreign(markup)).toEqual([])
      expect(markup).not.toMatch(UNSEEN)
    }),
  )
})
