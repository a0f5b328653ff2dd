// @module-tag long

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import axe from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PASSPHRASE } from '../support/approvers.ts'
import { fillIn, linkIn } from '../support/browser.ts'
import { noChromium, startChromium } from '../support/chromium.ts'
import { openApprovalWorld } from '../support/strict.ts'
import type { World } from '../support/world.ts'

const ADA = 'ada@example.com'
const LEAVES = { user: ADA, tenants: ['acme-netskope'], reason: 'left the company' }

/** Has a change asked for; the id of the request, and the address of its page. */
async function waiting(world: World, tool = 'deactivate_user', args: object = LEAVES) {
  const { approval } = (await world.call(tool, args)) as unknown as {
    approval: { id: string; approveAt: string }
  }
  return approval
}

describe.skipIf(noChromium)('the approval page in Chromium', () => {
  let chromium: Browser
  beforeAll(async () => {
    chromium = await startChromium()
  })
  afterAll(() => chromium?.close())

  const openTab = async (link: string, options: BrowserContextOptions = {}) => {
    const context = await chromium.newContext({ javaScriptEnabled: false, ...options })
    const page = await context.newPage()
    await page.goto(link)
    return page
  }

  const decide = async (page: Page, decision: 'Approve' | 'Deny', passphrase: string) => {
    await page.getByRole('radio', { name: decision }).check()
    await page.getByLabel('Approver name').fill('grace')
    await page.getByLabel('Passphrase').fill(passphrase)
    await page.getByRole('button', { name: 'Submit decision' }).click()
  }

  test('a wrong passphrase changes nothing; the right one lets the change through once, in a known name', async () => {
    await using world = await openApprovalWorld()
    const { id, approveAt } = await waiting(world)
    const page = await openTab(linkIn(approveAt))
    await expect(page.getByRole('heading', { level: 1 }).textContent()).resolves.toBe(
      'Deactivate "Ada Lovelace" in Netskope',
    )

    await decide(page, 'Approve', 'a wrong passphrase')
    expect(await page.getByRole('alert').textContent()).toContain('passphrase is wrong')
    expect(await page.getByLabel('Passphrase').inputValue()).toBe('')
    expect((await world.call('deactivate_user', { ...LEAVES, approvalId: id })).status).toBe(
      'approval_required',
    )

    await decide(page, 'Approve', PASSPHRASE)
    expect(page.url()).toBe(linkIn(approveAt))
    expect(await page.getByRole('region', { name: 'Decision' }).textContent()).toContain('Approved by grace')
    expect(world.netskope.writes).toEqual([])

    const calls = Array.from({ length: 5 }, () =>
      world.call('deactivate_user', { ...LEAVES, approvalId: id }),
    )
    expect((await Promise.all(calls)).filter(({ status }) => status === 'done')).toHaveLength(1)
    expect(world.netskope.writes).toHaveLength(1)
    expect(world.netskope.user(ADA)?.active).toBe(false)

    const lines = world.journal()
    expect(lines.slice(0, 4).map(({ event }) => event)).toEqual(['asked', 'refused', 'approved', 'started'])
    expect(lines.find(({ event }) => event === 'approved')).toMatchObject({
      tool: 'deactivate_user',
      approval: { id, by: 'grace', how: 'page' },
    })
    expect(lines.find(({ event }) => event === 'done')).toMatchObject({
      account: { tenant: 'acme-netskope', userName: ADA },
      approval: { id, by: 'grace', how: 'page' },
    })
    await page.reload()
    expect(await page.getByRole('main').textContent()).toContain('and used')
  })

  test('one person in four apps fits two screens of a phone before the form, and says who and in which apps', async () => {
    await using world = await openApprovalWorld({
      sandbox: { apps: ['netskope', 'gainsight', 'mindtickle', 'okta'] },
      tenants: (own) => own,
    })
    const tenants = Object.keys(world.sandbox.settings.tenants)
    const { approveAt } = await waiting(world, 'deactivate_user', { ...LEAVES, tenants })
    const phone = { width: 390, height: 844 }
    const page = await openTab(linkIn(approveAt), { viewport: phone, isMobile: true })
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(
      'Deactivate "Ada Lovelace" in 4 apps',
    )
    const rows = await page.getByRole('region', { name: 'Now and after' }).locator('tbody tr').allInnerTexts()
    // One for each account, and one for the sessions that the identity provider ends.
    expect(rows).toHaveLength(5)
    for (const tenant of tenants) expect(rows.join(' ')).toContain(tenant)
    const form = await page.getByRole('group', { name: 'Approve this change?' }).boundingBox()
    expect(form?.y).toBeLessThanOrEqual(2 * phone.height)
  })

  test('a person whom an identity provider provisions in four apps is one warning, within two screens of a phone', async () => {
    await using world = await openApprovalWorld({
      sandbox: { apps: ['netskope', 'gainsight', 'mindtickle', 'scim', 'okta'] },
      tenants: ({ 'acme-okta': okta, ...own }) => ({ ...own, 'acme-okta': { ...okta, source: true } }),
    })
    const tenants = ['acme-netskope', 'acme-gainsight', 'acme-mindtickle', 'acme-scim']
    const { approveAt } = await waiting(world, 'deactivate_user', { ...LEAVES, tenants })
    const phone = { width: 390, height: 844 }
    const page = await openTab(linkIn(approveAt), { viewport: phone, isMobile: true })
    const warnings = await page.getByRole('region', { name: 'Look closely' }).locator('li').allInnerTexts()
    const provisioned = warnings.filter((text) => text.includes('acme-okta provisions'))
    expect(provisioned).toHaveLength(1)
    for (const tenant of tenants) expect(provisioned[0]).toContain(tenant)
    const form = await page.getByRole('group', { name: 'Approve this change?' }).boundingBox()
    expect(form?.y).toBeLessThanOrEqual(2 * phone.height)
  })

  test('a denial can have a reason, which the agent is told as the words of the person', async () => {
    await using world = await openApprovalWorld()
    const { id, approveAt } = await waiting(world)
    const page = await openTab(linkIn(approveAt))
    const reason = page.getByLabel('Reason for the denial')
    expect(await reason.isVisible()).toBe(false)
    await page.getByRole('radio', { name: 'Deny' }).check()
    await reason.fill(`Wrong Ada: ask "HR" first.\u202e ${'x'.repeat(50)}`)
    await decide(page, 'Deny', PASSPHRASE)
    const shown = await page.getByRole('main').innerText()
    expect(shown).toContain('The agent is told the reason: Wrong Ada: ask "HR" first.')
    expect(shown).toContain('Not done: Deactivate "Ada Lovelace" in Netskope')
    for (const args of [LEAVES, { ...LEAVES, approvalId: id }]) {
      const { error } = await world.call('deactivate_user', args)
      expect(error?.code).toBe('approval_denied')
      expect(error?.message).toContain(`in the person's words: "Wrong Ada: ask ”HR” first. xxx`)
    }
    expect(world.journal().find(({ event }) => event === 'denied')?.note).toMatch(/^because "Wrong Ada/)
    expect(world.netskope.writes).toEqual([])
  })

  test('what came of it is on the page, app by app, with what to say to whoever asked', async () => {
    await using world = await openApprovalWorld({ tenants: (own) => own })
    const args = { ...LEAVES, tenants: Object.keys(world.sandbox.settings.tenants) }
    const { id, approveAt } = await waiting(world, 'deactivate_user', args)
    const page = await openTab(linkIn(approveAt))
    await decide(page, 'Approve', PASSPHRASE)
    const result = page.getByRole('region', { name: 'What came of it' })
    expect(await result.innerText()).toContain('Nothing is changed yet')
    world.sandbox.tenants['acme-mindtickle'].faults.set([
      { fault: 'server-error', status: 403, method: 'PATCH' },
    ])
    expect((await world.call('deactivate_user', { ...args, approvalId: id })).status).toBe('partial')

    await page.getByRole('link', { name: 'Look again' }).click()
    const rows = await result.locator('tbody tr').allInnerTexts()
    expect(rows.map((row) => row.replace(/\s+/g, ' '))).toEqual([
      expect.stringMatching(/^Mindtickle acme-mindtickle .*failed/),
      expect.stringMatching(/^Netskope acme-netskope .*done/),
      expect.stringMatching(/^Gainsight acme-gainsight .*done/),
    ])
    const answer = await page.getByRole('region', { name: 'For whoever asked' }).innerText()
    expect(answer).toContain('Done in part: Deactivate "Ada Lovelace" in 3 apps')
    expect(answer).toContain('Done in Netskope, Gainsight. Failed in Mindtickle.')
    expect(answer).not.toContain('grace')
    const { stdout } = await world.run(['approvals', 'show', id])
    expect(stdout).toContain('What came of it: partly')
    expect(stdout).toMatch(/Mindtickle +ada@example\.com +failed/)
  })

  test('a choice that is missing is said in words beside it, and covers nothing', async () => {
    await using world = await openApprovalWorld()
    const { id, approveAt } = await waiting(world)
    const page = await openTab(linkIn(approveAt))
    await page.getByLabel('Approver name').fill('grace')
    await page.getByLabel('Passphrase').fill(PASSPHRASE)
    await page.getByRole('button', { name: 'Submit decision' }).click()
    expect(await page.getByRole('alert').innerText()).toContain('Choose Approve or Deny')
    expect(await page.getByRole('group', { name: 'Approve this change?' }).innerText()).toContain(
      'Choose Approve or Deny',
    )
    expect((await world.call('deactivate_user', { ...LEAVES, approvalId: id })).status).toBe(
      'approval_required',
    )
  })

  test('a change of weight is decided by keyboard alone, with the user name typed', async () => {
    await using world = await openApprovalWorld({ tenant: { allowDelete: true } })
    const args = { tenant: 'acme-netskope', user: ADA, reason: 'asked to be forgotten' }
    const { id, approveAt } = await waiting(world, 'delete_user', args)
    const page = await openTab(linkIn(approveAt))
    const { keyboard } = page
    await keyboard.press('Tab')
    await keyboard.press('Enter')
    await keyboard.press('Tab')
    await keyboard.press('Space')
    await keyboard.press('Tab')
    await keyboard.type('somebody-else@example.com')
    await keyboard.press('Tab')
    await keyboard.type('grace')
    await keyboard.press('Tab')
    await keyboard.type(PASSPHRASE)
    await keyboard.press('Enter')
    const alert = page.getByRole('alert')
    expect(await alert.textContent()).toContain('type what the request asks for')
    // The focus stands on what is wrong, and from there leads to the field.
    await keyboard.press('Tab')
    await keyboard.press('Enter')
    await page.getByLabel('To approve, type the user name').fill(ADA)
    await page.getByLabel('Passphrase').fill(PASSPHRASE)
    await keyboard.press('Enter')
    await expect.poll(() => page.getByRole('main').textContent()).toContain('Approved by grace')
    expect(await world.call('delete_user', { ...args, approvalId: id })).toMatchObject({ outcome: 'deleted' })
    expect(world.netskope.users.some(({ userName }) => userName === ADA)).toBe(false)
  })

  test('text of an app and of an agent runs nothing and loads nothing', async () => {
    await using world = await openApprovalWorld()
    const evil = '"><script>document.title="owned"</script><img src=x onerror="document.title=1">'
    const record = world.netskope.user(ADA)
    if (record) record.displayName = evil
    const { approveAt } = await waiting(world, 'deactivate_user', { ...LEAVES, reason: evil })
    const asked: string[] = []
    const context = await chromium.newContext()
    const page = await context.newPage()
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    await page.goto(linkIn(approveAt))
    expect(await page.title()).toContain('Deactivate "')
    expect(await page.title()).toContain('in Netskope')
    expect(await page.locator('script, img, iframe').count()).toBe(0)
    expect(await page.getByRole('main').textContent()).toContain('<script>document.title="owned"</script>')
    expect(asked).toEqual([new URL(linkIn(approveAt)).pathname, '/approvals/style.css'])
  })

  test('another site can neither frame the page nor send its form', async () => {
    await using world = await openApprovalWorld()
    const { approveAt } = await waiting(world)
    // Everything but the passphrase can be had by whoever knows the link; here even that is known.
    const fields = new URLSearchParams(
      (await fillIn(approveAt, { approver: 'grace', passphrase: PASSPHRASE })).body,
    )
    const inputs = [...fields].map(([name, value]) => `<input name="${name}" value="${value}">`).join('')
    const evil = createServer((_, response) => {
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end(
          `<iframe src="${linkIn(approveAt)}"></iframe><form method="post" action="${linkIn(approveAt)}">${inputs}<button>Win</button></form>`,
        )
    })
    await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve))
    const { port } = evil.address() as AddressInfo // it listens on a port
    // Once from the same machine, which is the same site, and once under another name for it.
    for (const host of ['127.0.0.1', 'localhost']) {
      const page = await openTab(`http://${host}:${port}/`, { javaScriptEnabled: true })
      const frame = page.frames().find((one) => one !== page.mainFrame())
      await frame?.waitForLoadState().catch(() => undefined)
      expect(frame?.url()).toBe('chrome-error://chromewebdata/')
      const reply = page.waitForResponse((one) => one.request().method() === 'POST')
      await page.getByRole('button', { name: 'Win' }).click()
      expect((await reply).status()).toBe(403)
    }
    evil.closeAllConnections()
    await new Promise((resolve) => evil.close(resolve))
    expect(world.journal().map(({ event }) => event)).toEqual(['asked'])
  })

  test.each(['light', 'dark'] as const)(
    'in %s it can be read by everybody, on a phone and at a desk',
    async (colorScheme) => {
      await using world = await openApprovalWorld({ tenant: { allowDelete: true } })
      const record = world.netskope.user(ADA)
      if (record) record.displayName = 'x'.repeat(250)
      const args = { tenant: 'acme-netskope', user: ADA, reason: 'x'.repeat(400) }
      const { approveAt } = await waiting(world, 'delete_user', args)
      for (const width of [320, 1280]) {
        const page = await openTab(linkIn(approveAt), {
          javaScriptEnabled: true,
          colorScheme,
          viewport: { width, height: 800 },
        })
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
        await page.evaluate(axe.source)
        const { violations } = await page.evaluate(() =>
          (globalThis as unknown as { axe: typeof axe }).axe.run(),
        )
        expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
      }
    },
  )
})
