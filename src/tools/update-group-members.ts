import * as z from 'zod'
import { warning } from '../changes/plan.ts'
import { updateMembers } from '../changes/update-members.ts'
import type { Account, Group } from '../domain/account.ts'
import type { Carried } from '../domain/change.ts'
import { hiddenIn } from '../domain/facts.ts'
import { knownInside, membershipIn } from '../domain/membership.ts'
import { bare } from '../domain/quoting.ts'
import { onlyOne } from '../domain/resolve-one.ts'
import type { Ask } from '../engine/ask.ts'
import type { Hold } from '../engine/hold.ts'
import { whereOf } from '../engine/tenants.ts'
import { defineTool } from '../engine/tool.ts'
import { type ErrorCode, type ErrorDetails, IdentityError, NotFound } from '../errors.ts'
import { inQuotes, sameText } from '../text/text.ts'
import { ChangeStatus, OptionalReason, statusOfOne, targetOf, Users } from './change-fields.ts'
import { ApprovalId, ChangeMade, Code, PendingApproval, TenantName, UserRef } from './fields.ts'
import { othersOf, PartIsEnough, passingAmong } from './left-out.ts'

type MemberRow = {
  user: string
  outcome: 'added' | 'removed' | 'unchanged' | 'failed' | 'not_attempted'
  code?: z.infer<typeof Code>
  candidates?: ErrorDetails['candidates']
}
interface MemberWish {
  user: string
  to: 'added' | 'removed'
}

export default defineTool({
  name: 'update_group_members',
  title: 'Change a group',
  description: 'Add users to a group or remove them; all others stay. Answers member by member.',
  needs: ['findAccounts', 'readAccount', 'readGroup', 'updateMembers'],
  effect: 'changes',
  input: () =>
    z
      .strictObject({
        tenant: TenantName,
        group: UserRef.describe('Id or name'),
        add: Users.describe('Emails, user names or ids to add'),
        remove: Users.describe('The same, to remove'),
        reason: OptionalReason,
        approvalId: ApprovalId,
        partial: PartIsEnough,
      })
      .refine(({ add, remove }) => add || remove, 'name a user to add or remove'),
  output: () =>
    z.object({
      status: ChangeStatus,
      members: z
        .array(
          z.object({
            user: z.string(),
            outcome: z.enum(['added', 'removed', 'unchanged', 'failed', 'not_attempted']),
            code: Code.optional(),
            candidates: z
              .array(z.object({ tenant: z.string(), id: z.string(), userName: z.string() }))
              .readonly()
              .optional(),
          }),
        )
        .default([]),
      verified: z.boolean().default(false),
      note: z.string().optional(),
      change: ChangeMade,
      approval: PendingApproval.optional(),
    }),

  async plan({ tenant, group: named, add = [], remove = [], reason }, { ask, hold, covers }) {
    const wishes = [...wishesOf(add, 'added'), ...wishesOf(remove, 'removed')]
    await hold.names(tenant, [named])
    const looked = await lookUp({ ask, hold }, tenant, wishes)
    // Last, so that it tells what is so while the accounts are claimed.
    const group = await ask.one(tenant, 'readGroup', { group: named })
    if (!group)
      throw new NotFound(
        `There is no group ${inQuotes(named)} in ${tenant}.`,
        'list_groups shows all groups.',
        {
          tenant,
        },
      )
    const { settled, wanted, unsure, passing } = settle(looked, { tenant, group, covers })
    const of = (to: MemberWish['to']) => wanted.filter((one) => one.to === to).map(({ account }) => account)
    const [into, out] = [of('added'), of('removed')]
    const { id, name, caution } = group
    const change = {
      tenant,
      accounts: wanted.map(({ account }) => account),
      subject: { id, userName: name },
      operation: 'updateMembers',
      ask: { group: { id, name }, add: into.map(targetOf), remove: out.map(targetOf) },
      inside: knownInside(
        group,
        wanted.map(({ account }) => account),
      ),
    } as const
    const at = ask.tenants.get(tenant)
    const hidden = settled.some(({ code }) => code === 'not_found') ? hiddenIn(at.facts) : undefined
    const doubtful = [
      ...(hidden ? [hidden] : []),
      ...(unsure.length > 0 ? [`${othersOf(listed(unsure))}.`] : []),
    ]
    const consequence = updateMembers.consequence(change, at.facts)
    return {
      changes: wanted.length === 0 ? [] : [change],
      lines: [
        ...updateMembers.sentences(change, whereOf(at)),
        ...(consequence ? [consequence] : []),
        ...warning(name, caution),
      ],
      asides: [...leftAlone(settled, wishes.length), ...doubtful],
      reason,
      consequence,
      doubtful,
      passing,
      uncovered: settled.some(({ code }) => code === 'refused'),
      settled: { members: settled },
      wanted,
    }
  },

  async run(_, { plan, carryOut }) {
    const [change] = plan.changes
    if (!change) {
      const failed = plan.settled.members.some(({ outcome }) => outcome === 'failed')
      return {
        status: failed ? ('failed' as const) : ('unchanged' as const),
        members: plan.settled.members,
        verified: !failed,
        ...(plan.doubtful.length > 0 && { note: plan.doubtful.join(' ') }),
      }
    }
    const carried = await carryOut(change)
    const members = [...plan.wanted.map((one) => memberRow(one, carried)), ...plan.settled.members]
    const status = statusOfOne(carried.outcome, carried.verified)
    const failed = members.some(({ outcome }) => outcome === 'failed')
    const changed = members.some(({ outcome }) => outcome === 'added' || outcome === 'removed')
    const notes = [carried.note, changed ? plan.consequence : undefined, ...plan.doubtful].filter(
      (text) => text,
    )
    return {
      // Some apps refuse a change of which they have made a part.
      status: failed && changed ? ('partial' as const) : status,
      members,
      verified: carried.verified,
      ...(notes.length > 0 && { note: notes.join(' ') }),
    }
  },
})

