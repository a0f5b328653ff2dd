import * as z from 'zod'
import { kindOf } from '../changes/index.ts'
import { afterSessionsEnded } from '../changes/status.ts'
import type { Carried, Change } from '../domain/change.ts'
import { type Tenants, whereOf } from '../engine/tenants.ts'
import { type ChangingTool, defineTool } from '../engine/tool.ts'
import { AnsweredAccount } from './account-rows.ts'
import { AlsoChanged, ChangeStatus } from './change-fields.ts'
import { ApprovalId, ChangeMade, Code, OneUser, PendingApproval, Reason, TenantNames } from './fields.ts'
import { PartIsEnough } from './left-out.ts'
import { resolveAccounts, type SwitchPlan, type SwitchRow, type SwitchSpec } from './switch-plan.ts'

/** Makes a tool that changes the access of one person's accounts, in one or more tenants. */
export function switchTool(the: SwitchSpec): ChangingTool {
  const [done, already] = the.outcomes
  const byHand = the.operation === 'deactivateAccount' ? ['by_hand'] : []
  const Output = z.lazy(() =>
    z.object({
      status: ChangeStatus,
      results: z
        .array(
          z.object({
            tenant: z.string(),
            account: AnsweredAccount.optional(),
            outcome: z.enum([done, ...(already ? [already] : []), 'absent', ...byHand, 'failed', 'unknown']),
            sessions: z.enum(['ended', 'failed', 'unknown']).optional(),
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
        tenants: TenantNames.describe('Tenant names'),
        reason: Reason,
        approvalId: ApprovalId,
        partial: PartIsEnough,
      }),
    output: () => Output,

    async plan({ user, tenants, reason }, { ask, ...context }): Promise<SwitchPlan> {
      const wish = { user, tenants, ...context }
      const { changes, settled, lines, asides, ...rest } = await resolveAccounts(ask, the, wish)
      const consequences = consequencesOf(changes, ask.tenants)
      return {
        changes,
        settled: { results: settled },
        ...rest,
        consequences,
        showSessions: new Set(tenants.filter((tenant) => ask.tenants.get(tenant).offers('readSessions'))),
        reason,
        lines: [
          ...changes.flatMap((change) => [
            ...kindOf(change).sentences(change, whereOf(ask.tenants.get(change.tenant))),
            ...[consequences.get(change) ?? ''].filter((text) => text !== ''),
          ]),
          ...lines,
        ],
        asides,
      }
    },

    async run({ tenants }, { plan, carryOut }) {
      const ending = plan.changes.filter(({ operation }) => operation === 'endSessions')
      // Whoever is still signed in somewhere can undo the rest from there: all sessions end before anything else.
      const ended = new Map(
        await Promise.all(ending.map(async (change) => [change.tenant, await carryOut(change)] as const)),
      )
      const others = plan.changes.filter((change) => !ending.includes(change))
      const carried =
        others.length === 0
          ? ending.map((change) => toSwitchRow(change, ended.get(change.tenant), undefined, done, plan))
          : await Promise.all(
              others.map(async (change) =>
                toSwitchRow(change, await carryOut(change), ended.get(change.tenant), done, plan),
              ),
            )
      const results = inOrder([...carried, ...plan.settled.results], tenants)
      // The output schema lists the outcomes of this tool, and rows have no others.
      return {
        status: switchStatus(results, { changes: carried.length, done }),
        results: results as z.input<typeof Output>['results'],
      }
    },
  })
}

/** What follows from each change. What ends sessions at one app is not said to leave them there. */
function consequencesOf(changes: readonly Change[], tenants: Tenants): SwitchPlan['consequences'] {
  const ends = changes.some(({ operation }) => operation === 'endSessions')
  return new Map(
    changes.map((change) => {
      const text = kindOf(change).consequence(change, tenants.get(change.tenant).facts)
      return [change, ends ? afterSessionsEnded(text) : text]
    }),
  )
}

function toSwitchRow(
  change: Change,
  carried: Carried | undefined,
  sessions: Carried | undefined,
  done: string,
  { consequences, gaps, showSessions }: Pick<SwitchPlan, 'consequences' | 'gaps' | 'showSessions'>,
): SwitchRow {
  if (!carried) throw new TypeError('a change that was not carried out')
  const { tenant } = change
  const { outcome, byHand, verified, account, alsoChanged, code, note } = carried
  const after = outcome === 'failed' ? undefined : consequences.get(change)
  const closing = sessions ?? (change.operation === 'endSessions' ? carried : undefined)
  const notes = [note, sessions && sessionsNote(sessions), after, gaps[tenant]].filter((text) => text)
  return {
    tenant,
    ...(account && { account }),
    outcome: byHand ? 'by_hand' : outcome === 'done' ? done : outcome,
    ...(closing && { sessions: sessionsWord(closing, showSessions.has(tenant)) }),
    verified,
    ...(alsoChanged && { alsoChanged }),
    ...(code && { code }),
    ...(notes.length > 0 && { note: notes.join(' ') }),
  }
}

/** An app that shows what is left, and shows that it is not gone, has not ended it. */
const sessionsWord = ({ outcome, verified }: Carried, areShown: boolean): SwitchRow['sessions'] =>
  outcome !== 'done' ? outcome : areShown && !verified ? 'unknown' : 'ended'

const sessionsNote = ({ note }: Carried): string => (note === undefined ? '' : `Sessions: ${note}`)

const inOrder = (rows: readonly SwitchRow[], tenants: readonly string[]): SwitchRow[] =>
  rows.toSorted((a, b) => tenants.indexOf(a.tenant) - tenants.indexOf(b.tenant))

/** `done` only if every change was made and verified, and no session was left that should have ended. */
function switchStatus(
  rows: readonly SwitchRow[],
  { changes, done }: { changes: number; done: string },
): 'done' | 'unchanged' | 'partial' | 'failed' {
  const bad = rows.filter((row) => row.outcome === 'failed' || row.outcome === 'unknown')
  if (bad.length === rows.length)
    return rows.some(({ sessions }) => sessions === 'ended') ? 'partial' : 'failed'
  const open = rows.some(({ sessions }) => sessions === 'failed' || sessions === 'unknown')
  // Most apps do not show sessions: their end is as good as the app's word for it.
  const unseen = rows.some(({ verified, outcome }) => !verified && outcome !== 'ended')
  if (bad.length > 0 || open || unseen) return 'partial'
  return changes > 0 && rows.some((row) => row.outcome === done) ? 'done' : 'unchanged'
}
