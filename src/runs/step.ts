import * as z from 'zod'
import { Account } from '../domain/account.ts'
import type { Carried, Change, Plan } from '../domain/change.ts'
import type { RunInput, RunStep } from '../domain/run.ts'
import type { Ask } from '../engine/ask.ts'
import { reversalOfAll } from '../engine/reversal.ts'
import { type ChangingTool, defineTool } from '../engine/tool.ts'
import { Conflict, Refused } from '../errors.ts'
import { fingerprintOf } from './fingerprint.ts'

/** What one step of a run is to do. */
export interface StepInput {
  tenant: string
  account: { id: string; userName: string }
  step: RunStep
  /** What the account was like when it was planned. */
  frozen: string
  reason: string
  undo?: RunInput['undo']
}

/** How a step ended. `already`: there was nothing to do. */
export interface StepAnswer {
  already: boolean
  carried?: Carried
}

/** The error of an account that is not as it was when a person approved the run. */
export class ChangedSince extends Conflict {
  constructor(tenant: string, message = 'It has changed since the run was planned, so it is left alone.') {
    super(message, 'Look it up with find_user.', {
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

    async plan({ tenant, account, step, frozen, reason, undo }, context): Promise<StepPlan> {
      const { ask, hold } = context
      const at = ask.tenants.get(tenant)
      const row: Account = { tenant, vendor: at.vendor.name, ...account, status: 'unknown' }
      const record = (await hold.records([row]))(row)
      const change =
        step === 'undo' ? await undoing(undo, record, context) : takingFrom(record, step, context.ask)
      if (!change) return { changes: [], lines: [], already: true }
      if (fingerprintOf(record, at.namesPrivilege) !== frozen) throw new ChangedSince(tenant)
      return { changes: [await change()], lines: [], reason, already: false }
    },

    async run(_, { plan, carryOut }) {
      const [change] = plan.changes
      const answer: StepAnswer = change
        ? { already: false, carried: await carryOut(change) }
        : { already: plan.already }
      return answer as unknown as Record<string, unknown>
    },
  })

/** What is to be made of an account; undefined if there is nothing to do. */
type ToChange = (() => Promise<Change>) | undefined

/** Gives an account back what a run took from it. Throws where it is left alone. */
async function undoing(
  undo: RunInput['undo'],
  { tenant, id, userName }: Account,
  { ask, hold, pastAt }: Pick<Parameters<ChangingTool['plan']>[1], 'ask' | 'hold' | 'pastAt'>,
): Promise<ToChange> {
  if (!undo) throw new TypeError('a step that undoes nothing')
  const writes = await pastAt({ call: undo.run, caller: undo.caller, subject: { tenant, id, userName } })
  const reversal = await reversalOfAll(writes, { ask, hold })
  if ('change' in reversal) return async () => reversal.change
  if (reversal.outcome === 'unchanged') return undefined
  if (reversal.outcome === 'left_alone') throw new ChangedSince(tenant, reversal.note)
  throw new Refused(reversal.note, 'Look it up with find_user.', { tenant })
}

/** Takes access, or sessions. */
function takingFrom(account: Account, operation: Exclude<RunStep, 'undo'>, ask: Ask): ToChange {
  if (account.status === 'inactive') return undefined
  const { tenant, id, userName } = account
  const subject = { id, userName }
  const about = { tenant, accounts: [account], subject, ask: subject } as const
  return async () => {
    if (operation !== 'endSessions') return { ...about, operation }
    const isTold = ask.tenants.get(tenant).offers('readSessions')
    const before = isTold ? await ask.one(tenant, 'readSessions', { id }) : undefined
    return { ...about, operation, before }
  }
}
