import * as z from 'zod'
import type { ConfirmLevel } from '../config/policy.ts'
import type { Effect, Plan } from '../domain/change.ts'
import type { OperationName } from '../domain/operations.ts'
import type { Grant } from '../domain/scopes.ts'
import type { JournalEvent } from '../journal/events.ts'
import type { Guard } from './compose.ts'

/** Who calls: known from the transport, never from an argument. */
export interface Caller {
  id: string
  /** Name and version of the MCP client, as it says itself. */
  client: string
}

/** As much of a tool as a guard may decide from. */
export interface GuardedTool {
  name: string
  effect: Effect
  needs: readonly OperationName[]
  input: () => z.ZodType
  output: () => z.ZodType
}

/** What came back from the person whom the client asked. */
export interface PersonsAnswer {
  /** The sealed state that went out with the question. */
  state: string
  action: 'accept' | 'decline' | 'cancel' | 'none'
  /** Whether the box was ticked. */
  confirmed: boolean
}

/** One call of a tool on its way inwards. */
export interface Call {
  /** Names the call in the journal, the log and an error answer. */
  id: string
  /** Trace that the call is part of, 32 hex digits (W3C Trace Context), for the log. */
  trace?: string
  tool: GuardedTool
  /** As received; parsed once it has passed `declared-only`. */
  input: unknown
  caller: Caller
  grant: Grant
  /** Whether this client can put a form before a person. */
  canAsk: boolean
  answer?: PersonsAnswer
  /** Set by the guard that makes it, for tools that change something. */
  plan?: Plan
  /** The least that a person must do for this call, whatever the settings say. */
  leastLevel?: ConfirmLevel
  signal: AbortSignal
  /** Epoch milliseconds by which the client must have its answer. */
  deadline: number
  /** Writes an event of this call to the journal; resolves when it is on disk. */
  record(event: Omit<JournalEvent, 'call' | 'tool' | 'caller' | 'client'>): Promise<void>
}

/** The way to the page on which a person decides a request. */
export interface ApprovalLink {
  approvalId: string
  url: string
  /** What it is about, for the person who is handed the link. */
  message: string
}

/** The answer of a tool, with a link where a person must approve first; or a question for the person at the client. */
export type Reply =
  | { answer: Record<string, unknown>; link?: ApprovalLink }
  | { question: { message: string; state: string } }

export type CallGuard = Guard<Call, Reply>

/** What a log line says of the call it belongs to. */
export const logged = ({ id, trace }: Pick<Call, 'id' | 'trace'>) => ({
  reference: id,
  ...(trace !== undefined && { trace }),
})

/** What a call does: what its plan says of itself, and until there is one, what its tool declares. */
export const effectOf = ({ plan, tool }: Pick<Call, 'plan' | 'tool'>): Effect => plan?.effect ?? tool.effect

const Named = z.looseObject({ tenant: z.string().optional(), tenants: z.array(z.string()).optional() })

/** The tenants that a call names, in its argument `tenant` or `tenants`, and those that its plan would change. */
export function tenantsNamed({ input, plan }: Pick<Call, 'input' | 'plan'>): string[] {
  const { tenant, tenants = [] } = Named.safeParse(input).data ?? {}
  const planned = plan?.changes.map((change) => change.tenant) ?? []
  return [...new Set([...(tenant === undefined ? [] : [tenant]), ...tenants, ...planned])]
}

const Unfit = z.never({ error: 'hold something of another kind than declared' })

/** What a call asks for, parsed by what its tool declares. Never throws, whatever stands in it. */
export function parsedInput({ tool, input }: Pick<Call, 'tool' | 'input'>): z.ZodSafeParseResult<unknown> {
  try {
    return tool.input().safeParse(input ?? {})
  } catch {
    // zod measures whatever has a `length`, be it a list or not, and throws where that cannot be compared with a number.
    return Unfit.safeParse(input)
  }
}
