import { createAccount } from '../changes/create-account.ts'
import { deactivateAccount } from '../changes/deactivate-account.ts'
import { reactivateAccount } from '../changes/reactivate-account.ts'
import { afterSessionsEnded } from '../changes/status.ts'
import type { Plan, RunWeight } from '../domain/change.ts'
import { bare } from '../domain/quoting.ts'
import { givingBackId, type Run, type RunBrief, type RunInput, type RunRow } from '../domain/run.ts'
import type { Ask } from '../engine/ask.ts'
import { isByHand } from '../engine/by-hand.ts'
import type { RunDesk, RunStatus } from '../engine/run-desk.ts'
import type { Tenants } from '../engine/tenants.ts'
import { askAgain } from './run-again.ts'

/** People who are left alone that an answer names; `get_run` has all. */
const SKIPPED_SHOWN = 20
/** People that a question names, if there is room: what does not fit is on the page and in `get_run`. */
const MOST_NAMED = 200
const MOST_LETTERS = 6_000

/** A run as the plan of a call: what is settled already is part of the answer. */
export interface RunCallPlan extends Plan {
  id: string
  settled: Record<string, unknown>
}

/** The plan of a call that asks for a run. */
export async function planOfRun(
  wish: RunInput,
  { ask, runs }: { ask: Ask; runs: RunDesk },
): Promise<RunCallPlan> {
  const { run, counts } = await runs.open(wish)
  const { skipped, settled } = await settledOf({ run, counts }, runs)
  const still = { changes: [], lines: [], reason: wish.reason, id: run.id, settled }
  if (run.state !== 'waiting_for_approval' || !run.plan || run.digest === undefined) {
    return { ...still, settled: { status: statusOf({ run, counts }), ...settled } }
  }
  const { rows: all } = await runs.rows(run.id, 0, ({ outcome }) => outcome === 'waiting', MOST_NAMED)
  return {
    ...still,
    lines: linesOf(run, ask.tenants),
    asides: [
      ...namesIn(all.map(rowWords), run.plan.accounts + run.plan.byHand, run.id),
      ...leftAlone(skipped, run.plan.skippedCount),
      ...(run.gaps ?? []),
    ],
    run: {
      id: run.id,
      digest: run.digest,
      accounts: run.plan.accounts + run.plan.byHand,
      people: run.plan.people,
      ...(run.plan.people === 1 && all[0] && { person: all[0].person }),
      operations: verbsOf(run).map((verb) => VERBS[verb].operation),
      weights: run.weights ?? [],
      asked: (approval) => runs.asked(run.id, approval),
    },
  }
}

/** What is settled of a run by now, and who is left alone. */
async function settledOf({ run, counts }: RunStatus, runs: RunDesk) {
  const { rows } = await runs.rows(run.id, 0, ({ outcome }) => outcome === 'skipped', SKIPPED_SHOWN)
  const skipped = rows.map(({ person, tenant, note = '' }) => ({
    person,
    ...(tenant && { tenant }),
    why: note,
  }))
  const plan = run.plan && { plan: { ...run.plan, skipped } }
  return { skipped, settled: { runId: run.id, ...plan, counts, ...noteOf(run) } }
}

/** What the call that asked for a run would answer by now. */
export const answerOf = async (status: RunStatus, runs: RunDesk): Promise<Record<string, unknown>> => ({
  status: statusOf(status),
  ...(await settledOf(status, runs)).settled,
})

/** The answer of a call whose plan is a run, once it may begin. */
export async function answerOfRun(
  { id, settled }: RunCallPlan,
  runs: RunDesk,
): Promise<Record<string, unknown>> {
  // The plan settles all but the status of a run that has just begun.
  if (settled.status !== undefined) return settled
  const begun = await runs.begun(id)
  return { ...settled, status: statusOf(begun), counts: begun.counts, ...noteOf(begun.run) }
}

