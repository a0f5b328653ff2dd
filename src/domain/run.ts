import { createHash } from 'node:crypto'
import type { CallerNames } from './caller-names.ts'
import type { RunWeight } from './change.ts'
import type { ComparedKind } from './comparison.ts'
import type { AccountFields } from './operations.ts'
import type { Grant } from './scopes.ts'

/** What a run is doing. `scheduled`: it waits for its time. */
export const RUN_STATES = [
  'planning',
  'waiting_for_approval',
  'scheduled',
  'running',
  'paused',
  'finished',
  'cancelled',
] as const
type RunState = (typeof RUN_STATES)[number]

/** How a run ended for one account. */
export const ROW_OUTCOMES = ['done', 'already', 'skipped', 'failed', 'unknown', 'by_hand', 'waiting'] as const
type RowOutcome = (typeof ROW_OUTCOMES)[number]
export type RunCounts = Readonly<
  Record<'done' | 'already' | 'skipped' | 'failed' | 'unknown' | 'byHand' | 'waiting', number>
>

/** How far a run is, for people. */
export interface RunProgress {
  id: string
  state: RunState
  counts: RunCounts
  note?: string
}

/** How many accounts are over, of all. */
export function accountsOver({ waiting, ...ended }: RunCounts): { over: number; all: number } {
  const over = Object.values(ended).reduce((sum, number) => sum + number, 0)
  return { over, all: over + waiting }
}

/** "4 done, 1 by hand". */
export const countsInWords = (counts: RunCounts): string =>
  Object.entries(counts)
    .flatMap(([name, number]) => (number > 0 ? [`${number} ${name === 'byHand' ? 'by hand' : name}`] : []))
    .join(', ') || 'no accounts'

/** What is done to an account, in this order. */
export type RunStep = 'endSessions' | 'deactivateAccount' | 'undo' | 'createAccount' | 'joinGroup'

/** One account of a run, or somebody who was found nowhere. */
export interface RunRow {
  /** As asked for, or as found by `match`. */
  person: string
  /** Absent for somebody found nowhere. */
  tenant?: string
  account?: { id: string; userName: string }
  outcome: RowOutcome
  verified: boolean
  code?: string
  note?: string
  /** What became of the sessions, where they were to end first. */
  sessions?: 'ended' | 'failed' | 'unknown'
  /** What the account was like when the plan was made; it is left alone if that has changed. */
  frozen?: string
  /** What is still to be done to it. */
  steps?: RunStep[]
  /** Of somebody who is to get an account. */
  fields?: NewPerson
  /** The groups that are still to be joined, one a step. */
  groups?: readonly { id: string; name: string }[]
  /** Why a group could not be joined. */
  missed?: string
  /** The step that was begun, and may have happened. */
  begun?: RunStep
}

/** What a run is to do, in numbers. */
interface RunPlan {
  people: number
  /** Accounts that change. */
  accounts: number
  /** Accounts that are given to their owners. */
  byHand: number
  skippedCount: number
}

/** Who asked for a run, as the transport authenticated them then. */
interface RunCaller {
  id: string
  client: string
  agent?: string
  via?: string
  self: CallerNames
  grant: Grant
}

/** A set of changes to people and apps: planned once, approved as it was planned, and carried out outside of any call. */
export interface Run {
  id: string
  tool: string
  caller: RunCaller
  /** Hash of tool, arguments and caller: the same call finds the same run. */
  request: string
  input: RunBrief
  state: RunState
  /** Epoch milliseconds by the clock of the store, like all times here. */
  createdAt: number
  plan?: RunPlan
  /** What the yes is bound to: a hash over all rows as they were planned. */
  digest?: string
  weights?: RunWeight[]
  /** What of the people asked for is not known to be planned, in sentences. */
  gaps?: string[]
  /** How many people are planned by now, while the plan is made. */
  planned?: { done: number; of: number }
  /** How many pages of rows there are. */
  pages: number
  approval?: string
  /** When it begins, if not at once. */
  at?: number
  /** When it gives back what it took, in a run of its own. */
  until?: number
  /** The yes to the run that this one belongs to, which is kept for longer than the approval itself. */
  agreed?: { id: string; by?: string; how?: 'form' | 'terminal' | 'page' }
  /** Why it waits for a person. */
  paused?: string
  /** Why it could not be planned. */
  failed?: { code: string; message: string; hint: string }
  /** Failures and attempts that do not count any more, since a person resumed it. */
  forgiven?: { failed: number; tried: number }
  endedAt?: number
  /** Kept when it has ended. */
  counts?: RunCounts
  /** Whom it left alone when it had ended, since they had changed: a person has to agree to them anew. */
  changed?: ChangedAccounts
}

