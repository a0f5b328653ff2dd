import { createHash } from 'node:crypto'
import { GIVES_BACK } from '../changes/status.ts'
import { targetKey } from '../domain/change.ts'
import type { ListPosition, Match } from '../domain/operations.ts'
import type { Run, RunInput, RunRow } from '../domain/run.ts'
import { isByHand } from '../engine/by-hand.ts'
import type { Tenant } from '../engine/tenants.ts'
import { LimitReached } from '../errors.ts'
import { demandOf, type Policy, type Target } from '../guards/policy.ts'
import { fold } from '../text/text.ts'
import { planOnboard } from './plan-onboard.ts'
import { type Planned, type PlanningParts, planCompared, planPerson, skippedRow } from './plan-person.ts'
import { planUndo } from './plan-undo.ts'
import { ROWS_PER_PAGE, type RunStore } from './run-store.ts'

/** How many people are looked up at a time. */
const AT_ONCE = 8

/** Finds everybody, reads each account by its id, and freezes what is to be done. Saves the rows; returns the run with its plan. */
export async function planRun(run: Run, runs: RunStore, parts: PlanningParts): Promise<Run> {
  const { people, gaps, plan } = await wantedBy(await runs.inputOf(run), parts)
  // What a run may have taken, another may give back.
  if (!run.input.undo && people.length > parts.maxPeople) {
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
    await parts.tellPlanned({ done: start + some.length, of: people.length })
  }
  const weighed = run.until === undefined ? planned : planned.map(givingBackToo)
  const rows = withinApproval(withoutRepeats(weighed), parts.policy)
  const pages = Math.ceil(rows.length / ROWS_PER_PAGE)
  for (let page = 0; page < pages; page++) {
    const from = page * ROWS_PER_PAGE
    await runs.setPage(
      run,
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

/** The yes to what is taken is also the yes to giving it back, so it must be as good as that one would have to be. */
const givingBackToo = ({ row, target }: Planned): Planned => ({
  row,
  ...(target && { target: { ...target, weights: [...target.weights, ...GIVES_BACK] } }),
})

/** A hash over every row, in order. */
function digestOf(rows: readonly RunRow[]): string {
  const hash = createHash('sha256')
  for (const { person, tenant, account, outcome, frozen, steps, fields, groups } of rows) {
    const { id, userName } = account ?? {}
    hash.update(JSON.stringify([person, tenant, id, userName, outcome, frozen, steps, fields, groups]))
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
  const isTemporary = input.until !== undefined
  if (input.onboard) return planOnboard(input.onboard, tenantsOf(input, parts), parts)
  if (input.undo) return { ...(await planUndo(input.undo, parts)), gaps: [] }
  if (input.comparison) {
    const found = await parts.compared(input.comparison)
    const accounts = found.accounts.filter(({ tenant }) => input.tenants?.includes(tenant) ?? true)
    return {
      ...found,
      people: [...new Set(accounts.map(({ person }) => person))],
      plan: planCompared(accounts, parts, isTemporary),
    }
  }
  const tenants = tenantsOf(input, parts)
  return {
    ...(await peopleOf(input, parts)),
    plan: (person) => planPerson(person, tenants, parts, isTemporary),
  }
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

/** Two names can lead to one account: it is changed once. */
function withoutRepeats(planned: readonly Planned[]): Planned[] {
  const seen = new Map<string, string>()
  return planned.map((one) => {
    const { person, tenant, account, outcome } = one.row
    if (outcome !== 'waiting' || tenant === undefined || !account) return one
    // What is to be made has no id yet.
    const key = targetKey(tenant, account.id === 'new' ? `new ${fold(account.userName)}` : account.id)
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
