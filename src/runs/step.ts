import * as z from 'zod'
import { Account } from '../domain/account.ts'
import type { Carried, Change, Plan } from '../domain/change.ts'
import type { RunStep } from '../domain/run.ts'
import type { Ask } from '../engine/ask.ts'
import { type ChangingTool, defineTool } from '../engine/tool.ts'
import { Conflict } from '../errors.ts'
import { fingerprintOf } from './fingerprint.ts'

/** What one step of a run is to do. */
export interface StepInput {
  tenant: string
  account: { id: string; userName: string }
  step: RunStep
  /** What the account was like when it was planned. */
  frozen: string
  reason: string
}

/** How a step ended. `already`: there was nothing to do. */
export interface StepAnswer {
  already: boolean
  carried?: Carried
}

/** The error of an account that is not as it was when a person approved the run. */
export class ChangedSince extends Conflict {
  constructor(tenant: string) {
    super('It has changed since the run was planned, so it is left alone.', 'Look it up with find_user.', {
      tenant,
    })
  }
}

interface StepPlan extends Plan {
  already: boolean
}

/** One step of a run as a call: planned from the record as it is now, and held by the same claims as any other change. */
export const stepOf = (tool: string): ChangingTool =>
  defineTool({
    name: tool,
    title: 'A step of a run',
    description: 'Not listed',
    needs: [],
    effect: 'removes',
    // A run never takes what people wait for.
    priority: () => 'bulk',
    input: () => z.custom<StepInput>(),
    output: () => z.looseObject({ account: Account.optional() }),

    async plan({ tenant, account, step, frozen, reason }, { ask, hold }): Promise<StepPlan> {
      const at = ask.tenants.get(tenant)
      const row: Account = { tenant, vendor: at.vendor.name, ...account, status: 'unknown' }
      const record = (await hold.records([row]))(row)
      if (record.status === 'inactive') return { changes: [], lines: [], already: true }
      if (fingerprintOf(record, at.namesPrivilege) !== frozen) throw new ChangedSince(tenant)
      return { changes: [await changeOf(step, record, ask)], lines: [], reason, already: false }
    },

    async run(_, { plan, carryOut }) {
      const [change] = plan.changes
      const answer: StepAnswer = change
        ? { already: false, carried: await carryOut(change) }
        : { already: plan.already }
      return answer as unknown as Record<string, unknown>
    },
  })

async function changeOf(operation: RunStep, account: Account, ask: Ask): Promise<Change> {
  const { tenant, id, userName } = account
  const subject = { id, userName }
  const about = { tenant, accounts: [account], subject, ask: subject } as const
  if (operation !== 'endSessions') return { ...about, operation }
  const isTold = ask.tenants.get(tenant).offers('readSessions')
  const before = isTold ? await ask.one(tenant, 'readSessions', { id }) : undefined
  return { ...about, operation, before }
}
