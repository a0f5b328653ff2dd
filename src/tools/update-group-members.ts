import * as z from 'zod'
import { warning } from '../changes/plan.ts'
import { updateMembers } from '../changes/update-members.ts'
import type { Account, Group } from '../domain/account.ts'
import type { Carried } from '../domain/change.ts'
import { onlyOne } from '../domain/resolve-one.ts'
import type { Ask } from '../engine/ask.ts'
import { whereOf } from '../engine/tenants.ts'
import { defineTool } from '../engine/tool.ts'
import { IdentityError, NotFound } from '../errors.ts'
import { inQuotes } from '../text/text.ts'
import { OPTIONAL, statusOfOne, targetOf, Users } from './change-fields.ts'
import { ApprovalId, ChangeMade, Code, PendingApproval, TenantName, UserRef } from './fields.ts'

type Row = {
  user: string
  outcome: 'added' | 'removed' | 'unchanged' | 'failed' | 'not_attempted'
  code?: z.infer<typeof Code>
}
interface Wish {
  user: string
  to: 'added' | 'removed'
}

export default defineTool({
  name: 'update_group_members',
  title: 'Change a group',
  description: 'Put people into a group or take them out; all others stay. Answers member by member.',
  needs: ['findAccounts', 'readGroup', 'updateMembers'],
  effect: 'changes',
  input: () =>
    z
      .strictObject({
        tenant: TenantName,
        group: UserRef.describe('Id or name'),
        add: Users.describe('Whom to put in'),
        remove: Users.describe('Whom to take out'),
        reason: OPTIONAL.reason,
        approvalId: ApprovalId,
      })
      .refine(({ add, remove }) => add || remove, 'name somebody to add or remove'),
  output: () =>
    z.object({
      status: z.enum(['done', 'unchanged', 'partial', 'failed', 'approval_required']),
      members: z
        .array(
          z.object({
            user: z.string(),
            outcome: z.enum(['added', 'removed', 'unchanged', 'failed', 'not_attempted']),
            code: Code.optional(),
          }),
        )
        .default([]),
      verified: z.boolean().default(false),
      note: z.string().optional(),
      change: ChangeMade,
      approval: PendingApproval.optional(),
    }),

  async plan({ tenant, group: named, add = [], remove = [], reason }, { ask }) {
    const group = await ask.one(tenant, 'readGroup', { group: named })
    if (!group)
      throw new NotFound(`There is no group ${inQuotes(named)} in ${tenant}.`, 'list_groups names them.', {
        tenant,
      })
    const wishes = [...wishesOf(add, 'added'), ...wishesOf(remove, 'removed')]
    const { settled, wanted } = await resolve(ask, tenant, group, wishes)
    const of = (to: Wish['to']) => wanted.filter((one) => one.to === to).map(({ account }) => account)
    const [into, out] = [of('added'), of('removed')]
    const { id, name, caution, members } = group
    const change = {
      tenant,
      accounts: wanted.map(({ account }) => account),
      subject: { id, userName: name },
      operation: 'updateMembers',
      ask: { group: { id, name }, add: into.map(targetOf), remove: out.map(targetOf) },
      inside: members?.map((member) => member.id),
    } as const
    return {
      changes: wanted.length === 0 ? [] : [change],
      lines: [
        ...updateMembers.sentences(change, whereOf(ask.tenants.get(tenant))),
        ...warning(name, caution),
      ],
      reason,
      settled,
      wanted: wanted.map(({ user, to, account }) => ({ user, to, id: account.id })),
    }
  },

  async run(_, { plan, carryOut }) {
    const [change] = plan.changes
    if (!change) {
      const failed = plan.settled.some(({ outcome }) => outcome === 'failed')
      return {
        status: failed ? ('failed' as const) : ('unchanged' as const),
        members: plan.settled,
        verified: !failed,
      }
    }
    const carried = await carryOut(change)
    const members = [...plan.wanted.map((one) => rowOf(one, carried)), ...plan.settled]
    const status = statusOfOne(carried.outcome, carried.verified)
    const some = members.some(({ outcome }) => outcome === 'failed')
    return {
      status: status === 'done' && some ? ('partial' as const) : status,
      members,
      verified: carried.verified,
      ...(carried.note && { note: carried.note }),
    }
  },
})

const wishesOf = (users: readonly string[], to: Wish['to']): Wish[] =>
  [...new Set(users)].map((user) => ({ user, to }))

/** Who is meant, and who needs no change or cannot be found; members that the app does not tell are not taken for none. */
async function resolve(ask: Ask, tenant: string, { members }: Group, wishes: readonly Wish[]) {
  const settled: Row[] = []
  const wanted: (Wish & { account: Account })[] = []
  for (const { user, to } of wishes) {
    try {
      const account = onlyOne(await ask.one(tenant, 'findAccounts', { user }), user)
      const isIn = members?.some(({ id }) => id === account?.id)
      if (!account) settled.push({ user, outcome: 'failed', code: 'not_found' })
      else if (wanted.some((one) => one.account.id === account.id))
        settled.push({ user, outcome: 'not_attempted', code: 'conflict' })
      else if (isIn === (to === 'added')) settled.push({ user, outcome: 'unchanged' })
      else wanted.push({ user, to, account })
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error
      settled.push({ user, outcome: 'failed', code: error.code })
    }
  }
  return { settled, wanted }
}

/** What came of one member, as the group shows it where it can be read. */
function rowOf(
  { user, to, id }: { user: string; to: Wish['to']; id: string },
  { outcome, group, code }: Carried,
): Row {
  const isIn = group?.members?.some((member) => member.id === id)
  if (isIn !== undefined && isIn === (to === 'added')) return { user, outcome: to }
  if (outcome === 'done' && isIn === undefined) return { user, outcome: to }
  return { user, outcome: 'failed', code: code ?? 'unknown_outcome' }
}
