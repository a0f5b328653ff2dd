import * as z from 'zod'
import { Account } from '../domain/account.ts'
import type { Carried, Effect, Plan } from '../domain/change.ts'
import { sameUserName } from '../domain/same.ts'
import { type ChangingTool, defineTool } from '../engine/tool.ts'
import { fingerprintOf } from './fingerprint.ts'
import { STEP_CHANGES, type StepInput } from './step-changes.ts'

/** How a step ended. `already`: there was nothing to do. */
export interface StepAnswer {
  already: boolean
  carried?: Carried
  /** The account that a step made, or found made, and what it is like. */
  made?: { account: { id: string; userName: string }; frozen: string }
}

interface StepPlan extends Plan {
  found?: Account
  /** What a killed process wrote without saying how it ended, and what is there now. */
  settles?: Subject
  madeOf(account: Account): NonNullable<StepAnswer['made']>
}

/** One step of a run as a call: planned from the record as it is now, and held by the same claims as any other change. */
export const stepOf = (tool: string, effect: Exclude<Effect, 'reads'>): ChangingTool =>
  defineTool({
    name: tool,
    title: 'A step of a run',
    description: 'Not listed',
    needs: [],
    effect,
    // A run never takes what people wait for.
    priority: () => 'bulk',
    input: () => z.custom<StepInput>(),
    output: () => z.looseObject({ account: Account.optional() }),

    async plan(input, context): Promise<StepPlan> {
      const { namesPrivilege } = context.ask.tenants.get(input.tenant)
      const madeOf = (account: Account) => ({
        account: { id: account.id, userName: account.userName },
        frozen: fingerprintOf(account, namesPrivilege),
      })
      const planned = await STEP_CHANGES[input.step](input, context)
      const about = 'change' in planned ? input.account : planned.already
      const settles = (await isLeftOpen(input, context)) && { settles: subjectOf(input, about) }
      return {
        ...('change' in planned
          ? { changes: [planned.change], reason: input.reason }
          : { changes: [], found: planned.already }),
        lines: [],
        madeOf,
        ...settles,
      }
    },

    async run({ step }, { plan, carryOut, settle }) {
      const [change] = plan.changes
      if (plan.settles) await settle(plan.settles, !change)
      const carried = change && (await carryOut(change))
      const account = step === 'createAccount' ? (plan.found ?? carried?.account) : undefined
      const answer: StepAnswer = {
        already: !change,
        ...(carried && { carried }),
        ...(account && { made: plan.madeOf(account) }),
      }
      return answer as unknown as Record<string, unknown>
    },
  })

type Subject = { tenant: string; id: string; userName: string }

/** What the journal says that a step is about. */
const subjectOf = (
  { tenant, step, group }: StepInput,
  { id, userName }: Pick<Account, 'id' | 'userName'>,
): Subject =>
  step === 'joinGroup' && group ? { tenant, id: group.id, userName: group.name } : { tenant, id, userName }

/** Whether a process began this step and was killed before it said how it ended. */
async function isLeftOpen(
  input: StepInput,
  { pastAt }: Pick<Parameters<ChangingTool['plan']>[1], 'pastAt'>,
): Promise<boolean> {
  if (!input.begun) return false
  const { run: call, caller } = input.begun
  const subject = subjectOf(input, input.account)
  const writes = await pastAt({ call, caller, subject })
  // Accounts that have no id yet are told apart by their names.
  return writes.some(
    ({ outcome, subject: { userName } }) => outcome === 'unknown' && sameUserName(userName, subject.userName),
  )
}
