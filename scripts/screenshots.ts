// Takes the screenshots of the approval page in docs/ with made-up requests, in headless Chromium.
import type { ApprovalRequest } from '../src/approvals/approval.ts'
import type { BriefedAccount, BriefedChange } from '../src/domain/briefing.ts'
import { openPage } from '../test/approvals/page/page-at.ts'
import { startChromium } from '../test/support/chromium.ts'

const ADA: BriefedAccount = {
  userName: 'ada@example.com',
  name: 'Ada Lovelace',
  title: 'Software Engineer',
  id: '1P019B9C5CED190F4E',
  externalId: '00u1f96ECLNVOKVMUSEA',
  admin: false,
  alters: [{ what: 'status', before: 'active', after: 'inactive', from: 'server' }],
  loses: { groups: { first: ['Engineering', 'Beta testers'], of: 2 }, licence: 'Full' },
}

const change = (operation: BriefedChange['operation'], more: Partial<BriefedAccount>): BriefedChange => ({
  tenant: 'acme-gainsight',
  app: 'Gainsight',
  operation,
  reversible: operation === 'deactivateAccount',
  accounts: [{ ...ADA, ...more }],
})

const asked = (
  tool: string,
  changed: BriefedChange,
  more: Partial<ApprovalRequest>,
): Partial<ApprovalRequest> => ({
  tool,
  digest: tool,
  caller: 'local:sam',
  client: 'claude-code/2.1.0',
  briefing: {
    changes: [changed],
    elsewhere: {
      active: [
        { tenant: 'acme-netskope', app: 'Netskope' },
        { tenant: 'acme-mindtickle', app: 'Mindtickle' },
      ],
      unknown: [],
    },
  },
  ...more,
})

const leaves = asked('deactivate_user', change('deactivateAccount', {}), {
  reason: 'Left the company on 30 September, ticket HR-4711',
  plan: [
    'Deactivate "Ada Lovelace" (ada@example.com) in Gainsight, tenant acme-gainsight: active → inactive.',
    'Sessions at the identity provider are not ended.',
  ],
})
const deleted = asked(
  'delete_user',
  change('deleteAccount', {
    admin: true,
    alters: [{ what: 'status', before: 'active', after: 'deleted', from: 'server' }],
  }),
  {
    reason: 'Asked to be forgotten, ticket GDPR-17',
    mustType: 'ada@example.com',
    plan: [
      'DELETE the account of "Ada Lovelace" (ada@example.com) in Gainsight, tenant acme-gainsight.',
      'It cannot be undone: the record, its groups and what the app keeps under it are lost.',
    ],
  },
)

await using page = await openPage()
const chromium = await startChromium()
for (const [name, request, colorScheme, width] of [
  ['light', leaves, 'light', 880],
  ['phone', deleted, 'dark', 390],
] as const) {
  const tab = await chromium.newPage({
    colorScheme,
    viewport: { width, height: 900 },
    javaScriptEnabled: false,
  })
  await tab.goto(`${page.origin}/approvals/${await page.ask(request)}`)
  await tab.screenshot({ path: `docs/approval-page-${name}.png`, fullPage: true })
}
await chromium.close()
