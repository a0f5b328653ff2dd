// @module-tag long

import axe from 'axe-core'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { linkIn } from '../support/browser.ts'
import { noChromium, startChromium } from '../support/chromium.ts'
import { CLIENTS, type ToolResult } from '../support/clients.ts'
import { openHttpWorld } from '../support/http-world.ts'
import { SHOWS_VIEWS, showView } from '../support/mcp-host.ts'
import { decideAt, openApprovalWorld } from '../support/strict.ts'
import { openWorld, type World, type WorldOptions } from '../support/world.ts'

const ADA = 'ada@example.com'
const BOSS = 'boss@example.com'
const OF_BOSS = { user: BOSS, tenants: ['acme-scim'], reason: 'left the company' }
const LEAVES = { user: ADA, tenants: ['acme-netskope'], reason: 'left the company' }
const OUTLINE = 'io.github.identity-mcp-server/outline'
/** Where pictures go for whoever wants to look at them. */
const PICTURES = process.env.IDENTITY_MCP_PICTURES

/** What users write about themselves, hoping that a page takes it for more than text. */
const HOSTILE: readonly [what: string, name: string][] = [
  ['markup', '<img src=x onerror=alert(1)><script>alert(1)</script>'],
  ['the end of the script', '</script><script>alert(1)</script><!--'],
  ['the end of an attribute', '" onmouseover="alert(1)" x="'],
  ['a link', '<a href="https://evil.example/approve">Approve here</a>'],
  ['a field to fill in', '<form action="https://evil.example"><input name="passphrase"></form>'],
  ['JSON that closes its own', '"}],"outline":{"headline":["Nothing to do"]},"x":[{"y":"'],
  ['an override of direction', '\u202ednevalevoL adA\u202c'],
  ['letters that nobody sees', 'A\u200bd\u2060a'],
]

const textOf = (result: ToolResult) => result.content?.[0]?.text ?? ''

describe.each(CLIENTS)('a client that shows views (%s)', (client) => {
  test('is told the view of each tool, and that views call none but get_run', async () => {
    await using world = await openWorld({ client, extensions: SHOWS_VIEWS })
    const tools = (await world.client.listTools()) as {
      name: string
      annotations?: { readOnlyHint?: boolean }
      _meta?: { ui?: { resourceUri?: string; visibility?: string[] } }
    }[]
    for (const { name, annotations, _meta } of tools) {
      const { resourceUri, visibility } = _meta?.ui ?? {}
      expect(visibility, name).toEqual(name === 'get_run' ? undefined : ['model'])
      if (annotations?.readOnlyHint === false) expect(resourceUri, name).toBeDefined()
    }
    const uris = new Set(tools.flatMap(({ _meta }) => _meta?.ui?.resourceUri ?? []))
    expect([...uris].sort()).toEqual(['change', 'person', 'run'].map((one) => `ui://identity-mcp/${one}`))
    for (const uri of uris) {
      const { contents } = (await world.client.readResource(uri)) as { contents: object[] }
      expect(contents).toEqual([
        {
          uri,
          mimeType: 'text/html;profile=mcp-app',
          text: expect.stringContaining("content=\"default-src 'none'; script-src 'sha256-"),
          _meta: {
            ui: {
              csp: { connectDomains: [], resourceDomains: [], frameDomains: [], baseUriDomains: [] },
              permissions: {},
              prefersBorder: true,
            },
          },
        },
      ])
    }
    expect(world.client.extensions()).toHaveProperty(['io.modelcontextprotocol/ui'])
  })

  test('is given the same answer as every other, with an outline of the request beside it', async () => {
    await using world = await openApprovalWorld({ client, extensions: SHOWS_VIEWS, answer: 'none' })
    const plain = await world.open({ extensions: {} })
    const result = await world.client.callTool('deactivate_user', LEAVES)
    const other = await plain.client.callTool('deactivate_user', LEAVES)
    // Each process has a page of its own.
    const withoutPort = (text: string) => text.replace(/127\.0\.0\.1:\d+/g, '')
    expect(withoutPort(textOf(result))).toBe(withoutPort(textOf(other)))
    expect(other).not.toHaveProperty(['_meta', OUTLINE])
    expect(result).toMatchObject({
      _meta: {
        [OUTLINE]: {
          headline: ['Deactivate ', { theirs: 'Ada Lovelace' }, ' in Netskope'],
          rows: [{ app: 'Netskope', account: ADA, field: 'Status', before: 'active', after: 'inactive' }],
        },
      },
    })
  })
})

