import { createHash } from 'node:crypto'
import { type Tasks, taskId } from '../approvals/tasks.ts'
import type { Account } from '../domain/account.ts'
import { type Change, targetKey } from '../domain/change.ts'
import type { ComparedAccount } from '../domain/comparison.ts'
import type { ListPosition, Match } from '../domain/operations.ts'
import { onlyOne } from '../domain/resolve-one.ts'
import type { Run, RunInput, RunRow, RunStep } from '../domain/run.ts'
import { sameUserName } from '../domain/same.ts'
import { type Ask, mustOffer } from '../engine/ask.ts'
import { isByHand, taskNote, toldByHand } from '../engine/by-hand.ts'
import { findPerson, type PersonAt } from '../engine/find-person.ts'
import type { Tenant } from '../engine/tenants.ts'
import { Ambiguous, IdentityError, LimitReached } from '../errors.ts'
import { demandOf, type Policy, type Target, weigh } from '../guards/policy.ts'
import { fingerprintOf } from './fingerprint.ts'
import { ROWS_PER_PAGE, type RunStore } from './run-store.ts'

/** What planning needs of the rest of the server, for one caller. */
export interface PlanningParts {
  ask: Ask
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
  /** The most people of one run. */
  maxPeople: number
  /** Waits until then, epoch milliseconds. */
  sleepUntil(time: number): Promise<void>
}

/** How many people are looked up at a time. */
const AT_ONCE = 8

interface Planned {
  row: RunRow
  /** What the change weighs; absent for a row that changes nothing. */
  target?: Target
}

/** Finds everybody, reads each account by its id, and freezes what is to be done. Saves the rows; returns the run with its plan. */
export async function planRun(run: Run, runs: RunStore, parts: PlanningParts): Promise<Run> {
  const { people, gaps, plan } = await wantedBy(run.input, parts)
  if (people.length > parts.maxPeople) {
    throw new LimitReached(
      `These are ${people.length} people; a run takes ${parts.maxPeople} at most.`,
      'Split them up, or ask the person who runs this server.',
    )
  }
  const planned: Planned[] = []
  for (let start = 0; start < people.length; start += AT_ONCE) {
    const some = people.slice(start, start + AT_ONCE)
    const found = await Promise.all(some.map(plan))
    planned.push(...found.flat())
  }
  const rows = withinApproval(withoutRepeats(planned), parts.policy)
  const pages = Math.ceil(rows.length / ROWS_PER_PAGE)
  for (let page = 0; page < pages; page++) {
    const from = page * ROWS_PER_PAGE
    await runs.setPage(
      run.id,
      page,
      rows.slice(from, from + ROWS_PER_PAGE).map(({ row }) => row),
    )
  }
  const targets = rows.flatMap(({ target }) => target ?? [])
  const count = (outcome: RunRow['outcome']) => rows.filter(({ row }) => row.outcome === outcome).length
  const byHand = targets.filter(({ tenant }) => isByHand(parts.ask.tenants.get(tenant))).length
  return {
    ...run,
    pages,
    gaps,
    digest: digestOf(rows.map(({ row }) => row)),
    weights: grouped(targets),
    plan: {
      people: people.length,
      accounts: targets.length - byHand,
      byHand,
      skippedCount: count('skipped'),
    },
  }
}

/** A hash over every row, in order. */
function digestOf(rows: readonly RunRow[]): string {
  const hash = createHash('sha256')
  for (const { person, tenant, account, outcome, frozen, steps } of rows) {
    hash.update(JSON.stringify([person, tenant, account?.id, account?.userName, outcome, frozen, steps]))
  }
  return hash.digest('base64url')
}

function grouped(targets: readonly Target[]): NonNullable<Run['weights']> {
  const groups = new Map<string, NonNullable<Run['weights']>[number]>()
  for (const { tenant, weights, administrator } of targets) {
    const key = JSON.stringify([tenant, weights, administrator])
    const count = (groups.get(key)?.count ?? 0) + 1
    groups.set(key, { tenant, weights, administrator, count })
  }
  return [...groups.values()]
}

/** The tenants of the run: those named, or every one that can do it. */
function tenantsOf({ tenants, tenant, people }: RunInput, { ask, isWritable }: PlanningParts): Tenant[] {
  const able = (one: Tenant) =>
    isWritable(one) &&
    ['findAccounts', 'readAccount', 'deactivateAccount'].every((name) => one.offers(name as 'findAccounts'))
  if (tenants) return [...new Set(tenants)].map(ask.tenants.get)
  return tenant !== undefined && people ? [ask.tenants.get(tenant)] : ask.tenants.all.filter(able)
}

/** Who is asked for, and how each of them is planned. */
async function wantedBy(
  input: RunInput,
  parts: PlanningParts,
): Promise<{ people: string[]; gaps: string[]; plan: (person: string) => Promise<Planned[]> }> {
  if (input.comparison) {
    const found = await parts.compared(input.comparison)
    const accounts = found.accounts.filter(({ tenant }) => input.tenants?.includes(tenant) ?? true)
    return {
      ...found,
      people: [...new Set(accounts.map(({ person }) => person))],
      plan: planCompared(accounts, parts),
    }
  }
  const tenants = tenantsOf(input, parts)
  return { ...(await peopleOf(input, parts)), plan: (person) => planPerson(person, tenants, parts) }
}

