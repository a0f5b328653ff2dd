import { type Task, taskId } from '../approvals/tasks.ts'
import type { Observed } from '../changes/define.ts'
import { kindOf } from '../changes/index.ts'
import type { Carried, Change, ChangeName } from '../domain/change.ts'
import type { AskOf, Created, Operations, RequestContext } from '../domain/operations.ts'
import { bare } from '../domain/quoting.ts'
import { Conflict, type ErrorCode, IdentityError, UnknownOutcome } from '../errors.ts'
import type { Call } from '../guards/call.ts'
import { taskNote } from './by-hand.ts'
import type { Tenant } from './tenants.ts'

/** Makes a change the task of whoever makes changes there by hand. */
export type HandOver = (change: Change, to: { owner: string; title: string }) => Promise<Task>

type Warn = (message: string, error: unknown) => void

/**
 * Carries one change out: journals the intention, sends the write once, reads its effect back, and journals the
 * outcome. Never throws: the result says how the change ended, so one change does not fail others.
 */
export async function carryOut(
  change: Change,
  tenant: Tenant,
  {
    context,
    record,
    warn,
    handOver,
  }: { context: RequestContext; record: Call['record']; warn: Warn; handOver: HandOver },
): Promise<Carried> {
  const { tenant: name, subject, accounts } = change
  const { owner } = tenant.settings
  const about = { account: { tenant: name, ...subject } }
  const before = accounts.length === 1 && accounts[0] ? { account: accounts[0] } : {}
  const end = async (carried: Carried, created?: string): Promise<Carried> => {
    const { outcome, verified, code, note } = carried
    try {
      const named = madeBy(change, carried, created) ?? about
      await record({ event: outcome, ...named, verified, ...(code && { code }), ...(note && { note }) })
    } catch (error) {
      // The answer still reports the real outcome; the line `started` tells the journal's reader to check.
      warn('the outcome of a change could not be journalled', error)
    }
    return { ...before, ...carried }
  }
  const notSent = (code: Carried['code'], note: string, more: Partial<Carried> = {}) =>
    end({ outcome: 'failed', verified: false, ...(code && { code }), note, ...more })

  if (tenant.settings.dryRun) return notSent('refused', 'Dry run: agreed to, but not sent.')
  try {
    await context.mayLeave?.()
  } catch (error) {
    if (error instanceof IdentityError) return notSent(error.code, `Not sent: ${error.message}`)
    warn('the kill switch could not be checked before a change', error)
    return notSent('internal', 'Not sent: something went wrong on our side.')
  }
  if (context.signal.aborted) return notSent('timeout', 'Not sent: the caller had disconnected.')
  try {
    const task = owner !== undefined && { task: { id: taskId(name, subject), owner } }
    await record({ event: 'started', ...about, before: kindOf(change).imageOf(change), ...task })
  } catch (error) {
    warn('a change could not be journalled, and was not made', error)
    const note = 'Not sent: the journal cannot be written.'
    return { ...before, outcome: 'failed', verified: false, code: 'unavailable', note }
  }
  if (owner !== undefined) {
    const handed = await givenTo(owner, () => handOver(change, { owner, title: tenant.title }), warn)
    // What ends it is the word of its owner.
    return handed.byHand ? { ...before, ...handed } : end(handed)
  }
  // Once sent, a change is followed to its end even if the caller disconnects: the deadline alone ends it.
  const onward: RequestContext = { ...context, signal: new AbortController().signal }
  let lost = false
  let created: string | undefined
  try {
    created = await write(change, tenant.operations, onward)
  } catch (error) {
    if (!(error instanceof IdentityError)) {
      warn('a change failed on our side', error)
      const note = 'Something went wrong on our side; look the account up before doing anything else.'
      return end({ outcome: 'unknown', verified: false, code: 'internal', note })
    }
    if (!(error instanceof UnknownOutcome)) {
      if (MAYBE_IN_PART.has(error.code) && !kindOf(change).allOrNothing(change)) {
        return end(refusedInPart(error, await readPart(change, tenant, onward, warn)))
      }
      // After a conflict, the existing account or group is returned.
      const twin =
        error instanceof Conflict ? await readOnce(kindOf(change).readTwin(change, tenant, onward), warn) : {}
      const { account, group } = twin
      return notSent(error.code, `${error.message} ${error.hint}`, {
        ...(account && { account }),
        ...(group && { group }),
      })
    }
    lost = true
  }
  return end(await readBack(change, tenant, { context: onward, lost, created, warn }), created)
}

async function givenTo(owner: string, give: () => Promise<Task>, warn: Warn): Promise<Carried> {
  try {
    const { id } = await give()
    return { outcome: 'unknown', byHand: true, verified: false, note: taskNote({ id, owner }) }
  } catch (error) {
    warn('a task could not be saved', error)
    const note = `The task for ${owner} may not have been saved: \`identity-mcp tasks\` tells.`
    return { outcome: 'unknown', verified: false, code: 'unknown_outcome', note }
  }
}

// What an app can answer when it looked at the records: also that it does not let one of them be changed, or not in this
// way. Any other refusal comes before that.
const MAYBE_IN_PART: ReadonlySet<ErrorCode> = new Set([
  ...(['refused', 'conflict', 'not_found', 'forbidden', 'unsupported'] as const),
])

