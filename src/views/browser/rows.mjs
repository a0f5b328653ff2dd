import { answerIn, el, fill, folded, pill, table, theirs, words } from './elements.mjs'
import { askRun, callsTools } from './host.mjs'

const BAD = ['failed', 'unknown', 'partial', 'paused', 'not_attempted', 'cannot_undo']
const OPEN = [
  ...['planning', 'waiting_for_approval', 'scheduled', 'running'],
  ...['waiting', 'by_hand', 'approval_required'],
]
const NEUTRAL = ['already', 'skipped', 'unchanged', 'absent', 'left_alone', 'cancelled']
const kindOf = (state) =>
  BAD.includes(state)
    ? 'bad'
    : OPEN.includes(state)
      ? 'wait'
      : NEUTRAL.includes(state) || String(state).startsWith('already')
        ? 'plain'
        : 'good'
export const statePill = (state) => pill(words(state), kindOf(state))

/** What became of each account. */
export const outcomes = (rows) =>
  table(
    ['Account', 'App', 'Outcome', 'Note'],
    rows.map(({ person, user, subject, account, tenant = '', outcome, verified, sessions, note, code }) => [
      theirs(person ?? user ?? subject ?? account?.userName ?? '–'),
      tenant,
      [
        statePill(outcome),
        verified === false && outcome !== 'waiting' && ' not verified',
        sessions && ` sessions ${words(sessions)}`,
      ],
      note ? theirs(note) : code ? words(code) : '',
    ]),
  )

const COUNTED = {
  done: 'done',
  already: 'already so',
  byHand: 'by hand',
  skipped: 'left alone',
  failed: 'failed',
  unknown: 'not certain',
  waiting: 'to do',
}

/** How far a run is: a bar, and the counts. */
export function progress(counts) {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const over = all - (counts.waiting ?? 0)
  const bar = el('progress', '')
  bar.max = Math.max(all, 1)
  bar.value = over
  bar.setAttribute('aria-label', `${over} of ${all} accounts`)
  const told = Object.entries(COUNTED).filter(([name]) => counts[name] > 0)
  return [bar, el('p', 'counts', told.map(([name, label]) => `${counts[name]} ${label}`).join(', '))]
}

/** A run as get_run answers it. */
export const showRun = ({ runId, state, counts, rows, note, nextCursor }) =>
  fill(
    el('h1', '', 'Run ', el('code', '', runId)),
    el('p', '', statePill(state)),
    progress(counts),
    note && el('p', 'quiet', theirs(note)),
    rows.length > 0 && folded(`${rows.length}${nextCursor ? ' of the' : ''} accounts`, outcomes(rows)),
    nextCursor && el('p', 'quiet', 'There are more. Ask the assistant for the others.'),
  )

const EVERY_MS = 5_000
const GOING_ON = ['planning', 'waiting_for_approval', 'scheduled', 'running']

/** Reads again how far a run is while it goes on, if the host calls tools for views; ends at the first fault. */
export async function follow(runId, state) {
  let now = state
  while (callsTools() && GOING_ON.includes(now)) {
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
    if (document.hidden) continue
    const { data } = await askRun(runId).then(answerIn, () => ({}))
    if (data?.runId !== runId || !data.rows) return
    showRun(data)
    now = data.state
  }
}
