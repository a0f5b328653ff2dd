import * as z from 'zod'
import { createGroup } from '../changes/create-group.ts'
import { type Account, Group } from '../domain/account.ts'
import { onlyOne } from '../domain/resolve-one.ts'
import type { Ask } from '../engine/ask.ts'
import type { Hold } from '../engine/hold.ts'
import { whereOf } from '../engine/tenants.ts'
import { defineTool } from '../engine/tool.ts'
import { NotFound } from '../errors.ts'
import { inQuotes, plainText, sameText } from '../text/text.ts'
import { ChangeStatus, OptionalReason, RESULT_OF_ONE, statusOfOne, targetOf, Users } from './change-fields.ts'
import { ApprovalId, TenantName, Text, UserRef } from './fields.ts'
import { gapLine, hiddenHint } from './left-out.ts'

export default defineTool({
  name: 'create_group',
  title: 'Create a group',
  description: 'Create a group; an existing one is `already_exists`.',
  needs: ['findAccounts', 'readAccount', 'readGroup', 'createGroup'],
  effect: 'adds',
  input: () =>
    z.strictObject({
      tenant: TenantName,
      name: UserRef.describe('Name of the new group'),
      externalId: Text.optional().describe('Id in HR or IdP'),
      members: Users.describe('Emails, user names or ids'),
      reason: OptionalReason,
      approvalId: ApprovalId,
    }),
  output: () =>
    z.object({
      status: ChangeStatus,
      outcome: z.enum(['created', 'already_exists', 'failed', 'unknown']).optional(),
      group: Group.optional(),
      ...RESULT_OF_ONE,
    }),

  async plan({ tenant, name, externalId, members = [], reason }, { ask, hold }) {
    await hold.names(tenant, [name, externalId])
    const there = await ask.one(tenant, 'readGroup', { group: name })
    // The group may have been found by id, so its name is compared.
    if (there && sameText(there.name, plainText(name)))
      return { changes: [], lines: [], reason, consequence: '', doubtful: [], there }
    const { accounts, doubtful } = await accountsOf({ ask, hold }, tenant, members)
    const change = {
      tenant,
      accounts,
      subject: { id: 'new', userName: name },
      operation: 'createGroup',
      ask: { name, ...(externalId !== undefined && { externalId }), members: accounts.map(targetOf) },
    } as const
    const at = ask.tenants.get(tenant)
    const consequence = createGroup.consequence(change, at.facts)
    return {
      changes: [change],
      lines: [...createGroup.sentences(change, whereOf(at)), ...(consequence ? [consequence] : [])],
      asides: doubtful,
      reason,
      consequence,
      doubtful,
      there: undefined,
    }
  },

  async run(_, { plan: { changes, consequence, doubtful, there }, carryOut }) {
    const [change] = changes
    const carried = change && (await carryOut(change))
    const found = there ?? (carried?.code === 'conflict' ? carried.group : undefined)
    if (!carried || found) {
      return {
        status: 'unchanged' as const,
        outcome: 'already_exists' as const,
        verified: true,
        ...(found && { group: found }),
      }
    }
    const { outcome, group, verified, code, note } = carried
    const notes = [note, outcome === 'done' ? consequence : undefined, ...doubtful].filter((text) => text)
    return {
      status: statusOfOne(outcome, verified),
      outcome: outcome === 'done' ? ('created' as const) : outcome,
      verified,
      ...(group && { group }),
      ...(code && { code }),
      ...(notes.length > 0 && { note: notes.join(' ') }),
    }
  },
})

/** The accounts of `users`, exactly one each. Throws if one is not found, since a group is created as a whole. */
async function accountsOf({ ask, hold }: { ask: Ask; hold: Hold }, tenant: string, users: readonly string[]) {
  const rows = new Map<string, Account>()
  const doubtful: string[] = []
  for (const user of new Set(users)) {
    const found = await ask.one(tenant, 'findAccounts', { user })
    const account = onlyOne(found.accounts, user)
    doubtful.push(...gapLine({ user, tenant }, found.gap))
    if (!account) {
      throw new NotFound(
        `${inQuotes(user)} was not found in ${tenant}.`,
        `Check the spelling with find_user, or omit this user.${hiddenHint([ask.tenants.get(tenant)])}`,
        { tenant },
      )
    }
    rows.set(account.id, account)
  }
  const found = [...rows.values()]
  return { accounts: found.map(await hold.records(found)), doubtful }
}
