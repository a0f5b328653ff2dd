import { expect, test } from 'vitest'
import { openApprovals } from '../../../src/approvals/approvals.ts'
import { approvalsCommand } from '../../../src/cli/approvals.ts'
import { openDesk } from '../../cli/fake-io.ts'
import { cheapApprovers, PASSPHRASE } from '../../support/approvers.ts'
import { asked, openPage } from './page-at.ts'

test.each([
  ['as it is', 'Wrong Ada.', 'Wrong Ada.'],
  ['without what nobody sees', 'Wrong\u202e \u0000Ada.\r\n', 'Wrong Ada.'],
  ['no longer than it may be', 'x'.repeat(1_000), `${'x'.repeat(399)}…`],
  ['not at all if it says nothing', ' \u200b ', undefined],
])('a reason of a denial is kept %s', async (_, why, expected) => {
  await using page = await openPage()
  const id = await page.ask()
  expect((await page.submit(id, { decision: 'denied', why })).status).toBe(303)
  expect((await page.approvals.get(id))?.denialReason).toBe(expected)
  const message = (error: Error) => error.message
  for (const said of [page.approvals.use(id, 'digest-1'), page.approvals.request(asked())]) {
    const text = await said.then(() => 'no error', message)
    if (expected === undefined) expect(text).not.toContain('words')
    else expect(text).toContain(`The reason, in the person's words: "${expected}".`)
  }
})

test('a reason beside a yes is left out', async () => {
  await using page = await openPage()
  const id = await page.ask()
  expect((await page.submit(id, { why: 'Wrong Ada.' })).status).toBe(303)
  expect(await page.approvals.get(id)).not.toHaveProperty('denialReason')
})

test('is refused with the passphrase in it, in the page and in the terminal', async () => {
  await using page = await openPage()
  const id = await page.ask()
  const why = `no ${PASSPHRASE}!`
  const { status, text } = await page.submit(id, { decision: 'denied', why })
  expect([status, await page.stateOf(id)]).toEqual([422, 'pending'])
  expect(text).toContain('href="#why"')
  expect(await page.journal()).toEqual([])

  const desk = await openDesk()
  await cheapApprovers(desk.store).add('grace', PASSPHRASE)
  const approvals = openApprovals(desk.store)
  const { id: other } = await approvals.request(asked())
  const deny = (reason: string) =>
    desk.run(
      approvalsCommand,
      ['deny', other, '--approver', 'grace', '--reason', reason, '--passphrase-stdin'],
      {
        piped: PASSPHRASE,
      },
    )
  expect((await deny(why)).code).toBe(2)
  expect((await approvals.get(other))?.state).toBe('pending')
  const said = await deny('Ask HR first')
  expect([said.code, (await approvals.get(other))?.denialReason]).toEqual([0, 'Ask HR first'])
  expect(said.out.replace(/\s+/g, ' ')).toContain('It was denied: "Ask HR first".')
  expect((await desk.run(approvalsCommand, ['show', other])).out).toMatch(/because +Ask HR first/)
  await desk.stop()
})
