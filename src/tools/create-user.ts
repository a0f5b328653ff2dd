import * as z from 'zod'
import { createAccount, namesToLookUp } from '../changes/create-account.ts'
import { Account } from '../domain/account.ts'
import type { AccountFields } from '../domain/operations.ts'
import { whereOf } from '../engine/tenants.ts'
import { defineTool } from '../engine/tool.ts'
import {
  ChangeStatus,
  Fields,
  givenFields,
  OptionalReason,
  RESULT_OF_ONE,
  statusOfOne,
} from './change-fields.ts'
import { ApprovalId, TenantName, UserRef } from './fields.ts'

const name = z.string().trim().min(1).max(200)

export default defineTool({
  name: 'create_user',
  title: 'Create a user',
  description: 'Create an account. Checks first; an existing one is `already_exists`. Takes no passwords.',
  needs: ['findAccounts', 'createAccount'],
  effect: 'adds',
  input: () =>
    z.strictObject({
      tenant: TenantName,
      email: UserRef.describe('Email'),
      givenName: name.describe('First name'),
      familyName: name.describe('Family name'),
      attributes: Fields.optional().describe('More fields, such as title'),
      reason: OptionalReason,
      approvalId: ApprovalId,
    }),
  output: () =>
    z.object({
      status: ChangeStatus,
      outcome: z.enum(['created', 'already_exists', 'failed', 'unknown']).optional(),
      account: Account.optional(),
      ...RESULT_OF_ONE,
    }),

  async plan({ tenant, email, givenName, familyName, attributes, reason }, { ask }) {
    const fields: AccountFields = {
      userName: email,
      ...givenFields(attributes ?? {}),
      email,
      givenName,
      familyName,
    }
    for (const user of namesToLookUp(fields)) {
      const { accounts: found } = await ask.one(tenant, 'findAccounts', { user })
      if (found.length > 0) return { changes: [], lines: [], reason, there: found }
    }
    const subject = { id: 'new', userName: fields.userName ?? email }
    const change = { tenant, accounts: [], subject, operation: 'createAccount', ask: { fields } } as const
    return {
      changes: [change],
      lines: createAccount.sentences(change, whereOf(ask.tenants.get(tenant))),
      reason,
      there: [],
    }
  },

  async run(_, { plan, carryOut }) {
    const [change] = plan.changes
    if (!change) {
      const [account, ...others] = plan.there
      const note =
        others.length > 0 ? `${others.length + 1} accounts match; find_user shows them.` : undefined
      return {
        status: 'unchanged' as const,
        outcome: 'already_exists' as const,
        verified: true,
        ...(account && { account }),
        ...(note && { note }),
      }
    }
    const { outcome, account, verified, code, note } = await carryOut(change)
    if (outcome === 'failed' && code === 'conflict' && account) {
      return { status: 'unchanged' as const, outcome: 'already_exists' as const, account, verified: true }
    }
    return {
      status: statusOfOne(outcome, verified),
      outcome: outcome === 'done' ? ('created' as const) : outcome,
      verified,
      ...(account && { account }),
      ...(code && { code }),
      ...(note && { note }),
    }
  },
})
