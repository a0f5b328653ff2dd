import * as z from 'zod'
import { Account } from '../domain/account.ts'
import type { Carried, Effect, Plan } from '../domain/change.ts'
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
      return 'change' in planned
        ? { changes: [planned.change], lines: [], reason: input.reason, madeOf }
        : { changes: [], lines: [], found: planned.already, madeOf }
    },

    async run({ step }, { plan, carryOut }) {
      const [change] = plan.changes
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