const wishesOf = (users: readonly string[], to: MemberWish['to']): MemberWish[] =>
  [...new Set(users)].map((user) => ({ user, to }))

/** What a look-up found for a wish: the record of the account, if there is one, or why it is not known. */
type Looked = MemberWish & ({ account: Account | undefined; unsure: boolean } | { error: IdentityError })

/** Finds the accounts, claims them and reads their records. */
async function lookUp(
  { ask, hold }: { ask: Ask; hold: Hold },
  tenant: string,
  wishes: readonly MemberWish[],
): Promise<Looked[]> {
  const found: (MemberWish &
    ({ row: Account | undefined; gap?: IdentityError } | { error: IdentityError }))[] = []
  for (const wish of wishes) {
    try {
      const { accounts, gap } = await ask.one(tenant, 'findAccounts', { user: wish.user })
      found.push({ ...wish, row: onlyOne(accounts, wish.user), ...(gap && { gap }) })
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error
      found.push({ ...wish, error })
    }
  }
  const recordOf = await hold.records(found.flatMap((one) => ('row' in one && one.row ? [one.row] : [])))
  return found.map((one): Looked => {
    if ('error' in one) return one
    const { row, gap, ...wish } = one
    if (gap && !row) return { ...wish, error: gap }
    try {
      return { ...wish, account: row && recordOf(row), unsure: gap !== undefined }
    } catch (error) {
      if (error instanceof IdentityError) return { ...wish, error }
      throw error
    }
  })
}

interface Membership {
  tenant: string
  group: Group
  covers: (tenant: string, id: string) => boolean
}

/** Settles those that need no change or are not found. Unknown members do not count as none. */
function settle(looked: readonly Looked[], { tenant, group, covers }: Membership) {
  const { members } = group
  const settled: MemberRow[] = []
  const wanted: (MemberWish & { account: Account })[] = []
  const gaps: { gap: IdentityError }[] = []
  const unsure: string[] = []
  const isMember = membershipIn(group)
  for (const one of looked) {
    const { user, to } = one
    if ('error' in one) {
      const { code, details } = one.error
      gaps.push({ gap: one.error })
      const { candidates } = details
      settled.push({
        user,
        outcome: 'failed',
        code,
        ...(candidates && { candidates: candidates.slice(0, 20) }),
      })
      continue
    }
    const { account } = one
    if (one.unsure) unsure.push(user)
    const isIn = account && isMember(account)
    // Some apps cut the members of a large group off: the account itself may still tell that it is one.
    const mayBeIn =
      to === 'removed' && (mayBeCut(members) || account?.groups?.some((name) => sameText(name, group.name)))
    if (!account) settled.push({ user, outcome: 'failed', code: 'not_found' })
    else if (wanted.some((other) => other.account.id === account.id))
      settled.push({ user, outcome: 'not_attempted', code: 'conflict' })
    else if (isIn === (to === 'added') && !mayBeIn) settled.push({ user, outcome: 'unchanged' })
    else if (!covers(tenant, account.id)) settled.push({ user, outcome: 'not_attempted', code: 'refused' })
    else wanted.push({ user, to, account })
  }
  return { settled, wanted, unsure, passing: passingAmong(gaps) }
}

/** Whether a list of members is of a length at which apps cut: whoever is not on it may be a member all the same. */
const mayBeCut = (members: Group['members'] = []): boolean =>
  members.length >= 100 && members.length % 50 === 0

/** Who was asked for and is not among the changes, for whoever agrees to them: by why, with how many of how many. */
function leftAlone(settled: readonly MemberRow[], of: number): string[] {
  const because = new Map<string, string[]>()
  for (const { user, outcome, code } of settled) {
    const why = outcome === 'unchanged' ? UNCHANGED : ((code && REASONS[code]) ?? 'could not be looked up')
    because.set(why, [...(because.get(why) ?? []), user])
  }
  return [...because].map(([why, users]) => {
    return `${users.length} of ${of} ${why} and are left alone: ${listed(users)}.`
  })
}

const listed = (users: readonly string[]): string => users.map((user) => bare(user)).join(', ')

const UNCHANGED = 'need no change'
const REASONS: { readonly [Code in ErrorCode]?: string } = {
  not_found: 'were not found',
  ambiguous: 'fit several accounts',
  conflict: 'are named twice',
  refused: 'came back after the approval',
}

/** The result for one member, from the group as read back if it could be read. */
function memberRow(
  { user, to, account }: MemberWish & { account: Account },
  { outcome, group, code }: Carried,
): MemberRow {
  const isIn = group && membershipIn(group)(account)
  if (isIn !== undefined && isIn === (to === 'added')) return { user, outcome: to }
  if (outcome === 'done' && isIn === undefined) return { user, outcome: to }
  return { user, outcome: 'failed', code: code ?? 'unknown_outcome' }
}
