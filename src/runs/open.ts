import type { Change } from '../domain/change.ts'
import type { Run, RunInput } from '../domain/run.ts'
import { askFor } from '../engine/ask.ts'
import { dispatcher, type Parts } from '../engine/dispatch.ts'
import { NO_RUNS, type RunDesk } from '../engine/run-desk.ts'
import type { Call } from '../guards/call.ts'
import { type CallPolicy, stepGuards } from '../guards/call-pipeline.ts'
import { compose } from '../guards/compose.ts'
import { protectedAccounts } from '../guards/protected.ts'
import type { Store } from '../store/store.ts'
import { memoryStore } from '../store/table-store.ts'
import { runDesk } from './desk.ts'
import type { PlanningParts } from './plan-person.ts'
import { openRunStore, type RunStore } from './run-store.ts'
import { openRunner, type Runner } from './runner.ts'
import { stepOf } from './step.ts'
import type { StepInput } from './step-changes.ts'
import { allRows, stepAnswer } from './work.ts'

/** How long a step may take, with its waiting for the budget, and planning; milliseconds. */
const STEP_MS = 2 * 60_000
const PLANNING_MS = 24 * 3_600_000

/** Runs, what works on them, and the desk at which callers ask for them. */
export interface Runs {
  store: RunStore
  runner: Runner
  desk(call: Call): RunDesk
  /** The desk of an approver at a terminal, who may undo everybody's runs. `keeps`: whether what is planned there stays. */
  deskOfApprover(call: Call, options: { keeps: boolean }): RunDesk
}

interface RunsParts {
  store: Store
  /** For leases. */
  budgets: Pick<Store, 'update'>
  parts: Omit<Parts, 'runs'>
  policy: CallPolicy
  limits: { people: number; failures: number; failureShare: number }
  mayHave(): boolean
  /** The accounts that a comparison of this caller found. */
  compared(caller: string, asked: NonNullable<RunInput['comparison']>): ReturnType<PlanningParts['compared']>
}

export function openRuns({
  store: kept,
  budgets,
  parts,
  policy,
  limits,
  mayHave,
  compared,
}: RunsParts): Runs {
  const { tenants, approvals, tasks, log } = parts
  const store = openRunStore(kept, budgets)
  /** A step does no more than its tool says. */
  const stepFor = (name: string) => {
    const { effect = 'removes' } = parts.tools.find((tool) => tool.name === name) ?? {}
    return stepOf(name, effect === 'reads' ? 'removes' : effect)
  }
  const dispatchers = new Map<string, ReturnType<typeof dispatcher>>()
  const dispatchOf = (tool: string) => {
    const known = dispatchers.get(tool)
    if (known) return known
    const guards: Parts['guards'] = (sight) => stepGuards(policy, sight)
    const made = dispatcher({ ...parts, tools: [stepFor(tool)], guards, runs: () => NO_RUNS })
    dispatchers.set(tool, made)
    return made
  }
  /** A call for the run, as its caller would make it. */
  const callFor = async (run: Run, input: unknown): Promise<Call> => {
    const { self, grant, ...caller } = run.caller
    const given = run.agreed ?? (run.approval === undefined ? undefined : await approvals.get(run.approval))
    return {
      id: run.id,
      tool: stepFor(run.tool),
      input,
      caller,
      self,
      grant,
      canAsk: false,
      signal: new AbortController().signal,
      deadline: Date.now() + STEP_MS,
      ...(given && {
        approval: { id: given.id, ...(given.by && { by: given.by }), ...(given.how && { how: given.how }) },
      }),
      record: async () => {
        throw new TypeError('this call is not journalled')
      },
    }
  }
  const runnerOf = (on: RunStore) =>
    openRunner({
      runs: on,
      approvals,
      log,
      limits,
      mayHave,
      isSource: (tenant) => tenants.get(tenant).settings.source === true,
      async step(input: StepInput, run) {
        return stepAnswer(await dispatchOf(run.tool)(await callFor(run, input)))
      },
      planning(run, signal) {
        const { self, grant, ...caller } = run.caller
        const seen = tenants.seenBy(grant)
        const context = {
          caller: caller.id,
          priority: 'bulk',
          deadline: Date.now() + PLANNING_MS,
          signal,
        } as const
        const judge = protectedAccounts(policy.settings.protected, policy.appOf)
        return {
          ask: askFor(seen, context, log),
          context,
          isWritable: (tenant) => !seen.readOnly(tenant),
          async judge(change: Change) {
            const call = await callFor(run, {})
            const plan = { changes: [change], lines: [] }
            await compose<Call, { answer: Record<string, unknown> }>([judge as never], async () => ({
              answer: {},
            }))({
              ...call,
              self,
              plan,
            })
          },
          policy: policy.confirming.policy,
          tasks,
          maxPeople: limits.people,
          compared: (asked) => compared(caller.id, asked),
          rowsOf: async (id) => {
            const undone = await store.get(id)
            return undone ? allRows(undone, store) : []
          },
          pastAt: (asked) => parts.pastAt({ ...asked, by: run.id }, signal),
        }
      },
    })
  const runner = runnerOf(store)
  return {
    store,
    runner,
    desk: (call) =>
      runDesk(call, {
        runs: store,
        runner,
        past: store,
        undoable: (run) => run.caller.id === call.caller.id,
      }),
    deskOfApprover(call, { keeps }) {
      const undone = { undoable: () => true, past: store }
      if (keeps) return runDesk(call, { runs: store, runner, ...undone })
      const passing = openRunStore(memoryStore(), memoryStore())
      const { work } = runnerOf(passing)
      return runDesk(call, { runs: passing, runner: { work, start: () => undefined }, ...undone })
    },
  }
}
