import type { Approvals } from '../approvals/approvals.ts'
import { ASK_APPROVAL_AGAIN, type Given, requestHash } from '../approvals/binding.ts'
import { readQuestion } from '../approvals/question.ts'
import type { Tasks } from '../approvals/tasks.ts'
import { kindOf } from '../changes/index.ts'
import type { PastChange } from '../changes/inverse.ts'
import { type Plan, targetKey } from '../domain/change.ts'
import type { RequestContext } from '../domain/operations.ts'
import { mustAllPass, type RefusedAt, refusalOf } from '../domain/refused-among.ts'
import { type Grant, holds, scopeOf } from '../domain/scopes.ts'
import { ApprovalVoid } from '../errors.ts'
import {
  type Call,
  type CallGuard,
  logged,
  type PersonsAnswer,
  type Reply,
  requesterOf,
} from '../guards/call.ts'
import type { Sight } from '../guards/call-pipeline.ts'
import { compose } from '../guards/compose.ts'
import type { InFlight } from '../in-flight.ts'
import type { Freezes } from '../limits/freezes.ts'
import type { Log } from '../log.ts'
import type { StateSigner } from '../store/signed-state.ts'
import { plainText } from '../text/text.ts'
import { askFor, atTenant, mustOffer } from './ask.ts'
import { canDo } from './can-do.ts'
import { carryOut, type HandOver } from './carry-out.ts'
import type { CompareDesk } from './compare-desk.ts'
import { cursorsFor } from './cursor.ts'
import type { EndedSessions } from './ended-sessions.ts'
import type { PastAsk, PastCall } from './history.ts'
import { claimsOf, holdFor, inUse, mustNameAppsOnce } from './hold.ts'
import type { OwnEvents, OwnEventsAsk } from './own-events.ts'
import { provisionedFrom } from './provisioned.ts'
import type { RunDesk } from './run-desk.ts'
import type { Tenants } from './tenants.ts'
import type { Tool } from './tool.ts'

/** What serves the calls behind the protocol: tools, inside guards, over tenants. */
export interface Parts {
  tools: readonly Tool[]
  tenants: Tenants
  /** Holds the decision that a call waits for, and what it covers. */
  approvals: Pick<Approvals, 'get' | 'earlier'>
  /** What people do by hand. */
  tasks: Pick<Tasks, 'give' | 'get'>
  sessions: EndedSessions
  signer: StateSigner
  /** Asking a person while a call waits. */
  asking: {
    /** How long a call waits for the answer, from its start, milliseconds. */
    waitMs: number
    /** An answer that came after its call had ended with this request. Never throws. */
    late: (call: Call, answer: PersonsAnswer, approvalId: string) => Promise<void>
  }
  log: Log
  /** What the call with this reference changed, as far as `caller` is allowed to know. */
  past: (reference: string, caller: string, signal?: AbortSignal) => Promise<PastCall | undefined>
  /** What a call wrote to one account or group. */
  pastAt: (ask: PastAsk, signal?: AbortSignal) => Promise<PastChange[]>
  /** What this server did at a tenant. */
  own: (ask: OwnEventsAsk, signal?: AbortSignal) => Promise<OwnEvents>
  /** The runs of a call's caller. */
  runs: (call: Call) => RunDesk
  /** The comparisons of a call's caller. */
  comparisons: (call: Call) => CompareDesk
  /** Changes in flight, which finish before the process exits. */
  inFlight: InFlight
  /** Checked before each change is sent. */
  freezes: Pick<Freezes, 'check'>
  /** The guards for calls, given how they see what a call would do. */
  guards: (sight: Sight) => readonly CallGuard[]
}

/** Whether a tool is offered to a caller: it holds the scope, and a tenant that it sees supports the tool. */
export const isOffered = (
  tenants: Tenants,
  tool: Pick<Tool, 'effect' | 'needs' | 'scope' | 'local'>,
  grant: Grant,
): boolean => holds(grant, scopeOf(tool)) && tenants.seenBy(grant).serving(tool) !== undefined

/** Time reserved for building the answer after the apps have used theirs, milliseconds. */
const ANSWER_MARGIN_MS = 2_000

const settledNote = (isMade: boolean): string =>
  'The process that sent it ended before it could say how it went. ' +
  (isMade ? 'Reading back shows that the change was made.' : 'The app does not show it, so it is made again.')

