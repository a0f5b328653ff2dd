import * as z from 'zod'
import { createAccount } from '../changes/create-account.ts'
import type { AccountFields } from '../domain/operations.ts'
import { newAccount } from '../engine/new-account.ts'
import { whereOf } from '../engine/tenants.ts'
import { defineTool } from '../engine/tool.ts'
import { AnsweredAccount } from './account-rows.ts'
import {
  ChangeStatus,
  givenFields,
  MoreFields,
  OptionalReason,
  RESULT_OF_ONE,
  statusOfOne,
} from './change-fields.ts'
import { ApprovalId, TenantName, Text, UserRef } from './fields.ts'
import { gapNote } from './left-out.ts'

const name = Text.max(200)

export default defineTool({
  name: 'create_user',
  title: 'Create a user',
  description: 'Create an account; an existing one is `already_exists`. Takes no passwords.',
  needs: ['findAccounts', 'createAccount'],
  effect: 'adds',
  input: () =>
    z.strictObject({
      tenant: TenantName,
      email: UserRef.describe('Also the user name, unless given'),
      givenName: name.describe('First name'),
      familyName: name.describe('Family name'),
      attributes: MoreFields.optional().describe('More fields'),
      reason: OptionalReason,
      approvalId: ApprovalId,
    }),
  output: () =>
    z.object({
      status: ChangeStatus,
      outcome: z.enum(['created', 'already_exists', 'failed', 'unknown']).optional(),
      account: AnsweredAccount.optional(),
      ...RESULT_OF_ONE,
    }),

  async plan({ tenant, email, givenName, familyName, attributes, reason }, { ask, hold }) {
    const fields: AccountFields & { email: string } = {
      userName: email,
      ...givenFields(attributes ?? {}),
      email,
      givenName,
      familyName,
    }
    const found = await newAccount(tenant, fields, { ask, hold })
    if (!('change' in found)) return { changes: [], lines: [], reason, unsure: [], ...found }
    const { change, unsure } = found
    return {
      changes: [change],
      lines: createAccount.sentences(change, whereOf(ask.tenants.get(tenant))),
      asides: unsure,
      unsure,
      reason,
      there: [],
      gap: undefined,
    }
  },

  async run(_, { plan, carryOut }) {
    const [change] = plan.changes
    if (!change) {
      const [account, ...others] = plan.there
      const notes = [
        ...(others.length > 0 ? [`${others.length + 1} accounts match; find_user shows them.`] : []),
        ...gapNote(plan.gap),
      ]
      return {
        status: 'unchanged' as const,
        outcome: 'already_exists' as const,
        verified: true,
        ...(account && { account }),
        ...(notes.length > 0 && { note: notes.join(' ') }),
      }
    }
    const { outcome, account, verified, code, note } = await carryOut(change)
    const notes = [note, ...(outcome === 'done' ? plan.unsure : [])].filter((text) => text)
    if (outcome === 'failed' && code === 'conflict' && account) {
      return { status: 'unchanged' as const, outcome: 'already_exists' as const, account, verified: true }
    }
    return {
      status: statusOfOne(outcome, verified),
      outcome: outcome === 'done' ? ('created' as const) : outcome,
      verified,
      ...(account && { account }),
      ...(code && { code }),
      ...(notes.length > 0 && { note: notes.join(' ') }),
    }
  },
})
