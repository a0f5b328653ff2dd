import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { kindOf } from '../../src/changes/index.ts'
import { startSandbox } from '../../src/sandbox/index.ts'
import pagerduty from '../fixtures/vendors/pagerduty.ts'
import { context, vendorContext } from '../support/canned.ts'
import { SECRETS } from '../support/secrets.ts'
import { openWorld } from '../support/world.ts'

const ADA = 'ada@example.com'

test('the example of CONTRIBUTING.md is the one that is tried here', () => {
  const page = readFileSync(join(import.meta.dirname, '../../CONTRIBUTING.md'), 'utf8')
  const code = readFileSync(join(import.meta.dirname, '../fixtures/vendors/pagerduty.ts'), 'utf8')
  expect(page).toContain(code.replaceAll('../../../src/vendors/', './').replaceAll('../../../src/', '../'))
})

test('a vendor of one file finds, and takes an account that is gone for one that was switched off', async () => {
  const sandbox = await startSandbox({ apps: ['scim'], faults: [{ fault: 'deactivation-deletes' }] })
  const app = sandbox.tenants['acme-scim']
  const parsed = pagerduty
    .settings(SECRETS)
    .parse({ vendor: 'pagerduty', url: app.scimUrl, tokens: { scim: sandbox.tokens.scim } })
  const operations = pagerduty.operations(parsed, vendorContext(new Map()))
  const [account] = (await operations.findAccounts?.({ user: ADA }, context()))?.accounts ?? []
  const subject = { id: account?.id ?? '', userName: ADA }
  await operations.deactivateAccount?.(subject, context())
  expect(app.users.some(({ userName }) => userName === ADA)).toBe(false)
  const change = { tenant: 'a', accounts: [], subject, operation: 'deactivateAccount' as const, ask: subject }
  expect(
    await kindOf(change).readBack(change, { operations, facts: pagerduty.facts(parsed) }, context()),
  ).toEqual({})
  await sandbox.close()
})

test.each(['deletes', 'unknown'])('a deactivation that %s needs approval outside the chat', async (means) => {
  await using world = await openWorld()
  const scim = await startSandbox({ apps: ['scim'] })
  const tenant = { ...scim.settings.tenants['acme-scim'], deactivateMeans: means }
  world.rewrite({ tenants: { 'acme-scim': tenant } })
  const server = await world.open({ env: scim.env })
  const answer = (await server.call('deactivate_user', {
    user: ADA,
    tenants: ['acme-scim'],
    reason: 'left',
  })) as unknown as {
    status: string
    approval: { plan: string[] }
  }
  expect(answer.status).toBe('approval_required')
  expect(answer.approval.plan.join(' ')).toMatch(/cannot be undone|may delete them for good/)
  expect(scim.tenants['acme-scim'].writes).toEqual([])
  await scim.close()
})
