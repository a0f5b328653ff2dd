import { type Tasks, taskId } from '../approvals/tasks.ts'
import type { PastChange } from '../changes/inverse.ts'
import type { Account } from '../domain/account.ts'
import type { Change } from '../domain/change.ts'
import type { ComparedAccount } from '../domain/comparison.ts'
import type { RequestContext } from '../domain/operations.ts'
import { onlyOne } from '../domain/resolve-one.ts'
import type { Run, RunInput, RunRow, RunStep } from '../domain/run.ts'
import { sameUserName } from '../domain/same.ts'
import { type Ask, mustOffer } from '../engine/ask.ts'
import { isByHand, taskNote, toldByHand } from '../engine/by-hand.ts'
import { findPerson, hiddenAt, type PersonAt } from '../engine/find-person.ts'
import type { PastAsk } from '../engine/history.ts'
import type { Tenant } from '../engine/tenants.ts'
import { Ambiguous, IdentityError } from '../errors.ts'
import { type Policy, type Target, weigh } from '../guards/policy.ts'
import { fingerprintOf } from './fingerprint.ts'

/** What planning needs of the rest of the server, for one caller. */
export interface PlanningParts {
  ask: Ask
  context: RequestContext
  /** Whether changes may be made there. */
  isWritable(tenant: Tenant): boolean
  /** Throws where a guard would refuse such a change by this caller. */
  judge(change: Change): Promise<void>
  policy: Policy
  tasks: Pick<Tasks, 'get'>
  /** The accounts that a comparison of this caller found, and why there may be others. */
  compared(
    asked: NonNullable<RunInput['comparison']>,
  ): Promise<{ accounts: ComparedAccount[]; gaps: string[] }>
  /** The rows of a run that is to be undone. */
  rowsOf(run: string): Promise<RunRow[]>
  /** What a call wrote to one account. */
  pastAt(ask: Omit<PastAsk, 'by'>): Promise<PastChange[]>
  /** The most people of one run. */
  maxPeople: number
  /** Tells how many people are planned by now. */
  tellPlanned(planned: NonNullable<Run['planned']>): Promise<void>
  /** Waits until then, epoch milliseconds. */
  sleepUntil(time: number): Promise<void>
}

/** A row, and what its change weighs. */
export interface Planned {
  row: RunRow
  /** What the change weighs; absent for a row that changes nothing. */
  target?: Target
}

/** The rows of one person. */
export async function planPerson(
  person: string,
  tenants: readonly Tenant[],
  parts: PlanningParts,
  isTemporary: boolean,
): Promise<Planned[]> {
  const looked = await lookUp(
    person,
    tenants.map(({ name }) => name),
    parts,
  )
  const places = toldByHand(looked, person)
  const rows = await Promise.all(places.map((place) => planAt(person, place, parts, isTemporary)))
  const planned = rows.flat()
  const nowhere = skippedRow({ person, code: 'not_found', note: 'Found in none of the apps.' })
  return [
    ...(planned.length > 0 ? planned : [nowhere]),
    ...places.flatMap((place) => perhapsAt(person, place)),
  ]
}

/** The row of somebody who was not found in an app that does not show everybody. */
function perhapsAt(person: string, place: PersonAt): Planned[] {
  const hidden = hiddenAt(place)
  const note = `Not found there. ${hidden}`
  return hidden === undefined
    ? []
    : [skippedRow({ person, tenant: place.tenant.name, code: 'not_found', note })]
}

/** Looks somebody up, and again when a fault that passes kept an app from answering. */
async function lookUp(person: string, tenants: readonly string[], parts: PlanningParts): Promise<PersonAt[]> {
  for (let attempt = 1; ; attempt++) {
    const places = await findPerson(parts.ask, person, tenants)
    const passing = places.flatMap(({ gap }) => (gap?.retryable ? [gap] : []))
    if (passing.length === 0 || attempt === MOST_ATTEMPTS) return places
    const retryAt = Math.max(...passing.map(({ details }) => details.retryAt ?? 0))
    await parts.sleepUntil(Math.max(retryAt, Date.now() + PAUSE_MS * attempt))
  }
}

const MOST_ATTEMPTS = 5
const PAUSE_MS = 1_000

/** A row of which nothing is changed, and why. */
export const skippedRow = ({
  person,
  code,
  note,
  ...more
}: Pick<RunRow, 'person'> & { code: string; note: string } & Partial<RunRow>): Planned => ({
  row: { person, outcome: 'skipped', verified: false, code, note, ...more },
})

