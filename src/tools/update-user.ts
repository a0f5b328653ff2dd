import * as z from 'zod'
import { updateAccount } from '../changes/update-account.ts'
import { differingFields } from '../domain/field-diff.ts'
import { withFollowingNames } from '../domain/following-names.ts'
import type { AccountFields } from '../domain/operations.ts'
import { onlyOne } from '../domain/resolve-one.ts'
import { mustBeFree } from '../engine/taken-names.ts'
import { whereOf } from '../engine/tenants.ts'
import { defineTool } from '../engine/tool.ts'
import { NotFound } from '../errors.ts'
import { inQuotes } from '../text/text.ts'
import { AnsweredAccount } from './account-rows.ts'
import {
  AlsoChanged,
  ChangeStatus,
  Fields,
  givenFields,
  OptionalReason,
  RESULT_OF_ONE,
  statusOfOne,
} from './change-fields.ts'
import { ApprovalId, OneUser, TenantName } from './fields.ts'
import { gapLine, gapNote, hiddenHint } from './left-out.ts'

export default defineTool({
  name: 'update_user',
  title: 'Update a user',
  description: 'Change fields of an account. For its status use deactivate_user.',
  needs: ['findAccounts', 'readFields', 'updateAccount'],
  effect: 'changes',
  input: () =>
    z.strictObject({
      tenant: TenantName,
      user: OneUser,
      set: Fields.refine(
        (fields) => Object.keys(givenFields(fields)).length > 0,
        'must name a field',
      ).describe('New values; null or empty changes nothing'),
      reason: OptionalReason,
      approvalId: ApprovalId,
    }),
  output: () =>
    z.object({
      status: ChangeStatus,
      outcome: z.enum(['updated', 'unchanged', 'failed', 'unknown']).optional(),
      account: AnsweredAccount.optional(),
      before: z.looseObject({}).optional(),
      after: z.looseObject({}).optional(),
      alsoChanged: AlsoChanged,
      ...RESULT_OF_ONE,
    }),

  async plan({ tenant, user, set: given, reason }, { ask, hold }) {
    const { accounts, gap } = await ask.one(tenant, 'findAccounts', { user })
    const found = onlyOne(accounts, user)
    await hold.names(tenant, [found?.id, given.userName, given.email, given.externalId])
    const read = found && (await ask.one(tenant, 'readFields', { id: found.id }))
    if (!read) {
      throw new NotFound(
        `${inQuotes(user)} was not found in ${tenant}.`,
        `Check the spelling with find_user.${hiddenHint([ask.tenants.get(tenant)])}`,
        { tenant },
      )
    }
    const { account, fields } = read
    const wanted = givenFields(given)
    const changing = new Set(differingFields(wanted, fields).map((name) => name.split('.')[0]))
    const set = withFollowingNames(
      Object.fromEntries(Object.entries(wanted).filter(([name]) => changing.has(name))),
      fields,
    )
    const before = pick(fields, { ...wanted, ...set })
    if (changing.size === 0) return { changes: [], lines: [], reason, account, before, consequence: '', gap }
    const unsure = await mustBeFree(ask, tenant, set, account)
    const subject = { id: account.id, userName: account.userName }
    const change = {
      tenant,
      accounts: [account],
      subject,
      operation: 'updateAccount',
      ask: { ...subject, set },
      before: fields,
    } as const
    const at = ask.tenants.get(tenant)
    const consequence = updateAccount.consequence(change, at.facts)
    return {
      changes: [change],
      lines: [
        ...updateAccount.sentences(change, whereOf(at)),
        ...(consequence ? [consequence] : []),
        ...unsure,
      ],
      asides: gapLine({ user, tenant }, gap),
      reason,
      account,
      before,
      consequence,
      gap,
    }
  },

  async run(_, { plan, carryOut }) {
    const { account, before, consequence, gap } = plan
    const others = gapNote(gap)
    const [change] = plan.changes
    if (!change) {
      return {
        status: 'unchanged' as const,
        outcome: 'unchanged' as const,
        account,
        before,
        after: before,
        verified: true,
        ...(gap && { note: others.join(' ') }),
      }
    }
    const carried = await carryOut(change)
    const { outcome, verified, code, alsoChanged } = carried
    const notes = [carried.note, outcome === 'done' ? consequence : undefined, ...others].filter(
      (text) => text,
    )
    return {
      status: statusOfOne(outcome, verified),
      outcome: outcome === 'done' ? ('updated' as const) : outcome,
      account: carried.account ?? account,
      before,
      ...(carried.fields && { after: pick(carried.fields, before) }),
      ...(alsoChanged && { alsoChanged }),
      verified,
      ...(code && { code }),
      ...(notes.length > 0 && { note: notes.join(' ') }),
    }
  },
})

/** The values of `fields` under the names of `named`; null for one that is not known. */
const pick = (fields: AccountFields, named: object): Record<string, unknown> =>
  Object.fromEntries(Object.keys(named).map((name) => [name, fields[name as keyof AccountFields] ?? null]))
