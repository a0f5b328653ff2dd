import * as z from 'zod'
import { kindOf } from '../changes/index.ts'
import type { Account } from '../domain/account.ts'
import type { Carried, Change, Effect, Plan } from '../domain/change.ts'
import { correlate } from '../domain/correlate.ts'
import { onlyOne } from '../domain/resolve-one.ts'
import type { Ask } from '../engine/ask.ts'
import { findPerson } from '../engine/find-person.ts'
import type { Hold } from '../engine/hold.ts'
import { whereOf } from '../engine/tenants.ts'
import { type ChangingTool, defineTool } from '../engine/tool.ts'
import { type ErrorCode, IdentityError, NotFound } from '../errors.ts'
import { inQuotes } from '../text/text.ts'
import { AnsweredAccount } from './account-rows.ts'
import { AlsoChanged, ChangeStatus } from './change-fields.ts'
import { ApprovalId, ChangeMade, Code, OneUser, PendingApproval, Reason, TenantNames } from './fields.ts'
import { gapLine, gapNote, howFound, NOT_COVERED, PartIsEnough, passingAmong } from './left-out.ts'

/** How the tools that deactivate and reactivate an account differ. */
interface SwitchSpec {
  name: string
  title: string
  description: string
  effect: Exclude<Effect, 'reads'>
  operation: 'deactivateAccount' | 'reactivateAccount'
  to: 'active' | 'inactive'
  outcomes: readonly [done: string, already: string]
}

interface SwitchRow {
  tenant: string
  account?: Account
  outcome: string
  verified: boolean
  alsoChanged?: Carried['alsoChanged']
  code?: ErrorCode
  note?: string
}

/** The plan, and the results that need no write. */
interface SwitchPlan extends Plan {
  settled: { results: readonly SwitchRow[] }
  consequences: Record<string, string>
  /** By tenant, why there may be other accounts. */
  gaps: Record<string, string>
}

/** Makes a tool that activates or deactivates one person's accounts, in one or more tenants. */
export function switchTool(the: SwitchSpec): ChangingTool {
  const [done, already] = the.outcomes
  const Output = z.lazy(() =>
    z.object({
      status: ChangeStatus,
      results: z
        .array(
          z.object({
            tenant: z.string(),
            account: AnsweredAccount.optional(),
            outcome: z.enum([done, already, 'absent', 'failed', 'unknown']),
            verified: z.boolean(),
            alsoChanged: AlsoChanged,
            code: Code.optional(),
            note: z.string().optional(),
          }),
        )
        .default([]),
      change: ChangeMade,
      approval: PendingApproval.optional(),
    }),
  )

  return defineTool({
    name: the.name,
    title: the.title,
    description: the.description,
    needs: ['findAccounts', 'readAccount', the.operation],
    effect: the.effect,
    input: () =>
      z.strictObject({
        user: OneUser,
        tenants: TenantNames.describe('Names of tenants'),
        reason: Reason,
        approvalId: ApprovalId,
        partial: PartIsEnough,
      }),
    output: () => Output,

    async plan({ user, tenants, reason }, { ask, hold, covers }): Promise<SwitchPlan> {
      const wish = { user, tenants, hold, covers }
      const { changes, settled, lines, asides, ...rest } = await resolveAccounts(ask, the, wish)
      const consequences = Object.fromEntries(
        changes.map((change) => [
          change.tenant,
          kindOf(change).consequence(change, ask.tenants.get(change.tenant).facts),
        ]),
      )
      return {
        changes,
        settled: { results: settled },
        ...rest,
        consequences,
        reason,
        lines: [
          ...changes.flatMap((change) => [
            ...kindOf(change).sentences(change, whereOf(ask.tenants.get(change.tenant))),
            ...[consequences[change.tenant] ?? ''].filter((text) => text !== ''),
          ]),
          ...lines,
        ],
        asides,
      }
    },

    async run({ tenants }, { plan, carryOut }) {
      const carried = await Promise.all(
        plan.changes.map(async (change) => toSwitchRow(change.tenant, await carryOut(change), done, plan)),
      )
      const results = inOrder([...carried, ...plan.settled.results], tenants)
      // The output schema lists the outcomes of this tool, and rows have no others.
      return { status: switchStatus(results, done), results: results as z.input<typeof Output>['results'] }
    },
  })
}

interface Wish {
  user: string
  tenants: readonly string[]
  hold: Hold
  covers: (tenant: string, id: string) => boolean
}