/** The status of a run for the call that it belongs to. */
function statusOf({ run: { state }, counts }: RunStatus): string {
  if (state === 'waiting_for_approval') return 'approval_required'
  if (state !== 'finished') return state
  if (counts.failed + counts.unknown + counts.byHand > 0) return 'partial'
  return counts.done > 0 ? 'done' : 'unchanged'
}

/** What there is to know of a run besides its counts. */
export function noteOf(run: Run): { note?: string } {
  const { id, state, paused, at, until, planned } = run
  const notes = [
    ...(state === 'cancelled' && paused !== undefined ? [paused] : []),
    ...(state === 'paused' ? [`${paused ?? ''} An approver resumes or cancels it.`.trim()] : []),
    ...(state === 'scheduled' && at !== undefined ? [`It begins at ${new Date(at).toISOString()}.`] : []),
    ...(state === 'planning'
      ? [`It is still being planned${soFar(planned)}: repeat the call, or ask get_run.`]
      : []),
    ...(until !== undefined && ['running', 'finished'].includes(state)
      ? [`What it took is given back at ${new Date(until).toISOString()}, by ${givingBackId(id)}.`]
      : []),
    ...askAgain(run),
  ]
  return notes.length > 0 ? { note: notes.join(' ') } : {}
}

const soFar = (planned: Run['planned']): string =>
  planned ? ` (${planned.done} of ${planned.of} people so far)` : ''

/** What a run does to accounts, in the words of the kind of change. */
const VERBS = { Create: createAccount, Deactivate: deactivateAccount, Reactivate: reactivateAccount } as const
type Verb = keyof typeof VERBS
const verbOf = ({ weights }: RunWeight, { onboard }: RunBrief): Verb =>
  onboard ? 'Create' : weights.includes('removes') ? 'Deactivate' : 'Reactivate'

/** What a run does, each once. */
const verbsOf = ({ weights = [], input }: Pick<Run, 'weights' | 'input'>): Verb[] =>
  (Object.keys(VERBS) as Verb[]).filter((verb) => weights.some((one) => verbOf(one, input) === verb))

/** What a person agrees to: how many, where, in which order, and what it means in each app. */
function linesOf({ plan, weights = [], at, until, input }: Run, tenants: Tenants): string[] {
  const { undo, onboard } = input
  const verbs = verbsOf({ weights, input }).map((verb) => ({
    verb,
    ...perTenant(
      weights.filter((one) => verbOf(one, input) === verb),
      tenants,
    ),
  }))
  const names = [...new Set(verbs.flatMap((one) => one.names))]
  const takes = verbs.filter(({ verb }) => verb === 'Deactivate').flatMap((one) => one.names)
  const ending = undo ? [] : takes.filter((name) => endsSessions(name, tenants))
  const sources = names.filter((name) => tenants.get(name).settings.source)
  const admins = sumOf(weights.filter(({ administrator }) => administrator))
  const people = verbs.length === 1 ? ` of ${count(plan?.people ?? 0, 'person', 'people')}` : ''
  return [
    ...(undo ? [`Undo the run ${undo.run}${undo.tenant === undefined ? '' : ` in ${undo.tenant}`}.`] : []),
    ...verbs.map(
      ({ verb, here, told }) =>
        `${verb} ${count(here.total, 'account')}${people}` +
        `${here.names.length > 0 ? `: ${here.names.map(told).join('; ')}` : ''}.`,
    ),
    ...(onboard?.like === undefined
      ? []
      : [`Each of them joins the groups that ${bare(onboard.like)} is in, as they are named below.`]),
    ...verbs.flatMap(({ byHand, told }) =>
      byHand.map(
        (name) => `By hand, as tasks of ${bare(tenants.get(name).settings.owner ?? '')}: ${told(name)}.`,
      ),
    ),
    ...(admins > 0 ? [`${count(admins, 'account')} of administrators are among them.`] : []),
    ...(ending.length > 0 ? [`First every session and refresh token ends, in ${ending.join(', ')}.`] : []),
    ...(sources.length > 0 ? [`Then the source of people, ${sources.join(', ')}; then the other apps.`] : []),
    ...(takes.length > 0 && !undo ? ['Groups, roles and licences are not taken away one by one.'] : []),
    ...(at === undefined
      ? []
      : [`It begins at ${new Date(at).toISOString()}; ${onboard ? NEW_BY_THEN : CHANGED_BY_THEN}.`]),
    ...(until === undefined
      ? []
      : [
          `At ${new Date(until).toISOString()} it gives back exactly what it took; whoever has changed by then is left alone.`,
        ]),
    ...verbs.flatMap(({ verb, names: where }) =>
      where.flatMap((name) => consequence(verb, name, tenants, ending.length > 0)),
    ),
  ]
}