/** Reads what came of a change that the app refused, until it shows a part or the tenant's window is over. */
async function readPart(
  change: Change,
  tenant: Tenant,
  context: RequestContext,
  warn: Warn,
): Promise<Observed> {
  const until = untilShown(tenant, context)
  for (let pause = 100; ; pause *= 2) {
    const seen = await readOnce(kindOf(change).readBack(change, tenant, context), warn)
    if (!seen.untouched || Date.now() + pause > until) return seen
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}

/** When a change that does not show counts as unverified, epoch milliseconds. */
const untilShown = ({ settings }: Tenant, { deadline }: RequestContext): number =>
  Math.min(Date.now() + settings.verifyWindowMs, deadline)

/** How a change of several records ended that the app refused: some apps make a part of it, against RFC 7644 §3.5.2. */
function refusedInPart(error: IdentityError, { problem, untouched, ...shown }: Observed): Carried {
  const { code, message, hint } = error
  if (untouched) return { outcome: 'failed', verified: false, ...shown, code, note: `${message} ${hint}` }
  if (problem === undefined) {
    const note = `${message} Reading back shows the whole change all the same.`
    return { outcome: 'done', verified: true, ...shown, note }
  }
  const seen = shown.group?.members ? code : 'unknown_outcome'
  return { outcome: 'unknown', verified: false, ...shown, code: seen, note: `${message} ${problem} ${hint}` }
}

/** The created account or group, which had no id before. */
function madeBy(change: Change, { outcome, account, group }: Carried, created: string | undefined) {
  const { tenant, subject } = change
  const { makes } = kindOf(change)
  if (makes === 'nothing' || outcome !== 'done') return undefined
  const shown = makes === 'account' ? account : group && { ...group, userName: group.name }
  const made = shown ?? (created === undefined ? undefined : { id: created, userName: subject.userName })
  return made && { account: { tenant, id: made.id, userName: made.userName } }
}

/** Writes by name, each with its input. */
type WriteTable = {
  readonly [Name in ChangeName]?: (ask: AskOf<Name>, context: RequestContext) => Promise<unknown>
}

/** The only place that sends a write. The id of what it created, if the reply has one. */
async function write<Name extends ChangeName>(
  change: Change<Name>,
  operations: Operations,
  context: RequestContext,
): Promise<string | undefined> {
  const table: WriteTable = operations
  const run = table[change.operation]
  if (!run) throw new TypeError(`${change.operation} is not offered`)
  // Only a creation answers with something.
  const created = (await run.call(operations, change.ask, context)) as Created | undefined
  return created?.id
}

async function readOnce(looking: Promise<Observed>, warn: Warn): Promise<Observed> {
  try {
    return await looking
  } catch (error) {
    if (!(error instanceof IdentityError)) warn('a change could not be read back', error)
    return { problem: 'It could not be read back.' }
  }
}

/** Reads a change back until the app shows it or the tenant's window is over. */
async function readBack(
  change: Change,
  tenant: Tenant,
  {
    context,
    lost,
    created,
    warn,
  }: { context: RequestContext; lost: boolean; created: string | undefined; warn: Warn },
): Promise<Carried> {
  if (!tenant.settings.verifyAfterWrite && !lost) {
    return {
      outcome: 'done',
      verified: false,
      note: 'The app accepted the change. Not read back, by setting.',
    }
  }
  let until = untilShown(tenant, context)
  for (let pause = 100; ; pause *= 2) {
    const {
      problem,
      untouched: _,
      ...shown
    } = await readOnce(kindOf(change).readBack(change, tenant, context, created), warn)
    const besides = besidesText(shown)
    const noted = (...texts: string[]) => [...texts, besides].filter((text) => text).join(' ')
    if (problem === undefined) {
      const note = noted(lost ? 'The reply was lost; reading back shows that the change was made.' : '')
      return { outcome: 'done', verified: besides === '', ...shown, ...(note && { note }) }
    }
    if (Date.now() + pause <= until) {
      await new Promise((resolve) => setTimeout(resolve, pause))
    } else if (isShownAsBefore(shown) && (await sendOtherwise(change, tenant, context, warn))) {
      until = untilShown(tenant, context)
      pause = 50
    } else if (lost) {
      const note = noted(
        'The reply was lost and the change may still take effect.',
        problem,
        'Look again before you repeat it.',
      )
      return { outcome: 'unknown', verified: false, ...shown, code: 'unknown_outcome', note }
    } else {
      const note = noted('The app accepted the change.', problem)
      return { outcome: 'done', verified: false, ...shown, note }
    }
  }
}

/** Whether the app shows the account with a status; what it does not tell is no sign that nothing happened. */
const isShownAsBefore = ({ account }: Observed): boolean =>
  account !== undefined && account.status !== 'unknown'

/**
 * Sends a change that the app does not show in another form, where that is safe: it sets what the first one may have set.
 * Whether it was sent.
 */
async function sendOtherwise(
  { operation, ask }: Change,
  { operations }: Tenant,
  context: RequestContext,
  warn: Warn,
): Promise<boolean> {
  if (!operations.resend || !('userName' in ask)) return false
  try {
    await context.mayLeave?.()
    return await operations.resend(operation, ask, context)
  } catch (error) {
    // It may have been made, which is read back as the first one was. After any other error the first one is what counts.
    if (error instanceof UnknownOutcome) return true
    if (!(error instanceof IdentityError)) warn('a change could not be sent in another form', error)
    return false
  }
}

/** Names what changed besides; empty if nothing did. */
const besidesText = ({ alsoChanged = [] }: Observed): string =>
  alsoChanged.length > 0
    ? `The app also changed what it was not asked to: ${alsoChanged.map(({ field }) => bare(field)).join(', ')}.`
    : ''
