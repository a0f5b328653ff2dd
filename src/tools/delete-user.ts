import * as z from 'zod'
import { Account } from '../domain/account.ts'
import { named } from '../domain/quoting.ts'
import { onlyOne } from '../domain/resolve-one.ts'
import { defineTool } from '../engine/tool.ts'
import { NotFound } from '../errors.ts'
import { inQuotes } from '../text/text.ts'
import type { Facts } from '../vendors/define.ts'
import { statusOfOne } from './change-fields.ts'
import { ApprovalId, ChangeMade, Code, PendingApproval, Reason, TenantName, UserRef } from './fields.ts'

const MEANS: Record<Facts['delete'], string> = {
  hard: 'It cannot be undone: the record, its groups and what the app keeps under it are lost.',
  soft: 'The app keeps the record for a while; whether it can be brought back is for its console.',
  deactivates: 'This app does not delete: the account is deactivated.',
  unlinks: 'The account is cut off from the directory and deactivated.',
  unknown: 'What this app does on deletion is not known; take it for something that cannot be undone.',
}

export default defineTool({
  name: 'delete_user',
  title: 'Delete a user',
  description:
    'Delete an account for good, once a person outside this chat approved. Prefer deactivate_user: it can be undone.',
  needs: ['findAccounts', 'readAccount', 'deleteAccount'],
  effect: 'removes',
  input: z.strictObject({
    tenant: TenantName,
    user: UserRef.describe('Email, user name or id'),
    reason: Reason,
    approvalId: ApprovalId,
  }),
  output: z.object({
    status: z.enum(['done', 'unchanged', 'partial', 'failed', 'approval_required']),
    outcome: z.enum(['deleted', 'failed', 'unknown']).optional(),
    account: Account.optional(),
    verified: z.boolean().default(false),
    code: Code.optional(),
    note: z.string().optional(),
    change: ChangeMade,
    approval: PendingApproval.optional(),
  }),

  async plan({ tenant, user, reason }, { ask }) {
    const account = onlyOne(await ask.one(tenant, 'findAccounts', { user }), user)
    if (!account) {
      throw new NotFound(
        `${inQuotes(user)} was not found in ${tenant}.`,
        'Check the spelling with find_user.',
        { tenant },
      )
    }
    const { vendor, facts } = ask.tenants.get(tenant)
    const { id, userName, groups = [], moreGroups, licence } = account
    const lost = [...groups.map((group) => inQuotes(group)), ...(moreGroups ? [`${moreGroups} more`] : [])]
    const subject = { id, userName }
    return {
      changes: [{ tenant, accounts: [account], subject, operation: 'deleteAccount', ask: subject }],
      lines: [
        `DELETE the account of ${named(account)} in ${vendor.title}, tenant ${tenant}.`,
        MEANS[facts.delete],
        ...(lost.length > 0 ? [`Groups lost: ${lost.join(', ')}.`] : []),
        ...(licence ? [`Licence freed: ${inQuotes(licence)}.`] : []),
      ],
      reason,
    }
  },

  async run(_, { plan, carryOut }) {
    const [change] = plan.changes
    if (!change) throw new TypeError('a deletion without a change')
    const { outcome, verified, account, code, note } = await carryOut(change)
    return {
      status: statusOfOne(outcome, verified),
      outcome: outcome === 'done' ? ('deleted' as const) : outcome,
      ...(account && { account }),
      verified,
      ...(code && { code }),
      ...(note && { note }),
    }
  },
})
