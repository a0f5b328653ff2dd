import type * as z from 'zod'
import type { Effect } from '../domain/change.ts'
import type { OperationName } from '../domain/operations.ts'
import type { RunInput } from '../domain/run.ts'
import { type ChangingTool, defineTool } from '../engine/tool.ts'
import { RunAnswer } from './run-fields.ts'
import { answerOfRun, planOfRun, type RunCallPlan } from './run-plan.ts'

/** A tool that changes many people's accounts, in a run outside of the call. */
interface RunSpec<Input extends z.ZodType> {
  name: string
  title: string
  description: string
  needs: readonly OperationName[]
  effect: Exclude<Effect, 'reads'>
  input: () => Input
  wish(input: z.output<Input>): RunInput
}

export function runTool<Input extends z.ZodType>(the: RunSpec<Input>): ChangingTool {
  return defineTool({
    name: the.name,
    title: the.title,
    description: the.description,
    needs: the.needs,
    effect: the.effect,
    input: the.input,
    output: () => RunAnswer,

    plan: (input, context): Promise<RunCallPlan> => planOfRun(the.wish(input), context),
    // The schema is checked on the way out.
    run: async (_, { plan, runs }) => (await answerOfRun(plan, runs)) as z.input<typeof RunAnswer>,
  })
}
