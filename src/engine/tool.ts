import type * as z from 'zod'
import type { Carried, Change, Effect, Plan } from '../domain/change.ts'
import type { OperationName } from '../domain/operations.ts'
import type { Ask } from './ask.ts'
import type { Cursors } from './cursor.ts'
import type { Past } from './history.ts'
import type { Tenant } from './tenants.ts'

interface Described<Input extends z.ZodType, Output extends z.ZodType> {
  name: string
  title: string
  description: string
  /** Operations that at least one connected tenant must serve for the tool to be offered. */
  needs: readonly OperationName[]
  /** Made when a call first needs it: a start lists the tools from what was built, and calls none. */
  input: () => Input
  output: () => Output
  /** Bulk work leaves the reserved share of every budget alone. Interactive when left out. */
  priority?: (input: z.output<Input>) => 'interactive' | 'bulk'
}

/** A tool that only looks. */
export interface ReadingTool<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType>
  extends Described<Input, Output> {
  effect: 'reads'
  run(
    input: z.output<Input>,
    context: { ask: Ask; cursors: Cursors; can: (tenant: Tenant) => string[] },
  ): Promise<z.input<Output>>
}

/** A tool that changes something: it first says exactly what, and once the guards let it through, does that. */
export interface ChangingTool<
  Input extends z.ZodType = z.ZodType,
  Output extends z.ZodType = z.ZodType,
  Planned extends Plan = Plan,
> extends Described<Input, Output> {
  effect: Exclude<Effect, 'reads'>
  plan(
    input: z.output<Input>,
    context: { ask: Ask; past: (reference: string) => Promise<Past | undefined> },
  ): Promise<Planned>
  /** Carries the plan out; `carryOut` writes a change once and reads it back. */
  run(
    input: z.output<Input>,
    context: { plan: Planned; carryOut: (change: Change) => Promise<Carried> },
  ): Promise<z.input<Output>>
}

export type Tool = ReadingTool | ChangingTool

/** Types a tool by its own schemas; the list of tools holds them all as one type. */
export function defineTool<Input extends z.ZodType, Output extends z.ZodType>(
  tool: ReadingTool<Input, Output>,
): ReadingTool
export function defineTool<Input extends z.ZodType, Output extends z.ZodType, Planned extends Plan>(
  tool: ChangingTool<Input, Output, Planned>,
): ChangingTool
// A tool is only ever handed what its own input schema parsed and the plan it made itself (`server.ts`).
export function defineTool(tool: Pick<Tool, 'input' | 'output'>): unknown {
  return { ...tool, input: once(tool.input), output: once(tool.output) }
}

function once<Made>(make: () => Made): () => Made {
  let made: Made | undefined
  return () => {
    made ??= make()
    return made
  }
}