/** Accounts that changed between the plan and their turn. */
interface ChangedAccounts {
  accounts: number
  /** The first of them, as they were asked for, and how many there are. */
  people: readonly string[]
  peopleCount: number
  tenants: readonly string[]
}

/** Somebody who is to get accounts. */
export type NewPerson = AccountFields & { email: string }

/** What a run is asked to do. */
export interface RunInput {
  people?: readonly string[]
  tenant?: string
  match?: Readonly<Record<string, unknown>>
  tenants?: readonly string[]
  /** The accounts of these kinds that a comparison found. */
  comparison?: { id: string; kinds: readonly ComparedKind[] }
  /** When it is to begin, epoch milliseconds; at once when absent. */
  at?: number
  /** When it is to give back what it takes, epoch milliseconds; never when absent. */
  until?: number
  /** The run whose changes are undone, and who asked for that run. */
  undo?: { run: string; caller: string; tenant?: string }
  /** Who is to get accounts, in `tenants`, and whose groups they are to have there. */
  onboard?: { people: readonly NewPerson[]; like?: string }
  reason: string
}

/** What of it is at hand with a run: all but the people, who may be many. */
export type RunBrief = Omit<RunInput, 'people' | 'onboard'> & {
  onboard?: { like?: string }
}

/** The id of the run that gives back what a temporary one took. */
export const givingBackId = (id: string): string =>
  `run-${createHash('sha256').update(`until ${id}`).digest('hex').slice(0, 12)}`

/** People of `changed` that are kept with a run, which is read all the time; its rows have all. */
const CHANGED_KEPT = 20

/** Who was agreed to and then left alone, having changed; undefined for nobody. What was left out of the plan is not among them. */
export function changedIn(rows: readonly RunRow[]): ChangedAccounts | undefined {
  const changed = rows.filter(
    ({ outcome, code, frozen }) => outcome === 'skipped' && code === 'changed' && frozen !== undefined,
  )
  if (changed.length === 0) return undefined
  const people = [...new Set(changed.map(({ person }) => person))]
  return {
    accounts: changed.length,
    people: people.slice(0, CHANGED_KEPT),
    peopleCount: people.length,
    tenants: [...new Set(changed.flatMap(({ tenant }) => tenant ?? []))],
  }
}

/** How many rows ended how. */
export function countRows(rows: Iterable<RunRow>): RunCounts {
  const counts = { done: 0, already: 0, skipped: 0, failed: 0, unknown: 0, byHand: 0, waiting: 0 }
  for (const { outcome } of rows) counts[outcome === 'by_hand' ? 'byHand' : outcome]++
  return counts
}

/** For how long a run is kept behind the last time at which something is to happen. */
const KEPT_MS = 90 * 24 * 3_600_000

/** For how long a run is kept from now on, milliseconds. */
export const keptFor = ({ at = 0, until = 0 }: Pick<Run, 'at' | 'until'>, now: number): number =>
  KEPT_MS + Math.max(0, at - now, until - now)

/** Whether nothing more happens to it by itself. */
export const hasEnded = ({ state }: Pick<Run, 'state'>): boolean =>
  state === 'finished' || state === 'cancelled'

/** A row as it is told: what a cancelled run did not begin is skipped. */
export function shownRow(row: RunRow, { state }: Pick<Run, 'state'>): RunRow {
  if (state !== 'cancelled' || row.outcome !== 'waiting') return row
  return row.begun === undefined
    ? { ...row, outcome: 'skipped', code: 'cancelled' }
    : { ...row, outcome: 'unknown', code: 'cancelled', note: 'It was begun when the run was cancelled.' }
}