/** Plans exactly the accounts that a comparison found, as far as what it found still holds. */
export function planCompared(
  accounts: readonly ComparedAccount[],
  parts: PlanningParts,
  isTemporary: boolean,
): (person: string) => Promise<Planned[]> {
  const byPerson = new Map<string, ComparedAccount[]>()
  for (const one of accounts) byPerson.set(one.person, [...(byPerson.get(one.person) ?? []), one])
  return async (person) => {
    const rows = await Promise.all(
      (byPerson.get(person) ?? []).map(async ({ tenant, account, truth }): Promise<Planned[]> => {
        const named = { person, tenant, account }
        try {
          mustOffer(parts.ask.tenants.get(tenant), 'deactivateAccount')
          if (truth && (await isBack(truth, parts))) return [skippedRow({ ...named, ...BACK })]
          const record = await parts.ask.one(tenant, 'readAccount', { id: account.id })
          if (!record) return [skippedRow({ ...named, code: 'not_found', note: 'The account is gone.' })]
          if (!sameUserName(record.userName, account.userName)) return [skippedRow({ ...named, ...RENAMED })]
          return [
            await planAccount(person, record, parts.ask.tenants.get(tenant), parts, undefined, isTemporary),
          ]
        } catch (error) {
          if (!(error instanceof IdentityError)) throw error
          return [skippedRow({ ...named, ...shownError(error) })]
        }
      }),
    )
    return rows.flat()
  }
}

const BACK = { code: 'changed', note: 'The source does not say any more that they have left.' }
const RENAMED = { code: 'changed', note: 'The account has another user name since the comparison.' }

/** Whether the source has somebody back who had left, as far as it can be asked for one record. */
async function isBack(
  { tenant, id }: { tenant: string; id: string },
  { ask }: PlanningParts,
): Promise<boolean> {
  if (!ask.tenants.get(tenant).offers('readAccount')) return false
  return (await ask.one(tenant, 'readAccount', { id }))?.status === 'active'
}

export const shownError = ({ code, message, hint }: IdentityError) => ({ code, note: `${message} ${hint}` })

async function planAt(
  person: string,
  place: PersonAt,
  parts: PlanningParts,
  isTemporary: boolean,
): Promise<Planned[]> {
  const { tenant: at, accounts, gap, linkedTo } = place
  const tenant = at.name
  if (accounts.length === 0) return gap ? [skippedRow({ person, tenant, ...shownError(gap) })] : []
  let row: Account | undefined
  try {
    row = onlyOne(accounts, person)
  } catch (error) {
    if (!(error instanceof Ambiguous)) throw error
    return [skippedRow({ person, tenant, code: 'ambiguous', note: `${error.message} ${error.hint}` })]
  }
  if (!row) return []
  try {
    const account = await parts.ask.one(tenant, 'readAccount', { id: row.id })
    if (!account)
      return [skippedRow({ person, tenant, code: 'not_found', note: 'The app does not show the record.' })]
    return [await planAccount(person, { ...row, ...account }, at, parts, linkedTo, isTemporary)]
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    const named = { id: row.id, userName: row.userName }
    return [skippedRow({ person, tenant, account: named, ...shownError(error) })]
  }
}

/** The row of one account, by its record. */
async function planAccount(
  person: string,
  account: Account,
  at: Tenant,
  parts: PlanningParts,
  linkedTo: Account | undefined,
  isTemporary: boolean,
): Promise<Planned> {
  const { id, userName } = account
  const tenant = at.name
  const named = { person, tenant, account: { id, userName } }
  if (account.status === 'inactive') return { row: { ...named, outcome: 'already', verified: true } }
  if (!parts.isWritable(at)) return skippedRow({ ...named, ...NOT_WRITABLE })
  if (isTemporary && !at.offers('reactivateAccount')) return skippedRow({ ...named, ...NO_WAY_BACK })
  const task = isByHand(at) ? await parts.tasks.get(taskId(tenant, account)) : undefined
  if (task && !task.done)
    return { row: { ...named, outcome: 'by_hand', verified: false, note: taskNote(task) } }
  const subject = { id, userName }
  const change: Change = {
    tenant,
    accounts: [account],
    subject,
    operation: 'deactivateAccount',
    ask: subject,
  }
  const steps: RunStep[] = [
    ...(at.settings.endSessions && at.offers('endSessions') ? (['endSessions'] as const) : []),
    'deactivateAccount',
  ]
  const note = linkedTo ? `Another name of ${linkedTo.userName} in ${linkedTo.tenant}.` : undefined
  return waitingRow({ ...named, steps, ...(note !== undefined && { note }) }, change, parts)
}

export const NOT_WRITABLE = { code: 'read_only', note: 'Nothing may be changed there.' }
const NO_WAY_BACK = { code: 'unsupported', note: 'Access could not be given back there.' }

/** A row of a change that the guards let through, and what it weighs. Throws what they throw. */
export async function waitingRow(
  row: Omit<RunRow, 'outcome' | 'verified' | 'frozen'>,
  change: Change,
  { judge, policy, ask }: PlanningParts,
): Promise<Planned> {
  await judge(change)
  const [target] = weigh({ changes: [change], lines: [] }, policy.about).targets
  const [account] = change.accounts
  const frozen = account && fingerprintOf(account, ask.tenants.get(change.tenant).namesPrivilege)
  return {
    row: { ...row, outcome: 'waiting', verified: false, ...(frozen !== undefined && { frozen }) },
    ...(target && { target }),
  }
}
