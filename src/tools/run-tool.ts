import * as z from 'zod'
import { deactivateAccount } from '../changes/deactivate-account.ts'
import type { Change, Effect, Plan } from '../domain/change.ts'
import { bare } from '../domain/quoting.ts'
import type { Run, RunInput } from '../domain/run.ts'
import { isByHand } from '../engine/by-hand.ts'
import type { RunStatus } from '../engine/run-desk.ts'
import type { Tenants } from '../engine/tenants.ts'
import { type ChangingTool, defineTool } from '../engine/tool.ts'
import { PendingApproval } from './fields.ts'

/** A tool that changes many people's accounts, in a run outside of the call. */
interface RunSpec<Input extends z.ZodType> {
  name: string
  title: string
  description: string
  effect: Exclude<Effect, 'reads'>
  input: () => Input
  wish(input: z.output<Input>): RunInput
}

const Counts = z.lazy(() =>
  z.object({
    done: z.int(),
    already: z.int(),
    skipped: z.int(),
    failed: z.int(),
    unknown: z.int(),
    byHand: z.int(),
    waiting: z.int(),
  }),
)

/** People who are left alone that an answer names; `get_run` has all. */
const SKIPPED_SHOWN = 20
/** People that a question names, if there is room: what does not fit is on the page and in `get_run`. */
const MOST_NAMED = 200
const MOST_LETTERS = 6_000

const Output = z.lazy(() =>
  z.object({
    status: z.enum([
      'approval_required',
      'planning',
      'running',
      'scheduled',
      'paused',
      'done',
      'partial',
      'unchanged',
      'cancelled',
    ]),
    runId: z.string().optional(),
    plan: z
      .object({
        people: z.int(),
        accounts: z.int(),
        byHand: z.int(),
        skippedCount: z.int(),
        skipped: z.array(z.object({ person: z.string(), tenant: z.string().optional(), why: z.string() })),
      })
      .optional(),
    counts: Counts.optional(),
    note: z.string().optional(),
    approval: PendingApproval.optional(),
  }),
)

interface RunCallPlan extends Plan {
  id: string
  settled: Record<string, unknown>
}

export function runTool<Input extends z.ZodType>(the: RunSpec<Input>): ChangingTool {
  return defineTool({
    name: the.name,
    title: the.title,
    description: the.description,
    needs: ['findAccounts', 'readAccount', 'deactivateAccount'],
    effect: the.effect,
    input: the.input,
    output: () => Output,

    async plan(input, { ask, runs }): Promise<RunCallPlan> {
      const wish = the.wish(input)
      const { run, counts } = await runs.open(wish)
      const { rows } = await runs.rows(run.id, 0, ({ outcome }) => outcome === 'skipped', SKIPPED_SHOWN)
      const skipped = rows.map(({ person, tenant, note = '' }) => ({
        person,
        ...(tenant && { tenant }),
        why: note,
      }))
      const settled = {
        runId: run.id,
        ...(run.plan && { plan: { ...run.plan, skipped } }),
        counts,
        ...noteOf(run),
      }
      const still = { changes: [], lines: [], reason: wish.reason, id: run.id, settled }
      if (run.state !== 'waiting_for_approval' || !run.plan || run.digest === undefined) {
        return { ...still, settled: { status: statusOf({ run, counts }), ...settled } }
      }
      const { rows: all } = await runs.rows(run.id, 0, ({ outcome }) => outcome === 'waiting', MOST_NAMED)
      return {
        ...still,
        lines: linesOf(run, ask.tenants),
        asides: [
          ...namesIn(
            all.map(({ person, tenant }) => `${person} in ${tenant}`),
            run.plan.accounts + run.plan.byHand,
            run.id,
          ),
          ...leftAlone(skipped, run.plan.skippedCount),
          ...(run.gaps ?? []),
        ],
        run: {
          id: run.id,
          digest: run.digest,
          accounts: run.plan.accounts + run.plan.byHand,
          people: run.plan.people,
          ...(run.plan.people === 1 && all[0] && { person: all[0].person }),
          weights: run.weights ?? [],
          asked: (approval) => runs.asked(run.id, approval),
        },
      }
    },

    async run(_, { plan, runs }) {
      const { status } = plan.settled
      const begun = status === undefined ? await runs.begun(plan.id) : undefined
      const told = begun
        ? { ...plan.settled, status: statusOf(begun), counts: begun.counts, ...noteOf(begun.run) }
        : plan.settled
      // The plan settles all but the status of a run that has just begun.
      return told as z.input<typeof Output>
    },
  })
}

/** The status of a run for the call that it belongs to. */
function statusOf({ run: { state }, counts }: RunStatus): z.input<typeof Output>['status'] {
  if (state === 'waiting_for_approval') return 'approval_required'
  if (state !== 'finished') return state
  if (counts.failed + counts.unknown + counts.byHand > 0) return 'partial'
  return counts.done > 0 ? 'done' : 'unchanged'
}

function noteOf({ state, paused, at }: Run): { note?: string } {
  if (state === 'paused') return { note: `${paused ?? ''} An approver resumes or cancels it.`.trim() }
  if (state === 'scheduled' && at !== undefined)
    return { note: `It begins at ${new Date(at).toISOString()}.` }
  return state === 'planning' ? { note: 'It is still being planned: repeat the call, or ask get_run.' } : {}
}

/** What a person agrees to: how many, where, in which order, and what it means in each app. */
function linesOf({ plan, weights = [], at }: Run, tenants: Tenants): string[] {
  const perTenant = new Map<string, number>()
  for (const { tenant, count } of weights) perTenant.set(tenant, (perTenant.get(tenant) ?? 0) + count)
  const names = [...perTenant.keys()]
  const told = (name: string) => `${perTenant.get(name)} in ${tenants.get(name).title}, tenant ${name}`
  const byHand = names.filter((name) => isByHand(tenants.get(name)))
  const here = names.filter((name) => !byHand.includes(name))
  const ending = names.filter((name) => {
    const { settings, offers } = tenants.get(name)
    return settings.endSessions && offers('endSessions')
  })
  const sources = names.filter((name) => tenants.get(name).settings.source)
  const admins = weights.reduce((sum, { administrator, count }) => sum + (administrator ? count : 0), 0)
  return [
    `Deactivate ${count(plan?.accounts ?? 0, 'account')} of ${count(plan?.people ?? 0, 'person', 'people')}` +
      `${here.length > 0 ? `: ${here.map(told).join('; ')}` : ''}.`,
    ...byHand.map(
      (name) => `By hand, as tasks of ${bare(tenants.get(name).settings.owner ?? '')}: ${told(name)}.`,
    ),
    ...(admins > 0 ? [`${count(admins, 'account')} of administrators are among them.`] : []),
    ...(ending.length > 0 ? [`First every session and refresh token ends, in ${ending.join(', ')}.`] : []),
    ...(sources.length > 0 ? [`Then the source of people, ${sources.join(', ')}; then the other apps.`] : []),
    ...(at === undefined
      ? []
      : [`It begins at ${new Date(at).toISOString()}; whoever has changed by then is left alone.`]),
    ...names.flatMap((name) => consequence(name, tenants)),
  ]
}

function consequence(name: string, tenants: Tenants): string[] {
  // What a deactivation means depends on the app alone.
  const text = deactivateAccount.consequence({} as Change<'deactivateAccount'>, tenants.get(name).facts)
  return text === '' ? [] : [`${name}: ${text}`]
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