const CHANGED_BY_THEN = 'whoever has changed by then is left alone, and needs a yes of its own'
const NEW_BY_THEN =
  'whoever has an account by then keeps it as it is, and a group that has another name by then is not joined'

const sumOf = (weights: readonly RunWeight[]): number => weights.reduce((sum, one) => sum + one.count, 0)

/** How many accounts there are in which app, apart from those that are changed by hand. */
function perTenant(weights: readonly RunWeight[], tenants: Tenants) {
  const names = [...new Set(weights.map(({ tenant }) => tenant))]
  const byHand = names.filter((name) => isByHand(tenants.get(name)))
  const inTenant = (name: string) => sumOf(weights.filter(({ tenant }) => tenant === name))
  const here = names.filter((name) => !byHand.includes(name))
  return {
    names,
    byHand,
    here: { names: here, total: here.reduce((sum, name) => sum + inTenant(name), 0) },
    told: (name: string) => `${inTenant(name)} in ${tenants.get(name).title}, tenant ${name}`,
  }
}

function endsSessions(name: string, tenants: Tenants): boolean {
  const { settings, offers } = tenants.get(name)
  return settings.endSessions === true && offers('endSessions')
}

function consequence(verb: Verb, name: string, tenants: Tenants, endsSessions: boolean): string[] {
  // What becomes of one account does not depend on which it is. A new one has no consequences.
  if (verb === 'Create') return []
  const text = VERBS[verb].consequence({} as never, tenants.get(name).facts)
  return text === '' ? [] : [`${name}: ${endsSessions ? afterSessionsEnded(text) : text}`]
}

/** "ada@example.com in acme-netskope (title: Analyst; groups: Sales)". */
function rowWords({ person, tenant, fields, groups = [] }: RunRow): string {
  const { email: _, userName: __, ...more } = fields ?? {}
  const told = [
    ...Object.entries(more).map(([name, value]) => `${name}: ${bare(String(value))}`),
    ...(groups.length > 0 ? [`groups: ${groups.map(({ name }) => bare(name)).join(', ')}`] : []),
  ]
  return `${person} in ${tenant}${told.length > 0 ? ` (${told.join('; ')})` : ''}`
}

/** The accounts, as far as they fit; where the rest is. */
function namesIn(names: readonly string[], all: number, id: string): string[] {
  let letters = 0
  const shown = names.filter((name) => {
    letters += name.length + 2
    return letters <= MOST_LETTERS
  })
  const more = all - shown.length
  return [
    `Accounts: ${shown.join(', ')}${more > 0 ? `, and ${more} more: \`identity-mcp runs show ${id}\` has all of them` : ''}.`,
  ]
}

function leftAlone(
  skipped: readonly { person: string; tenant?: string; why: string }[],
  all: number,
): string[] {
  if (all === 0) return []
  const more = all - skipped.length
  return [
    `Left alone: ${all}.`,
    ...skipped.map(({ person, tenant, why }) => `${person}${tenant ? ` in ${tenant}` : ''}: ${why}`),
    ...(more > 0 ? [`And ${more} more, in get_run.`] : []),
  ]
}

const count = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`
