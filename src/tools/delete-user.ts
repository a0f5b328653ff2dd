import * as z from 'zod'
import { deleteAccount, keepsAccount } from '../changes/delete-account.ts'
import { bare } from '../domain/quoting.ts'
import { onlyOne } from '../domain/resolve-one.ts'
import { whereOf } from '../engine/tenants.ts'
import { defineTool } from '../engine/tool.ts'
import { InvalidInput, NotFound } from '../errors.ts'
import { inQuotes } from '../text/text.ts'
import { AnsweredAccount } from './account-rows.ts'
import { ChangeStatus, RESULT_OF_ONE, statusOfOne, targetOf } from './change-fields.ts'
import { ApprovalId, OneUser, Reason, TenantName } from './fields.ts'
import { gapLine, gapNote, hiddenHint } from './left-out.ts'

/** Letters of group names that one question can hold beside the rest of it. */
const MOST_LETTERS = 8_000
const lettersIn = (names: readonly string[] = []): number =>
  names.reduce((sum, name) => sum + name.length + 4, 0)

export default defineTool({
  name: 'delete_user',
  title: 'Delete a user',
  description:
    'Delete an account (some apps only deactivate it), after a person outside this chat approves. Prefer deactivate_user.',
  needs: ['findAccounts', 'readAccount', 'deleteAccount'],
  effect: 'removes',
  input: () =>
    z.strictObject({
      tenant: TenantName,
      user: OneUser,
      reason: Reason,
      approvalId: ApprovalId,
    }),
  output: () =>
    z.object({
      status: ChangeStatus,
      outcome: z.enum(['deleted', 'deactivated', 'failed', 'unknown']).optional(),
      account: AnsweredAccount.optional(),
      ...RESULT_OF_ONE,
    }),

  async plan({ tenant, user, reason }, { ask, hold }) {
    const { accounts, gap } = await ask.one(tenant, 'findAccounts', { user })
    const row = onlyOne(accounts, user)
    if (!row) {
      throw new NotFound(
        `${inQuotes(user)} was not found in ${tenant}.`,
        `Check the spelling with find_user.${hiddenHint([ask.tenants.get(tenant)])}`,
        { tenant },
      )
    }
    const account = (await hold.records([row]))(row)
    if (account.moreGroups || lettersIn(account.groups) > MOST_LETTERS) {
      throw new InvalidInput(
        `${bare(account.userName)} is in more groups than one question to a person can name.`,
        'Take it out of some of them first, with update_group_members. deactivate_user takes its access away at once.',
        { tenant },
      )
    }
    const subject = targetOf(account)
    const change = { tenant, accounts: [account], subject, operation: 'deleteAccount', ask: subject } as const
    const at = ask.tenants.get(tenant)
    const [what = '', ...lost] = deleteAccount.sentences(change, whereOf(at))
    const consequence = deleteAccount.consequence(change, at.facts)
    return {
      changes: [change],
      lines: [what, consequence, ...lost],
      asides: gapLine({ user, tenant }, gap),
      reason,
      consequence,
      gap,
      keeps: keepsAccount(at.facts),
    }
  },

  async run(_, { plan, carryOut }) {
    const [change] = plan.changes
    if (!change) throw new TypeError('a deletion without a change')
    const { outcome, verified, account, kept = plan.keeps, code, note } = await carryOut(change)
    const after = outcome === 'done' ? plan.consequence : undefined
    const notes = [note, after, ...gapNote(plan.gap)].filter((text) => text)
    return {
      status: statusOfOne(outcome, verified),
      outcome: outcome !== 'done' ? outcome : kept ? ('deactivated' as const) : ('deleted' as const),
      ...(account && { account }),
      verified,
      ...(code && { code }),
      ...(notes.length > 0 && { note: notes.join(' ') }),
    }
  },
})
