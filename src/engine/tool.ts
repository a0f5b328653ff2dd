import type * as z from 'zod'
import type { Tasks } from '../approvals/tasks.ts'
import type { PastChange } from '../changes/inverse.ts'
import type { Carried, Change, Effect, Plan } from '../domain/change.ts'
import type { OperationName } from '../domain/operations.ts'
import type { Scope } from '../domain/scopes.ts'
import type { JournalEvent } from '../journal/events.ts'
import type { Ask } from './ask.ts'
import type { CompareDesk } from './compare-desk.ts'
import type { Cursors } from './cursor.ts'
import type { EndedSessions } from './ended-sessions.ts'
import type { PastAsk, PastCall } from './history.ts'
import type { Hold } from './hold.ts'
import type { OwnEvents, OwnEventsAsk } from './own-events.ts'
import type { RunDesk } from './run-desk.ts'
import type { Tenant } from './tenants.ts'

interface ToolBase<Input extends z.ZodType, Output extends z.ZodType> {
  name: string
  title: string
  description: string
  /** Operations that at least one connected tenant must support for the tool to be offered. */
  needs: readonly OperationName[]
  /** It answers from this server alone and asks no app, so what the tenants can do and whether they are read-only is nothing to it. */
  local?: true
  /** The card that shows its answer in a chat; of a tool that changes something it is that of a change when absent. */
  view?: 'person' | 'run'
  /** Built on first use: startup lists the tools from what was built, without calling this. */
  input: () => Input
  output: () => Output
  /** Bulk work does not use the reserved share of any budget. Interactive when absent. */
  priority?: (input: z.output<Input>) => 'interactive' | 'bulk'
}

/** A tool that only reads. */
interface ReadingTool<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType>
  extends ToolBase<Input, Output> {
  effect: 'reads'
  /** The scope that it needs, if that is not the one of reading. */
  scope?: Scope
  run(
    input: z.output<Input>,
    context: {
      ask: Ask
      /** What this server did, from its journal. */
      own: (ask: OwnEventsAsk) => Promise<OwnEvents>
      cursors: Cursors
      runs: RunDesk
      comparisons: CompareDesk
      can: (tenant: Tenant) => string[]
    },
  ): Promise<z.input<Output>>
}

/** A tool that changes something: it makes an exact plan, and carries the plan out once the guards allow it. */
export interface ChangingTool<
  Input extends z.ZodType = z.ZodType,
  Output extends z.ZodType = z.ZodType,
  Planned extends Plan = Plan,
> extends ToolBase<Input, Output> {
  effect: Exclude<Effect, 'reads'>
  scope?: never
  plan(
    input: z.output<Input>,
    context: {
      ask: Ask
      /** Everything that a change of the plan concerns must be claimed by it, and planned from what is read after. */
      hold: Hold
      past: (reference: string) => Promise<PastCall | undefined>
      /** What a call wrote to one account, whoever made it. */
      pastAt: (ask: Omit<PastAsk, 'by'>) => Promise<PastChange[]>
      runs: RunDesk
      /** What people do by hand. */
      tasks: Pick<Tasks, 'get'>
      sessions: Pick<EndedSessions, 'now' | 'since'>
      /** Whether a person's approval covers this account; all are covered in a call without one. */
      covers: (tenant: string, id: string) => boolean
    },
  ): Promise<Planned>
  /** Carries the plan out; `carryOut` sends a change once and reads it back. */
  run(
    input: z.output<Input>,
    context: {
      plan: Planned
      carryOut: (change: Change) => Promise<Carried>
      /**
       * Journals the end of a write of this call that a process began before it was killed, by what reading shows: that the
       * change `isMade`, or that it is not and is made again.
       */
      settle: (account: NonNullable<JournalEvent['account']>, isMade: boolean) => Promise<void>
      runs: RunDesk
    },
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
// A tool only gets input that its own schema parsed, and the plan that it made itself (`server.ts`).
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