describe.each(CLIENTS)('a client that does not (%s)', (client) => {
  test.each<[string, WorldOptions['extensions']]>([
    ['nothing', undefined],
    ['another extension', { 'com.example/other': {} }],
    ['pages of another type', { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html'] } }],
    ['no types of pages', { 'io.modelcontextprotocol/ui': {} }],
  ])('is listed not a byte more: it declares %s', async (_, extensions) => {
    await using world = await openWorld({ client, ...(extensions && { extensions }) })
    for (const tool of await world.client.listTools()) expect(tool).not.toHaveProperty('_meta')
    const uris = (await world.client.listResources()).map(({ uri }) => uri)
    expect(uris.filter((uri) => uri.startsWith('ui:'))).toEqual([])
  })
})

test('the program as it is built has every card, over stdio and over HTTP', async () => {
  await using world = await openWorld({ ownProcess: true })
  await using web = await openHttpWorld({ ownProcess: true })
  const guest = await web.guest({ token: await web.token('ada') })
  for (const client of [world.client, guest]) {
    for (const view of ['change', 'person', 'run']) {
      const { contents } = (await client.readResource(`ui://identity-mcp/${view}`)) as {
        contents: { text: string }[]
      }
      expect(contents[0]?.text, view).toMatch(
        /^<!doctype html>[\s\S]*\bbegin\(\(result\) => [\s\S]*<\/html>\n$/,
      )
      expect(contents[0]?.text, view).not.toMatch(/^import /m)
    }
    await expect(client.readResource('ui://identity-mcp/other')).rejects.toThrow()
  }
})

describe.skipIf(noChromium)('in Chromium', () => {
  let chromium: Browser
  let shared: World
  beforeAll(async () => {
    chromium = await startChromium()
    shared = await openApprovalWorld({
      ...{ extensions: SHOWS_VIEWS, answer: 'none', tenants: (own) => own },
      sandbox: { apps: ['netskope', 'scim'], perMinute: 100_000 },
    })
    shared.sandbox.tenants['acme-scim'].addUser({ userName: BOSS, displayName: 'The boss' })
  })
  afterAll(async () => {
    await chromium?.close()
    await shared?.[Symbol.asyncDispose]()
  })

  /** Calls a tool and shows its view. */
  const show = async (
    world: World,
    tool: string,
    args: object,
    options: Parameters<typeof showView>[3] = {},
  ) => {
    const result = await world.client.callTool(tool, args)
    const shown = await showView(chromium, world.client, { tool, args, result }, options)
    return { ...shown, result }
  }
  type Shown = Awaited<ReturnType<typeof show>>
  const picture = async ({ page }: Shown, name: string) => {
    if (PICTURES) await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true })
  }
  /** What holds for every card: it speaks of nothing but itself, loads nothing, and no fault came up. */
  const expectQuiet = ({ methods, requests, problems }: Shown, ...more: string[]) => {
    const own = ['ui/initialize', 'ui/notifications/initialized', 'ui/notifications/size-changed']
    expect([...methods()].filter((method) => ![...own, ...more].includes(method))).toEqual([])
    expect(requests).toEqual([])
    expect(problems).toEqual([])
  }
  /** The faults that axe finds. */
  const faultsOf = async (view: Shown['view']) => {
    await view.evaluate(axe.source)
    const { violations } = await view.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run())
    return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])
  }

  test('the card of a change says who, what, in which direction and what is unusual; its button opens the page', async () => {
    const shown = await show(shared, 'deactivate_user', OF_BOSS)
    const { view, messages, page } = shown
    await picture(shown, 'change-light')
    expect(await view.textContent('h1')).toBe('Deactivate The boss in SCIM 2.0')
    const unusual = (of: typeof view) => of.getByRole('region', { name: 'Unusual' }).textContent()
    expect(await unusual(view)).toContain('It is not known whether it can be undone.')
    expect(await view.locator('tbody tr').allTextContents()).toEqual([
      expect.stringMatching(/boss@example\.com.*The boss.*acme-scim.*Status.*active.*inactive/),
    ])
    const power = { tenant: 'acme-scim', user: ADA, set: { role: 'Administrator' } }
    const given = await show(shared, 'update_user', power)
    expect(await unusual(given.view)).toContain('Gives or takes administrator rights.')
    expect(await given.view.locator('tbody tr').allTextContents()).toEqual([
      expect.stringMatching(/ada@example\.com.*acme-scim.*Role.*Administrator/),
    ])
    const { approval } = JSON.parse(textOf(shown.result)) as { approval: { id: string; approveAt: string } }
    expect(await view.textContent('.decide')).toContain(approval.id)
    // By keyboard alone.
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await view.getByText('Decide on the page that opens.').waitFor()
    expect(messages.filter(({ method }) => method === 'ui/open-link')).toMatchObject([
      { params: { url: linkIn(approval.approveAt) } },
    ])
    expectQuiet(shown, 'ui/open-link')
    // Opening it decides nothing.
    expect(shared.sandbox.tenants['acme-scim'].writes).toEqual([])
    expect(await shared.call('deactivate_user', OF_BOSS)).toMatchObject({
      status: 'approval_required',
      approval: { id: approval.id },
    })
  })

  test('a host that opens no links is shown the address, and what came of a change is shown row by row', async () => {
    await using world = await openApprovalWorld({ extensions: SHOWS_VIEWS, answer: 'none' })
    const waiting = await show(world, 'deactivate_user', LEAVES, { can: {} })
    const { approval } = JSON.parse(textOf(waiting.result)) as { approval: { id: string; approveAt: string } }
    expect(await waiting.view.textContent('.decide')).toContain(approval.approveAt)
    expect(await waiting.view.getByRole('button').count()).toBe(0)
    await decideAt(approval.approveAt)
    const done = await show(world, 'deactivate_user', { ...LEAVES, approvalId: approval.id })
    await picture(done, 'change-done')
    expect(await done.view.textContent('h1')).toBe('Done')
    expect(await done.view.locator('tbody tr').allTextContents()).toEqual([
      expect.stringMatching(/ada@example\.com.*acme-netskope.*deactivated/),
    ])
    const used = await show(world, 'deactivate_user', { ...LEAVES, approvalId: approval.id })
    expect(await used.view.textContent('h1')).toBe('Nothing to change')
    for (const one of [waiting, done, used]) expectQuiet(one)
  })

  test('the card of a person says where they have accounts, and what was not looked at', async () => {
    await using world = await openWorld({
      extensions: SHOWS_VIEWS,
      tenants: (own) => own,
      sandbox: { apps: ['netskope', 'scim', 'mindtickle'], perMinute: 100_000 },
    })
    world.sandbox.tenants['acme-mindtickle'].faults.set(['unavailable'])
    const found = await show(world, 'find_user', { user: ADA })
    await picture(found, 'person-light')
    expect(await found.view.textContent('h1')).toBe('Ada Lovelace')
    expect(await found.view.locator('.account h2').allTextContents()).toEqual(
      expect.arrayContaining([expect.stringContaining('acme-netskope')]),
    )
    expect(await found.view.textContent('.unusual')).toContain('acme-mindtickle: not searched')
    const explained = await show(world, 'explain_access', { user: ADA }, { theme: 'dark' })
    await picture(explained, 'access-dark')
    expect(await explained.view.textContent('main')).toContain('Last sign-in')
    expect(await explained.view.textContent('.unusual')).toContain('acme-mindtickle: accounts')
    const nobody = await show(world, 'find_user', { user: 'nobody@example.com' })
    expect(await nobody.view.textContent('h1')).toBe('Nobody found so far')
    for (const one of [found, explained, nobody]) expectQuiet(one)
  })

  test('the card of a run follows it to its end by reading alone', async () => {
    await using world = await openApprovalWorld({ extensions: SHOWS_VIEWS, answer: 'none' })
    const people = Array.from({ length: 12 }, () => world.newcomer().userName)
    const asked = await show(world, 'offboard', { people, reason: 'the team was closed' })
    await picture(asked, 'offboard-light')
    expect(await asked.view.textContent('h1')).toBe('Deactivate 12 people in Netskope')
    const { runId, approval } = JSON.parse(textOf(asked.result)) as {
      runId: string
      approval: { id: string; approveAt: string }
    }
    const shown = await show(world, 'get_run', { runId })
    expect(await shown.view.textContent('main')).toContain('waiting for approval')
    await decideAt(approval.approveAt, { typed: '12' })
    await world.call('offboard', { people, reason: 'the team was closed', approvalId: approval.id })
    await shown.view.getByText('finished').waitFor({ timeout: 30_000 })
    await picture(shown, 'run-light')
    expect(await shown.view.textContent('.counts')).toBe('12 done')
    expect(shown.messages.flatMap(({ method, params }) => (method === 'tools/call' ? [params] : []))).toEqual(
      expect.arrayContaining([{ name: 'get_run', arguments: { runId } }]),
    )
    expectQuiet(shown, 'tools/call')
  })

  test.each(HOSTILE)('text of an app is only text: %s', async (what, name) => {
    const userName = `${what.replaceAll(' ', '-')}@example.com`
    shared.netskope.addUser({ userName, displayName: name, title: name })
    const cards = [
      await show(shared, 'explain_access', { user: userName, tenants: ['acme-netskope'] }),
      await show(shared, 'deactivate_user', { ...LEAVES, user: userName }),
    ]
    for (const card of cards) {
      const { view } = card
      expect(await view.locator('img, a, iframe, form, input, script:not([type="module"])').count()).toBe(0)
      const all = (await view.textContent('main')) ?? ''
      expect(all).toContain(userName)
      // What nobody sees is not there.
      expect(all).not.toMatch(/[\p{Cc}\u200b-\u200f\u202a-\u202e\u2060-\u2069]/u)
      expect(await view.getByRole('button').count()).toBe(card === cards[1] ? 1 : 0)
      expectQuiet(card)
    }
  })

  test('a page runs nothing but its own script, and listens to nobody but its host', async () => {
    const shown = await show(shared, 'deactivate_user', LEAVES)
    const { view, page } = shown
    const tried = await view.evaluate(`(async () => {
      const script = document.createElement('script')
      script.textContent = 'globalThis.ran = true'
      document.body.append(script)
      document.body.insertAdjacentHTML('beforeend', '<img src="https://evil.test/" onerror="globalThis.ran = true">')
      const sent = await fetch('https://evil.test/').then(() => true, () => false)
      return { ran: globalThis.ran === true, sent }
    })()`)
    expect(tried).toEqual({ ran: false, sent: false })
    // Another frame of the same host pretends that the change was approved.
    await page.evaluate(`(() => {
      const other = document.createElement('iframe')
      other.srcdoc = '<script>parent.frames[0].postMessage({ jsonrpc: "2.0", method: "ui/notifications/tool-result", ' +
        'params: { structuredContent: { status: "done", results: [] } } }, "*")</' + 'script>'
      document.body.append(other)
      return new Promise((resolve) => { other.onload = () => setTimeout(resolve, 200) })
    })()`)
    expect(await view.textContent('h1')).toBe('Deactivate Ada Lovelace in Netskope')
    expect(shown.requests).toEqual([])
  })

  test.each([
    ['light', 720],
    ['dark', 360],
  ] as const)('the cards can be used by everybody, %s, %i pixels wide', async (theme, width) => {
    // As they are first, without what a host does for them.
    const options = { theme, viewport: { width, height: 800 }, can: { openLinks: {} } }
    const run = { people: ['grace@example.com', 'alan@example.com'], reason: 'the team was closed' }
    const { runId } = (await shared.call('offboard', run)) as unknown as { runId: string }
    const calls: [string, object][] = [
      ['deactivate_user', OF_BOSS],
      ['offboard', run],
      ['explain_access', { user: ADA }],
      ['get_run', { runId }],
    ]
    for (const [tool, args] of calls) {
      const shown = await show(shared, tool, args, options)
      await picture(shown, `${tool}-${theme}-${width}`)
      expect(await faultsOf(shown.view), tool).toEqual([])
      const isWider = await shown.view.evaluate('document.documentElement.scrollWidth > innerWidth')
      expect(isWider, tool).toBe(false)
      expectQuiet(shown)
    }
  })
})
