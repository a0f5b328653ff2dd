import type { BriefedRun, Briefing } from '../domain/briefing.ts'
import { countsInWords, hasEnded, type RunProgress, type RunRow } from '../domain/run.ts'
import type { JournalLine } from '../journal/events.ts'
import type { Journal } from '../journal/journal.ts'
import { endsWrite } from '../journal/query.ts'
import { ofApproval, ofCall } from '../journal/terms.ts'
import { inQuotes } from '../text/text.ts'
import { type Approval, statusOf } from './approval.ts'
import { MAX_REASON } from './denials.ts'
import { headline, plainHeadline } from './headline.ts'

/** How one write ended. `begun`: the journal does not say so yet; `by hand`: its owner has not said so yet. */
type WriteState = 'done' | 'failed' | 'unknown' | 'begun' | 'by hand'

export interface WriteResult {
  tenant: string
  userName: string
  /** The kind of change. */
  operation?: string
  state: WriteState
  note?: string
}

/** What came of an approved request, according to the journal. */
export interface Result {
  /** `partly`: some is done and the rest is not. `under way`: more may still come. */
  state: 'waiting' | 'under way' | 'done' | 'partly' | 'failed' | 'unknown'
  writes: WriteResult[]
  /** There are more writes than are read here. */
  more: boolean
  /** How far the run is, if it is one. */
  run?: RunProgress
}

/** What is shown of runs; undefined for one that is not kept any more. */
export interface ShownRuns {
  stateOf(id: string): Promise<RunProgress['state'] | undefined>
  progressOf(id: string): Promise<RunProgress | undefined>
  /** Some of its accounts; pages count from 1. */
  pageOf(id: string, page: number): Promise<RunPage | undefined>
}

export interface RunPage {
  rows: readonly RunRow[]
  pages: number
}

interface ResultParts {
  journal: Pick<Journal, 'index'>
  runs: ShownRuns
}

/** Lines of the journal that are read at most: whoever has the link can ask again and again. */
const MAX_LINES = 2_000
/** No call takes longer than this; what has not begun by then was not needed, or did not happen. */
const CALL_MS = 5 * 60_000

/** Reads what came of a request. Throws `Unavailable` where the journal is not as it was written. */
export async function resultOf({ journal, runs }: ResultParts, approval: Approval): Promise<Result> {
  const { id, caller, usedAt, briefing } = approval
  if (usedAt === undefined) return { state: 'waiting', writes: [], more: false }
  const lines: JournalLine[] = []
  for await (const line of journal.index.about([ofApproval(id)])) {
    if (line.caller === caller) lines.push(line)
    if (lines.length === MAX_LINES) break
  }
  const more = lines.length === MAX_LINES
  const words = await wordsOfOwners(journal, lines)
  const writes = writesIn([...lines, ...words])
  const wanted = expected(briefing)
  const run = briefing?.run && (await runs.progressOf(briefing.run.id))
  if (run) return { state: stateOfRun(run, { writes, more, wanted }), writes, more, run }
  const isWhole = (briefing?.run ? ofRun(briefing.run, writes) : writes).length >= wanted
  // A run takes as long as it takes, and tells itself what it left alone.
  const isOver = isWhole || (!briefing?.run && usedAt + CALL_MS < Date.now())
  return { state: more ? 'under way' : stateOf(writes, isWhole, isOver), writes, more }
}

/** Owners of tasks say that they are done long after the call, and without its approval. */
async function wordsOfOwners(
  journal: Pick<Journal, 'index'>,
  lines: readonly JournalLine[],
): Promise<JournalLine[]> {
  const calls = new Set(lines.filter(({ task }) => task).map(({ call }) => ofCall(call)))
  const said: JournalLine[] = []
  if (calls.size === 0) return said
  for await (const line of journal.index.about([...calls])) {
    if (line.event === 'done' && line.task && !line.approval) said.push(line)
  }
  return said
}

function writesIn(lines: readonly JournalLine[]): WriteResult[] {
  const starts: { line: JournalLine; end?: JournalLine }[] = []
  for (const line of lines) {
    if (!line.account) continue
    if (line.event === 'started') starts.push({ line })
    else if (['done', 'failed', 'unknown'].includes(line.event)) {
      const start = starts.find((one) => !one.end && endsWrite(one.line, line))
      if (start) start.end = line
      // What was not sent never started.
      else starts.push({ line, end: line })
    }
  }
  return starts.flatMap(({ line, end }) => toWrite(line, end) ?? [])
}