/** Who is asked for, each once: as named, or by the address of each account that matches. */
async function peopleOf(
  { people, tenant, match }: RunInput,
  { ask }: PlanningParts,
): Promise<{ people: string[]; gaps: string[] }> {
  if (people) return { people: [...new Set(people)], gaps: [] }
  if (tenant === undefined || !match) throw new TypeError('a run of nobody')
  const found = new Set<string>()
  const gaps: string[] = []
  let at: ListPosition | undefined
  for (;;) {
    const asked = { match: match as Match, limit: LISTED_AT_ONCE, ...(at && { at }) }
    const page = await ask.one(tenant, 'listAccounts', asked)
    for (const { email, userName } of page.items) found.add(email ?? userName)
    at = page.next
    if (at) continue
    if (!page.complete)
      gaps.push(`The list of ${tenant} is not whole, so others may match. ${page.note ?? ''}`.trim())
    return { people: [...found], gaps }
  }
}

const LISTED_AT_ONCE = 1_000

/** The rows of one person. */
async function planPerson(
  person: string,
  tenants: readonly Tenant[],
  parts: PlanningParts,
): Promise<Planned[]> {
  const looked = await lookUp(
    person,
    tenants.map(({ name }) => name),
    parts,
  )
  const places = toldByHand(looked, person)
  const rows = await Promise.all(places.map((place) => planAt(person, place, parts)))
  const planned = rows.flat()
  const isAbsent = planned.length === 0
  return isAbsent ? [skippedRow({ person, code: 'not_found', note: 'Found in none of the apps.' })] : planned
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

const skippedRow = ({
  person,
  code,
  note,
  ...more
}: Pick<RunRow, 'person'> & { code: string; note: string } & Partial<RunRow>): Planned => ({
  row: { person, outcome: 'skipped', verified: false, code, note, ...more },
})

/** Plans exactly the accounts that a comparison found, as far as what it found still holds. */
function planCompared(
  accounts: readonly ComparedAccount[],
  parts: PlanningParts,
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
          return [await planAccount(person, record, parts.ask.tenants.get(tenant), parts, undefined)]
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

const shownError = ({ code, message, hint }: IdentityError) => ({ code, note: `${message} ${hint}` })

async function planAt(person: string, place: PersonAt, parts: PlanningParts): Promise<Planned[]> {
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
    return [await planAccount(person, { ...row, ...account }, at, parts, linkedTo)]
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
  { judge, policy, isWritable, tasks }: PlanningParts,
  linkedTo: Account | undefined,
): Promise<Planned> {
  const { id, userName } = account
  const tenant = at.name
  const named = { person, tenant, account: { id, userName } }
  if (account.status === 'inactive') return { row: { ...named, outcome: 'already', verified: true } }
  if (!isWritable(at))
    return skippedRow({ ...named, code: 'read_only', note: 'Nothing may be changed there.' })
  const task = isByHand(at) ? await tasks.get(taskId(tenant, account)) : undefined
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
  await judge(change)
  const [target] = weigh({ changes: [change], lines: [] }, policy.about).targets
  const steps: RunStep[] = [
    ...(at.settings.endSessions && at.offers('endSessions') ? (['endSessions'] as const) : []),
    'deactivateAccount',
  ]
  const note = linkedTo ? `Another name of ${linkedTo.userName} in ${linkedTo.tenant}.` : undefined
  return {
    row: {
      ...named,
      outcome: 'waiting',
      verified: false,
      steps,
      frozen: fingerprintOf(account, at.namesPrivilege),
      ...(note !== undefined && { note }),
    },
    ...(target && { target }),
  }
}

/** Two names can lead to one account: it is changed once. */
function withoutRepeats(planned: readonly Planned[]): Planned[] {
  const seen = new Map<string, string>()
  return planned.map((one) => {
    const { person, tenant, account, outcome } = one.row
    if (outcome !== 'waiting' || tenant === undefined || !account) return one
    const key = targetKey(tenant, account.id)
    const first = seen.get(key)
    if (first === undefined) {
      seen.set(key, person)
      return one
    }
    const note = `The same account as that of ${first}, which is in this run already.`
    return skippedRow({ person, tenant, account, code: 'ambiguous', note })
  })
}

/** Leaves out administrators whose change would need more than the approval of everybody else's. */
function withinApproval(planned: readonly Planned[], policy: Policy): Planned[] {
  const demandFor = (targets: readonly Target[]) => demandOf({ targets, least: 'approve' }, policy)
  const plain = planned.flatMap(({ target }) => (target && !target.administrator ? [target] : []))
  if (plain.length === 0) return [...planned]
  const common = demandFor(plain)
  return planned.map((one) => {
    const { row, target } = one
    if (!target?.administrator) return one
    const needed = demandFor([target])
    if (needed.approvers <= common.approvers && (common.fourEyes || !needed.fourEyes)) return one
    const { person, tenant, account } = row
    const note = 'An administrator, whose change needs more people to approve it: make it a call of its own.'
    return skippedRow({
      person,
      ...(tenant && { tenant }),
      ...(account && { account }),
      code: 'protected',
      note,
    })
  })
}
