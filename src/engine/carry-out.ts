import type { Look } from '../changes/define.ts'
import { kindOf } from '../changes/index.ts'
import type { Carried, Change, ChangeName } from '../domain/change.ts'
import type { AskOf, Operations, RequestContext } from '../domain/operations.ts'
import { Conflict, IdentityError, UnknownOutcome } from '../errors.ts'
import type { Call } from '../guards/call.ts'
import type { Tenant } from './tenants.ts'

type Warn = (message: string, error: unknown) => void

/**
 * Carries one change out: the intention goes to the journal, the write leaves once, its effect is read back, and the
 * journal gets the outcome. Never throws: how it ended is told by what comes back, one change among others.
 */
export async function carryOut(
  change: Change,
  tenant: Tenant,
  { context, record, warn }: { context: RequestContext; record: Call['record']; warn: Warn },
): Promise<Carried> {
  const { tenant: name, subject, accounts } = change
  const about = { account: { tenant: name, ...subject } }
  const before = accounts.length === 1 && accounts[0] ? { account: accounts[0] } : {}
  const end = async (carried: Carried): Promise<Carried> => {
    const { outcome, code, note } = carried
    try {
      const named = madeBy(change, carried) ?? about
      await record({ event: outcome, ...named, ...(code && { code }), ...(note && { note }) })
    } catch (error) {
      // What happened has happened and is answered truly; the line `started` tells the journal's reader to look.
      warn('the outcome of a change could not be journalled', error)
    }
    return { ...before, ...carried }
  }
  const notSent = (code: Carried['code'], note: string, more: Partial<Carried> = {}) =>
    end({ outcome: 'failed', verified: false, ...(code && { code }), note, ...more })

  if (tenant.settings.dryRun) return notSent('refused', 'Dry run: agreed to, and not sent.')
  try {
    await context.mayLeave?.()
  } catch (error) {
    if (error instanceof IdentityError) return notSent(error.code, `Not sent: ${error.message}`)
    warn('whether a change may leave could not be looked at', error)
    return notSent('internal', 'Not sent: it went wrong on our side.')
  }
  if (context.signal.aborted) return notSent('timeout', 'Not sent: the caller had left.')
  try {
    await record({ event: 'started', ...about, before: kindOf(change).imageOf(change) })
  } catch (error) {
    warn('a change could not be journalled, and was not made', error)
    const note = 'Not sent: the journal cannot be written.'
    return { ...before, outcome: 'failed', verified: false, code: 'unavailable', note }
  }
  // Once it has left, a change is followed to its end even if the caller leaves.
  const onward: RequestContext = {
    ...context,
    signal: AbortSignal.timeout(Math.max(1, context.deadline - Date.now())),
  }
  let lost = false
  try {
    await write(change, tenant.operations, onward)
  } catch (error) {
    if (!(error instanceof IdentityError)) {
      warn('a change failed on our side', error)
      const note = 'It went wrong on our side; look before doing anything else.'
      return end({ outcome: 'unknown', verified: false, code: 'internal', note })
    }
    if (!(error instanceof UnknownOutcome)) {
      // Who is there already tells the caller more than that there is somebody.
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
  return end(await readBack(change, tenant, { context: onward, lost, warn }))
}

/** The account or the group that was made, which had no id before. */
function madeBy(change: Change, { outcome, account, group }: Carried) {
  const { makes } = kindOf(change)
  const made =
    makes === 'account' ? account : makes === 'group' && group && { ...group, userName: group.name }
  return outcome === 'done' && made
    ? { account: { tenant: change.tenant, id: made.id, userName: made.userName } }
    : undefined
}

/** The writes by their names, each with what it is asked. */
type WriteTable = {
  readonly [Name in ChangeName]?: (ask: AskOf<Name>, context: RequestContext) => Promise<void>
}

/** The one place from which a write leaves. */
async function write<Name extends ChangeName>(
  change: Change<Name>,
  operations: Operations,
  context: RequestContext,
): Promise<void> {
  const table: WriteTable = operations
  const run = table[change.operation]
  if (!run) throw new TypeError(`${change.operation} is not offered`)
  await run.call(operations, change.ask, context)
}

async function readOnce(looking: Promise<Look>, warn: Warn): Promise<Look> {
  try {
    return await looking
  } catch (error) {
    if (!(error instanceof IdentityError)) warn('a change could not be read back', error)
    return { problem: 'It could not be read back.' }
  }
}

/** What the app shows after a change, read until it shows it or the tenant's window is over. */
async function readBack(
  change: Change,
  tenant: Tenant,
  { context, lost, warn }: { context: RequestContext; lost: boolean; warn: Warn },
): Promise<Carried> {
  const { verifyAfterWrite, verifyWindowMs } = tenant.settings
  if (!verifyAfterWrite && !lost) {
    return {
      outcome: 'done',
      verified: false,
      note: 'The app accepted the change. Not read back, by setting.',
    }
  }
  const until = Math.min(Date.now() + verifyWindowMs, context.deadline)
  for (let pause = 100; ; pause *= 2) {
    const { problem, ...shown } = await readOnce(kindOf(change).readBack(change, tenant, context), warn)
    if (problem === undefined) {
      const note = 'The reply was lost; reading back shows that the change was made.'
      return { outcome: 'done', verified: true, ...shown, ...(lost && { note }) }
    }
    if (Date.now() + pause <= until) {
      await new Promise((resolve) => setTimeout(resolve, pause))
    } else if (lost) {
      const note = `The reply was lost and the change may yet act. ${problem} Do not repeat it before you have looked again.`
      return { outcome: 'unknown', verified: false, ...shown, code: 'unknown_outcome', note }
    } else
      return { outcome: 'done', verified: false, ...shown, note: `The app accepted the change. ${problem}` }
  }
}