function toWrite(
  { account, task, before }: JournalLine,
  end: JournalLine | undefined,
): WriteResult | undefined {
  if (!account) return undefined
  const { tenant, userName } = account
  const ended = end?.event as 'done' | 'failed' | 'unknown' | undefined // only these end a write
  return {
    tenant,
    userName,
    ...(before && { operation: before.operation }),
    state: ended ?? (task ? 'by hand' : 'begun'),
    ...(end?.note !== undefined && { note: end.note }),
    ...(!end && task && { note: `A task of ${task.owner}.` }),
  }
}

/** How many writes a plan has at least. */
const expected = (briefing: Briefing | undefined): number =>
  briefing?.run ? briefing.run.accounts : (briefing?.changes.length ?? 1)

/** What counts for a run: not that sessions end before, or that groups are joined afterwards. */
const ofRun = ({ operations }: BriefedRun, writes: readonly WriteResult[]) =>
  writes.filter(({ operation }) => operation === undefined || operations.some((one) => one === operation))

function stateOf(writes: readonly WriteResult[], isWhole: boolean, isOver: boolean): Result['state'] {
  const states = new Set(writes.map(({ state }) => state))
  if (!isOver || states.has('begun') || states.has('by hand')) return 'under way'
  if (states.has('done')) return states.size === 1 && isWhole ? 'done' : 'partly'
  return states.has('unknown') ? 'unknown' : 'failed'
}

/** A run tells of every account, also of those that it left alone; the journal knows what is left for owners to do. */
function stateOfRun(
  { state, counts }: RunProgress,
  { writes, more, wanted }: Pick<Result, 'writes' | 'more'> & { wanted: number },
): Result['state'] {
  const isByHand = writes.some((write) => write.state === 'by hand') || (more && counts.byHand > 0)
  if (!hasEnded({ state }) || isByHand) return 'under way'
  const done = counts.done + counts.byHand
  if (done >= wanted) return 'done'
  if (done > 0 || writes.some((write) => write.state === 'done')) return 'partly'
  return counts.unknown > 0 ? 'unknown' : 'failed'
}

/** A sentence for whoever asked, to copy; undefined while nothing can be said yet. Names no approver. */
export function answerToRequester(approval: Approval, result: Result | undefined): string | undefined {
  const { id, briefing, denialReason, state: decision } = approval
  const what = briefing ? `${plainHeadline(headline(briefing))} (request ${id})` : `Request ${id}`
  const status = statusOf(approval)
  if (status === 'denied') {
    const why = denialReason === undefined ? '' : `: ${inQuotes(denialReason, MAX_REASON)}`
    return `Not done: ${what}. It was denied${why}.`
  }
  if (status === 'expired') {
    const why = decision === 'approved' ? 'approved, but not made in time' : 'not decided in time'
    return `Not done: ${what}. It was ${why}. Please ask again.`
  }
  if (!result) return undefined
  const { state, writes, run } = result
  const at = (wanted: WriteState) =>
    placesOf(
      writes.filter((write) => write.state === wanted),
      briefing,
    )
  if (state === 'done') return `Done: ${what}.`
  if (state === 'failed') return `Not done: ${what}. Nothing was changed.`
  if (state === 'unknown') return `Not certain: ${what}. It may or may not have been done; we are looking.`
  if (state !== 'partly') return undefined
  if (run) return `Done in part: ${what}. Of all accounts: ${countsInWords(run.counts)}.`
  const parts = [
    `Done in ${at('done')}.`,
    at('failed') && `Failed in ${at('failed')}.`,
    at('unknown') && `Not certain in ${at('unknown')}.`,
  ]
  return `Done in part: ${what}. ${parts.filter(Boolean).join(' ')}`
}

/** "Netskope, Slack" */
function placesOf(writes: readonly WriteResult[], briefing: Briefing | undefined): string {
  return [...new Set(writes.map(({ tenant }) => appOf(tenant, briefing)))].join(', ')
}

/** The display name of a tenant's app, with the tenant where several have the same app. */
export function appOf(tenant: string, briefing: Briefing | undefined): string {
  const places = [...(briefing?.changes ?? []), ...(briefing?.run?.places ?? [])]
  const app = places.find((place) => place.tenant === tenant)?.app
  const isOnly = places.every((place) => place.app !== app || place.tenant === tenant)
  return app === undefined ? tenant : isOnly ? app : `${app} (${tenant})`
}
