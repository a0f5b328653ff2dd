import * as z from 'zod'
import { kindOf } from '../changes/index.ts'
import { Account } from '../domain/account.ts'
import type { Carried, Change, Effect, Plan } from '../domain/change.ts'
import { onlyOne } from '../domain/resolve-one.ts'
import type { Ask } from '../engine/ask.ts'
import { whereOf } from '../engine/tenants.ts'
import { type ChangingTool, defineTool } from '../engine/tool.ts'
import { type ErrorCode, NotFound } from '../errors.ts'
import { inQuotes } from '../text/text.ts'
import { AlsoChanged, ChangeStatus } from './change-fields.ts'
import { ApprovalId, ChangeMade, Code, PendingApproval, Reason, TenantNames, UserRef } from './fields.ts'

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

const Input = z.strictObject({
  user: UserRef.describe('Email, user name or id'),
  tenants: TenantNames.describe('Tenant names'),
  reason: Reason,
  approvalId: ApprovalId,
})

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
  settled: readonly SwitchRow[]
  consequences: Record<string, string>
}

/** Makes a tool that activates or deactivates one person's accounts, in one or more tenants. */
export function switchTool(the: SwitchSpec): ChangingTool {
  const [done, already] = the.outcomes
  const Output = z.object({
    status: ChangeStatus,
    results: z
      .array(
        z.object({
          tenant: z.string(),
          account: Account.optional(),
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
  })

  return defineTool({
    name: the.name,
    title: the.title,
    description: the.description,
    needs: ['findAccounts', 'readAccount', the.operation],
    effect: the.effect,
    input: () => Input,
    output: () => Output,

    async plan({ user, tenants, reason }, { ask }): Promise<SwitchPlan> {
      const { changes, settled } = await resolveAccounts(ask, the, user, tenants)
      const consequences = Object.fromEntries(
        changes.map((change) => [
          change.tenant,
          kindOf(change).consequence(change, ask.tenants.get(change.tenant).facts),
        ]),
      )
      return {
        changes,
        settled,
        consequences,
        reason,
        lines: changes.flatMap((change) => [
          ...kindOf(change).sentences(change, whereOf(ask.tenants.get(change.tenant))),
          consequences[change.tenant] ?? '',
        ]),
      }
    },

    async run({ tenants }, { plan, carryOut }) {
      const carried = await Promise.all(
        plan.changes.map(async (change) =>
          toSwitchRow(change.tenant, await carryOut(change), done, plan.consequences),
        ),
      )
      const results = inOrder([...carried, ...plan.settled], tenants)
      // The output schema lists the outcomes of this tool, and rows have no others.
      return { status: switchStatus(results, done), results: results as z.input<typeof Output>['results'] }
    },
  })
}

async function resolveAccounts(
  ask: Ask,
  { operation, to, outcomes: [, already] }: SwitchSpec,
  user: string,
  tenants: readonly string[],
) {
  const changes: Change[] = []
  const settled: SwitchRow[] = []
  for (const answered of await ask.each('findAccounts', tenants, { user })) {
    const tenant = answered.tenant.name
    if ('error' in answered) {
      const { code, message, hint } = answered.error
      settled.push({ tenant, outcome: 'failed', verified: false, code, note: `${message} ${hint}` })
      continue
    }
    const account = onlyOne(answered.answer.accounts, user)
    if (!account) settled.push({ tenant, outcome: 'absent', verified: true })
    else if (account.status === to) settled.push({ tenant, account, outcome: already, verified: true })
    else {
      const { id, userName } = account
      const subject = { id, userName }
      changes.push({ tenant, accounts: [account], subject, operation, ask: subject })
    }
  }
  if (settled.length > 0 && changes.length === 0 && settled.every((row) => row.outcome === 'absent')) {
    throw new NotFound(
      `${inQuotes(user)} was not found in any of: ${tenants.join(', ')}.`,
      'Check the spelling with find_user; it also takes an external id or an id.',
    )
  }
  return { changes, settled }
}

function toSwitchRow(
  tenant: string,
  carried: Carried,
  done: string,
  consequences: Record<string, string>,
): SwitchRow {
  const { outcome, verified, account, alsoChanged, code, note } = carried
  const notes = [note, outcome === 'failed' ? undefined : consequences[tenant]].filter((text) => text)
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
