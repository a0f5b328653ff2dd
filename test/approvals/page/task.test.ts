import { describe, expect, test } from 'vitest'
import type { TaskWish } from '../../../src/approvals/tasks.ts'
import { PASSPHRASE } from '../../support/approvers.ts'
import { fillIn, type HttpRequest } from '../../support/browser.ts'
import { openPage } from './page-at.ts'

const wish = (userName = 'ada@example.com'): TaskWish => ({
  owner: 'grace',
  tenant: 'badges',
  title: 'Door badges',
  account: { id: userName, userName },
  reason: 'left the company',
  call: 'call-1',
  tool: 'deactivate_user',
  caller: 'local:bot',
})

async function open(userName?: string) {
  const page = await openPage()
  await page.approvers.add('linus', PASSPHRASE)
  const { id } = await page.parts.tasks.give(wish(userName))
  const link = `${page.origin}/approvals/${id}`
  const word = { owner: 'grace', passphrase: PASSPHRASE, saw: 'The door stays shut.' }
  return {
    ...page,
    id,
    link,
    filled: (fields: Partial<typeof word> = {}) => fillIn(link, { ...word, ...fields } as object),
    isDone: async () => (await page.parts.tasks.get(id))?.done !== undefined,
    [Symbol.asyncDispose]: () => page[Symbol.asyncDispose](),
  }
}

describe('the page of a task', () => {
  test('shows what is to be done, names no approver, and takes the word of the owner', async () => {
    await using page = await open()
    const shown = await page.get(page.id)
    expect(shown.status).toBe(200)
    for (const text of ['ada@example.com', 'Door badges', 'left the company', 'local:bot'])
      expect(shown.text).toContain(text)
    expect(shown.text).not.toContain('grace')
    const sent = await page.send(await page.filled())
    expect([sent.status, sent.headers.location]).toEqual([303, `/approvals/${page.id}`])
    expect(await page.isDone()).toBe(true)
    const after = await page.get(page.id)
    expect(after.text).toContain('The door stays shut.')
    expect(after.text).not.toContain('<form')
    expect(await page.journal()).toMatchObject([
      { event: 'done', call: 'call-1', account: { tenant: 'badges' }, task: { id: page.id, owner: 'grace' } },
    ])
  })

  const REFUSED: [what: string, fields: object, headers: object, status: number][] = [
    ['a wrong passphrase', { passphrase: `not ${PASSPHRASE}` }, {}, 403],
    ['another approver', { owner: 'linus' }, {}, 403],
    ['nobody known', { owner: 'nobody' }, {}, 403],
    ['nothing that was seen', { saw: ' ' }, {}, 422],
    ['a form of its own', { token: 'made up' }, {}, 403],
    ['another site', {}, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 403],
    ['another type', {}, { 'content-type': 'application/json' }, 415],
  ]
  test.each(REFUSED)('takes no word with %s', async (_, fields, headers, status) => {
    await using page = await open()
    const request: HttpRequest = await page.filled(fields)
    const sent = await page.send({ ...request, headers: { ...request.headers, ...headers } })
    expect([sent.status, await page.isDone()]).toEqual([status, false])
    expect((await page.journal()).map(({ event }) => event)).not.toContain('done')
    expect(sent.text).not.toContain(PASSPHRASE)
  })

  test('is not there for a task that is not, and takes no decision of a request', async () => {
    await using page = await open()
    expect((await page.get('task-000000000000')).status).toBe(404)
    const request = await page.ask()
    const { body } = await page.filled()
    const sent = await page.send({ ...(await page.filled()), path: `/approvals/${request}`, body })
    expect([sent.status, await page.stateOf(request)]).toEqual([403, 'pending'])
  })

  test.each(['<script>alert(1)</script>', `"><img src=x onerror=alert(1)>`, '\u202Emoc.elpmaxe@ada'])(
    'shows %j as text',
    async (evil) => {
      await using page = await open(evil)
      const { text } = await page.get(page.id)
      expect(text).not.toMatch(/<script|<img|\u202E/)
    },
  )
})
