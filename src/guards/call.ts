import * as z from 'zod'
import type { ConfirmLevel } from '../config/policy.ts'
import { type CallerNames, namesOfCaller, type Requester, requesterIn } from '../domain/caller-names.ts'
import type { Effect, Plan } from '../domain/change.ts'
import type { OperationName, Tell } from '../domain/operations.ts'
import type { Grant, Scope } from '../domain/scopes.ts'
import { Refused } from '../errors.ts'
import type { JournalEvent } from '../journal/events.ts'
import type { Claims } from '../store/claims.ts'
import type { Guard } from './compose.ts'
import { asDeclared } from './spoken-input.ts'

/** The caller, as the transport authenticated it; never taken from an argument. */
interface Caller {
  id: string
  /** Name and version of the MCP client, as the client reports them. */
  client: string
  /** The agent that calls for the caller, and the OAuth client that it calls through, as the token names them. */
  agent?: string
  via?: string
}

/** The part of a tool that guards can decide from. */
interface GuardedTool {
  name: string
  effect: Effect
  needs: readonly OperationName[]
  scope?: Scope
  local?: true
  input: () => z.ZodType
  output: () => z.ZodType
}

/** A person's answer to a question that the client showed. */
export interface PersonsAnswer {
  /** The signed state that was sent with the question. */
  state: string
  action: 'accept' | 'decline' | 'cancel' | 'none'
  /** Whether the box was ticked. */
  confirmed: boolean
}

/** One tool call on its way through the guards. */
export interface Call {
  /** Identifies the call in the journal, the log and error answers. Made here, never chosen by the client. */
  id: string
  /** The client's own id of its request, for journal and log. */
  requestId?: string
  /** Trace id of the call, 32 hex digits (W3C Trace Context), for journal and log. */
  trace?: string
  /** Holds `traceparent` and `tracestate` of the caller's span, if it sent them. */
  carrier?: unknown
  tool: GuardedTool
  /** As received; parsed after `declared-only`. */
  input: unknown
  caller: Caller
  self: CallerNames
  grant: Grant
  /** Whether this client can show a form to a person. */
  canAsk: boolean
  answer?: PersonsAnswer
  /** Set by `planning`, for tools that change something. */
  plan?: Plan
  /** The approval of the run that this call is a step of. */
  approval?: JournalEvent['approval']
  /** What the plan claimed, until the call ends. */
  claims?: Claims
  /** The lowest confirmation level for this call, whatever the settings say. */
  leastLevel?: ConfirmLevel
  signal: AbortSignal
  tell?: Tell
  /** When the client must have its answer, epoch milliseconds. */
  deadline: number
  /** Writes an event of this call to the journal; resolves when it is on disk. */
  record(event: Omit<JournalEvent, 'call' | 'tool' | 'requestId' | 'trace' | keyof Requester>): Promise<void>
}

/** Link to the page where a person decides an approval request. */
export interface ApprovalLink {
  approvalId: string
  url: string
  /** What the request is about, for the person who gets the link. */
  message: string
}

/** A tool's answer, with a link if a person must approve first; or a question for the person at the client. */
export type Reply =
  | { answer: Record<string, unknown>; link?: ApprovalLink }
  | {
      question: {
        message: string
        state: string
        /** What a terminal lets the person type for a yes, as an approver would have to. */
        mustType?: string
      }
    }

export type CallGuard = Guard<Call, Reply>

/** Fields that identify a call in a log line. */
export const logged = ({ id, requestId, trace }: Pick<Call, 'id' | 'requestId' | 'trace'>) => ({
  reference: id,
  ...(requestId !== undefined && { requestId }),
  ...(trace !== undefined && { trace }),
})

/** Who requests a call, for the journal and for approvers. */
export function requesterOf({
  caller: { id, ...caller },
  self: { names },
}: Pick<Call, 'caller' | 'self'>): Requester {
  const inId = namesOfCaller(id)
  return requesterIn({ caller: id, callerNames: names.filter((name) => !inId.includes(name)), ...caller })
}

/** Throws `Refused` for a caller that cannot be told from other people. */
export function mustBeNamed({ self }: Pick<Call, 'self'>): void {
  if (self.names.length > 0) return
  throw new Refused(
    "This caller's token does not say which person it is for, so neither that person's own accounts nor their own " +
      'approvals could be told from those of others.',
    'Read-only tools still work. Tell the person who runs this server.',
  )
}

/** The effect of a call: its plan's if it declares one, else its tool's. */
export const effectOf = ({ plan, tool }: Pick<Call, 'plan' | 'tool'>): Effect => plan?.effect ?? tool.effect

const Named = z.looseObject({ tenant: z.string().optional(), tenants: z.array(z.string()).optional() })

/** The tenants that a call names, in its argument `tenant` or `tenants`, and those that its plan would change. */
export function tenantsNamed({ input, plan }: Pick<Call, 'input' | 'plan'>): string[] {
  const { tenant, tenants = [] } = Named.safeParse(input).data ?? {}
  const planned = plan?.changes.map((change) => change.tenant) ?? []
  return [...new Set([...(tenant === undefined ? [] : [tenant]), ...tenants, ...planned])]
}

const WrongType = z.never({ error: 'hold a value of another type than declared' })

/** A call's input in one spelling, parsed by its tool's schema. Never throws, whatever the input holds. */
export function parsedInput({ tool, input }: Pick<Call, 'tool' | 'input'>): z.ZodSafeParseResult<unknown> {
  try {
    return tool.input().safeParse(asDeclared(tool.input(), input ?? {}))
  } catch {
    // zod checks the `length` of whatever has one, and throws if that cannot be compared with a number.
    return WrongType.safeParse(input)
  }
}