/** The changes that are wanted, what needs none, and what a person must know of the look-ups. */
async function resolveAccounts(ask: Ask, spec: SwitchSpec, { user, tenants, hold, covers }: Wish) {
  const { operation, to, outcomes } = spec
  const changes: Change[] = []
  const settled: SwitchRow[] = []
  const lines: string[] = []
  const asides: string[] = []
  const gaps: Record<string, string> = {}
  const found = await findPerson(ask, user, tenants)
  const rows = found.map((place) => ({ ...place, row: onlyOne(place.accounts, user) }))
  const recordOf = await hold.records(rows.flatMap(({ row }) => row ?? []))
  const places = rows.map((place) => ({ ...place, ...recordAt(place, recordOf) }))
  for (const { tenant: at, account, gap, linkedTo } of places) {
    const tenant = at.name
    if (!account) {
      settled.push(gap ? notLookedUp(tenant, gap) : { tenant, outcome: 'absent', verified: true })
      continue
    }
    asides.push(...gapLine({ user, tenant }, gap))
    if (gap) gaps[tenant] = gapNote(gap).join()
    if (account.status === to) {
      asides.push(...howFound(account, linkedTo))
      const note = gaps[tenant]
      settled.push({ tenant, account, outcome: outcomes[1], verified: !gap, ...(note && { note }) })
    } else if (!covers(tenant, account.id)) {
      settled.push({
        tenant,
        account,
        outcome: 'failed',
        verified: false,
        code: 'refused',
        note: NOT_COVERED,
      })
    } else {
      lines.push(...howFound(account, linkedTo))
      const { id, userName } = account
      const subject = { id, userName }
      changes.push({ tenant, accounts: [account], subject, operation, ask: subject })
    }
  }
  if (settled.length > 0 && changes.length === 0 && settled.every((row) => row.outcome === 'absent')) {
    throw new NotFound(
      `${inQuotes(user)} was not found in any of: ${tenants.join(', ')}.`,
      'Check the spelling with find_user; it also takes an external id, an id or a name.',
    )
  }
  const doubts = doubtsAbout(changes.flatMap(({ accounts }) => accounts))
  return {
    changes,
    settled,
    gaps,
    lines: [...lines, ...doubts],
    asides: [
      ...asides,
      ...doubtsAbout(found.flatMap(({ accounts }) => accounts)).filter((doubt) => !doubts.includes(doubt)),
      ...leftAlone(settled, outcomes[1]),
    ],
    passing: passingAmong(places),
    // Whoever writes an email or an external id into one app must not choose an account in another.
    mustAsk: changes.some(({ tenant }) =>
      places.some((place) => place.tenant.name === tenant && place.linkedTo),
    ),
    uncovered: settled.some(({ note }) => note === NOT_COVERED),
  }
}

/** Why it is doubtful that accounts are one person's. */
const doubtsAbout = (accounts: readonly Account[]): string[] =>
  correlate(accounts).flatMap(({ doubt }) => doubt ?? [])

/** The record of the account that a look-up found, or why it is not known. */
function recordAt(
  { row, gap }: { row: Account | undefined; gap?: IdentityError },
  recordOf: (row: Account) => Account,
): { account?: Account; gap?: IdentityError } {
  try {
    return { ...(row && { account: recordOf(row) }), ...(gap && { gap }) }
  } catch (error) {
    if (error instanceof IdentityError) return { gap: error }
    throw error
  }
}

const notLookedUp = (tenant: string, { code, message, hint }: IdentityError): SwitchRow => ({
  tenant,
  outcome: 'failed',
  verified: false,
  code,
  note: `${message} ${hint}`,
})

/** What was asked for and is not among the changes, for whoever agrees to them. */
function leftAlone(rows: readonly SwitchRow[], alreadyThere: string): string[] {
  const inTenants = (outcome: string) =>
    rows.filter((row) => row.outcome === outcome).map(({ tenant }) => tenant)
  const [absent, failed, already] = [inTenants('absent'), inTenants('failed'), inTenants(alreadyThere)]
  return [
    ...(already.length > 0 ? [`Needs no change: ${already.join(', ')}.`] : []),
    ...(failed.length > 0
      ? [`Left alone, since it could not be looked up there: ${failed.join(', ')}. It may be active there.`]
      : []),
    ...(absent.length > 0 ? [`Not found, and so left alone: ${absent.join(', ')}.`] : []),
  ]
}

function toSwitchRow(
  tenant: string,
  carried: Carried,
  done: string,
  { consequences, gaps }: Pick<SwitchPlan, 'consequences' | 'gaps'>,
): SwitchRow {
  const { outcome, verified, account, alsoChanged, code, note } = carried
  const after = outcome === 'failed' ? undefined : consequences[tenant]
  const notes = [note, after, gaps[tenant]].filter((text) => text)
  return {
    tenant,
    ...(account && { account }),
    outcome: outcome === 'done' ? done : outcome,
    verified,
    ...(alsoChanged && { alsoChanged }),
    ...(code && { code }),
    ...(notes.length > 0 && { note: notes.join(' ') }),
  }
}

const inOrder = (rows: readonly SwitchRow[], tenants: readonly string[]): SwitchRow[] =>
  rows.toSorted((a, b) => tenants.indexOf(a.tenant) - tenants.indexOf(b.tenant))

/** `done` only if every change was made and verified. */
function switchStatus(rows: readonly SwitchRow[], done: string): 'done' | 'unchanged' | 'partial' | 'failed' {
  const bad = rows.filter((row) => row.outcome === 'failed' || row.outcome === 'unknown')
  if (bad.length === rows.length) return 'failed'
  if (bad.length > 0 || rows.some((row) => !row.verified)) return 'partial'
  return rows.some((row) => row.outcome === done) ? 'done' : 'unchanged'
}
