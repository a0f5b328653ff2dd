// Takes the screenshots of the approval page in docs/ with made-up requests, in headless Chromium.
import type { ApprovalRequest } from '../src/approvals/approval.ts'
import type { BriefedAccount, BriefedChange } from '../src/domain/briefing.ts'
import { openPage } from '../test/approvals/page/page-at.ts'
import { PASSPHRASE } from '../test/support/approvers.ts'
import { startChromium } from '../test/support/chromium.ts'

const ADA = {
  userName: 'ada@example.com',
  name: 'Ada Lovelace',
  email: 'ada@example.com',
  title: 'Software Engineer',
}
const APPS = {
  'acme-okta': { app: 'Okta', id: '00u1f96ECLNVOKVMUSEA', groups: ['Everyone', 'Engineering'] },
  'acme-netskope': { app: 'Netskope', id: '8d2f4c1e-77ab', groups: ['Steering', 'Engineering'] },
  'acme-gainsight': { app: 'Gainsight', id: '1P019B9C5CED190F4E', groups: ['Engineering', 'Beta testers'] },
  'acme-slack': { app: 'Slack', id: 'U04ADA', groups: ['Poets', 'Engineering', 'Marketing', 'Berlin'] },
}

function deactivated(tenant: keyof typeof APPS, more: Partial<BriefedAccount> = {}): BriefedChange {
  const { app, id, groups } = APPS[tenant]
  const account: BriefedAccount = {
    ...ADA,
    id,
    admin: false,
    alters: [{ what: 'status', before: 'active', after: 'inactive', from: 'server' }],
    loses: { groups: { first: groups, of: groups.length }, licence: 'Full' },
    ...more,
  }
  return { tenant, app, operation: 'deactivateAccount', reversible: true, accounts: [account] }
}

const sentence = ({ app, tenant }: BriefedChange) =>
  `Deactivate "Ada Lovelace" (ada@example.com) in ${app}, tenant ${tenant}: active → inactive.`

const asker = { caller: 'local:sam', client: 'claude-code/2.1.0' }

/** One person leaves four apps, in one of which she is an administrator. */
const leaver = (() => {
  const changes = [
    deactivated('acme-okta'),
    deactivated('acme-netskope', { admin: true }),
    deactivated('acme-gainsight'),
    deactivated('acme-slack'),
  ]
  return {
    ...asker,
    tool: 'deactivate_user',
    digest: 'leaver',
    reason: 'Left the company on 30 September, ticket HR-4711',
    mustType: 'ada@example.com',
    plan: [...changes.map(sentence), 'Sessions at the identity provider are not ended.'],
    briefing: {
      changes,
      elsewhere: { active: [{ tenant: 'acme-mindtickle', app: 'Mindtickle' }], unknown: [] },
    },
  } satisfies Partial<ApprovalRequest>
})()

/** Twelve people leave a group. */
const group = (() => {
  const people = 'Grace Linus Edsger Barbara Alan Hedy Donald Radia Dennis Frances Ken Margaret'.split(' ')
  const accounts = people.map(
    (name): BriefedAccount => ({
      userName: `${name.toLowerCase()}@example.com`,
      id: name,
      name,
      admin: false,
      alters: [{ what: 'membership', before: 'in the group', after: 'not in the group', from: 'server' }],
    }),
  )
  const place = { tenant: 'acme-slack', app: 'Slack' }
  return {
    ...asker,
    tool: 'update_group_members',
    digest: 'group',
    reason: 'The team moves to Sales, ticket HR-4712',
    plan: [
      'Change the group "Marketing" in Slack, tenant acme-slack.',
      `Remove: ${accounts.map(({ userName }) => userName).join(', ')}.`,
    ],
    briefing: {
      changes: [
        {
          ...place,
          operation: 'updateMembers',
          group: { name: 'Marketing', from: 'app' },
          reversible: true,
          accounts,
        },
      ],
    },
  } satisfies Partial<ApprovalRequest>
})()

await using page = await openPage()
const chromium = await startChromium()

async function shoot(name: string, id: string, colorScheme: 'light' | 'dark', width: number) {
  const tab = await chromium.newPage({
    colorScheme,
    viewport: { width, height: 844 },
    javaScriptEnabled: false,
  })
  await tab.goto(`${page.origin}/approvals/${id}`)
  const form = await tab
    .locator('form')
    .boundingBox({ timeout: 5_000 })
    .catch(() => null)
  await tab.screenshot({ path: `docs/approval-page-${name}.png`, fullPage: true })
  await tab.close()
  process.stdout.write(`${name}: ${form ? `${Math.round(form.y)} px to the form` : 'decided'}\n`)
}

const id = await page.ask(leaver)
await shoot('light', id, 'light', 880)
await shoot('dark', await page.ask(group), 'dark', 880)
await shoot('phone', id, 'light', 390)

// What came of it: three apps did it, and one did not answer.
await page.submit(id, { typed: 'ada@example.com', approver: 'grace', passphrase: PASSPHRASE })
await page.approvals.use(id, leaver.digest)
for (const { tenant, accounts } of leaver.briefing.changes) {
  const [account] = accounts
  const about = {
    call: 'call-2',
    tool: 'deactivate_user',
    caller: asker.caller,
    account: { tenant, id: account?.id ?? '', userName: ADA.userName },
    approval: { id, by: 'grace', how: 'page' as const },
  }
  await page.parts.journal.append({ event: 'started', ...about })
  if (tenant === 'acme-slack') {
    const note = 'The app refused it: the workspace is locked. Unlock it and repeat the call.'
    await page.parts.journal.append({ event: 'failed', ...about, code: 'refused', note })
  } else await page.parts.journal.append({ event: 'done', ...about })
}
await shoot('result', id, 'light', 880)
await chromium.close()