/** Runs a call through the guards and its tool, whatever the transport and the era of its client. */
export function dispatcher({
  tools,
  tenants,
  signer,
  log,
  guards,
  past,
  pastAt,
  own,
  runs,
  comparisons,
  inFlight,
  freezes,
  approvals,
  tasks,
  sessions,
}: Parts): (call: Call) => Promise<Reply> {
  const toolOf = ({ tool: { name } }: Call): Tool => {
    const tool = tools.find((candidate) => candidate.name === name)
    if (!tool) throw new TypeError(`no tool ${name}`)
    return tool
  }
  const contextOf = (call: Call): RequestContext => ({
    caller: call.caller.id,
    priority: toolOf(call).priority?.(call.input) ?? 'interactive',
    deadline: call.deadline - ANSWER_MARGIN_MS,
    signal: call.signal,
    ...(call.tell && { tell: call.tell }),
  })
  const answer = async (call: Call): Promise<unknown> => {
    const tool = toolOf(call)
    const context = contextOf(call)
    const seen = tenants.seenBy(call.grant)
    if (tool.effect === 'reads') {
      return tool.run(call.input, {
        ask: askFor(seen, context, log),
        // `get` throws for a tenant that the caller cannot see.
        own: async (asked) => own({ ...asked, tenant: seen.get(asked.tenant).name }, call.signal),
        cursors: cursorsFor(signer, tool.name, call.caller.id),
        runs: runs(call),
        comparisons: comparisons(call),
        can: canDo(
          tools.filter((one) => holds(call.grant, scopeOf(one))),
          seen,
        ),
      })
    }
    if (!call.plan) throw new TypeError(`${tool.name} came without a plan`)
    const { reason } = call.plan
    const warn = (message: string, error: unknown) => log.error(message, { ...logged(call), error })
    let started = false
    const record: Call['record'] = async (event) => {
      await call.record(event)
      if (event.event === 'started') started = true
    }
    const output = await tool.run(call.input, {
      plan: call.plan,
      runs: runs(call),
      settle: (account, isMade) =>
        record({ event: isMade ? 'done' : 'unknown', account, verified: isMade, note: settledNote(isMade) }),
      carryOut: (change) => {
        const mayLeave = async () => {
          await freezes.check({ caller: call.caller, tenants: tenants.sharing(change.tenant) })
          if (!(await call.claims?.stillHolds(claimsOf(change, tenants)))) throw inUse(change.tenant, 'lost')
        }
        const handOver: HandOver = ({ tenant, subject }, to) =>
          tasks.give({
            ...to,
            ...requesterOf(call),
            tenant,
            account: subject,
            reason,
            call: call.id,
            tool: tool.name,
          })
        const leaving = { context: { ...context, mayLeave }, record, warn, handOver }
        return inFlight.track(
          carryOut(change, seen.get(change.tenant), leaving).then(async (carried) => {
            if (change.operation === 'endSessions' && carried.outcome === 'done')
              await sessions.note(tenants.appOf(change.tenant), change.ask.id).catch((error) => {
                warn('that sessions were ended could not be noted', error)
              })
            return carried
          }),
        )
      },
    })
    // Every output schema is an object. `change` is what undo_change takes.
    return started ? { ...(output as Record<string, unknown>), change: call.id } : output
  }
  const sight: Sight = {
    async planOf(call, claims) {
      const tool = toolOf(call)
      if (tool.effect === 'reads') return undefined
      const ask = askFor(tenants.seenBy(call.grant), contextOf(call), log)
      const plan = await tool.plan(call.input, {
        ask,
        hold: holdFor(claims, tenants, ask),
        past: (reference) => past(reference, call.caller.id, call.signal),
        pastAt: (asked) => pastAt({ ...asked, by: call.id }, call.signal),
        runs: runs(call),
        tasks,
        sessions,
        covers: await coverOf(call),
      })
      for (const change of plan.changes) {
        const keys = claimsOf(change, tenants)
        if (!claims.hasTaken(keys))
          throw new TypeError(`${tool.name} planned a change without claiming what it concerns`)
        if (!(await claims.stillHolds(keys))) throw inUse(change.tenant, 'lost')
      }
      const asides = [...(plan.asides ?? []), ...(await provisionedFrom(plan.changes, ask))]
      return checked({ ...plan, asides }, contextOf(call))
    },
    listAdmins: (call, tenant) =>
      tenants
        .seenBy(call.grant)
        .get(tenant)
        .operations.listAccounts?.({ match: { admin: true }, limit: 100 }, contextOf(call)),
  }
  /** What a person was asked, if this call brings an answer. */
  const givenTo = async (call: Call): Promise<Given | undefined> => {
    const { approvalId } = call.input as { approvalId?: string }
    if (approvalId !== undefined) {
      const approval = await approvals.get(approvalId)
      // No app is asked for a call that cannot go through.
      if (approval) return approval
      throw new ApprovalVoid(
        `There is no approval ${plainText(approvalId, 64)} for this call.`,
        ASK_APPROVAL_AGAIN,
      )
    }
    return call.answer && readQuestion(signer, call, call.answer.state)
  }
  /** A yes covers the accounts that it was given for, and none that came back since. */
  const coverOf = async (call: Call): Promise<(tenant: string, id: string) => boolean> => {
    const given = await givenTo(call)
    const targets = given?.request === requestHash(call) ? given.targets : undefined
    return (tenant, id) => targets === undefined || Object.hasOwn(targets, targetKey(tenant, id))
  }
  /** Checks that a plan can be carried out, before a person is asked about it, and adds what the apps say of it. */
  const checked = async (plan: Plan, context: RequestContext): Promise<Plan> => {
    const warnings = new Set<string>()
    const refused: RefusedAt[] = []
    for (const change of plan.changes) {
      const { accounts, operation } = change
      const tenant = tenants.get(change.tenant)
      const check = async () => {
        mustOffer(tenant, operation)
        const fields = kindOf(change).sets(change)
        const group = change.operation === 'updateMembers' ? { group: change.ask.group } : {}
        const proposed = { operation, accounts, fields, ...group }
        const said = await atTenant(tenant, async () => tenant.operations.checkWrite?.(proposed, context))
        for (const warning of said ?? []) warnings.add(`${tenant.name}: ${warning}`)
      }
      refused.push(...(await refusalOf(tenant.name, check)))
    }
    mustNameAppsOnce(plan.changes, tenants)
    mustAllPass(
      refused,
      plan.changes.map(({ tenant }) => tenant),
    )
    return { ...plan, lines: [...plan.lines, ...warnings] }
  }
  // Every output schema is an object; `declared-only` validates the answer on the way out.
  return compose(guards(sight), async (call) => ({
    answer: (await answer(call)) as Record<string, unknown>,
  }))
}
