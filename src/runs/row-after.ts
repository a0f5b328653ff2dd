import type { RunRow } from '../domain/run.ts'
import { type IdentityError, NotFound, Protected, Refused } from '../errors.ts'
import type { StepAnswer } from './step.ts'
import { ChangedSince } from './step-changes.ts'

/** A row of which nothing more is done. */
export function ended(row: RunRow, outcome: RunRow['outcome'], more: Partial<RunRow> = {}): RunRow {
  const { begun: _, steps: __, missed: ___, fields, groups, note: before, ...rest } = row
  // What failed can be tried again.
  const again = outcome === 'failed' && fields && row.account?.id === 'new' && { fields, groups }
  const note = [before, more.note].filter((text) => text).join(' ')
  return { ...rest, ...again, outcome, ...more, ...(note !== '' && { note }) }
}

/** The row after a step that a guard or the app refused beforehand: nothing was changed. */
export function refusedRow(row: RunRow, error: IdentityError): RunRow {
  const { begun, steps: [step] = [], groups: [group] = [] } = row
  const note = `${error.message} ${error.hint}`
  // The account is there, and the other groups are joined all the same.
  if (step === 'joinGroup') return afterGroup(row, `Not in ${group?.name}: ${note}`)
  if (error instanceof ChangedSince) return ended(row, 'skipped', { code: 'changed', note })
  // Gone after it was begun: some apps delete what is deactivated, which only a look in the app can tell.
  if (error instanceof NotFound && begun !== undefined)
    return ended(row, 'unknown', { code: error.code, note })
  const isSkipped = error instanceof Protected || error instanceof Refused || error instanceof NotFound
  return ended(row, isSkipped ? 'skipped' : 'failed', { code: error.code, note })
}

/** The row after a step that was made, or was not needed. */
export function afterStep(row: RunRow, { already, carried, made }: StepAnswer): RunRow {
  const [step, ...rest] = row.steps ?? []
  if (step === 'joinGroup') {
    const isIn = already || carried?.outcome === 'done'
    const verified = row.verified && (already || carried?.verified === true)
    return afterGroup(
      { ...row, verified },
      isIn ? undefined : `Not known to be in ${row.groups?.[0]?.name}: ${carried?.note ?? ''}`,
    )
  }
  // What a killed process began has happened.
  const isOurs = row.begun !== undefined && row.begun !== 'endSessions'
  if (
    step === 'createAccount' &&
    made &&
    rest.length > 0 &&
    (already ? isOurs : carried?.outcome === 'done')
  ) {
    const { begun: _, ...before } = row
    return { ...before, ...made, steps: rest, verified: already || carried?.verified === true }
  }
  const known = made && { account: made.account, frozen: made.frozen }
  if (already) {
    const isTheirs = step === 'createAccount' && !isOurs
    const note = isTheirs ? { note: MADE_MEANWHILE } : {}
    return ended({ ...row, ...known }, isOurs ? 'done' : 'already', { verified: true, ...note })
  }
  if (!carried) throw new TypeError('a step without an outcome')
  const { outcome, byHand, verified, code, note } = carried
  const said = { ...(code && { code }), ...(note && { note }) }
  if (step === 'endSessions') {
    const sessions = outcome === 'done' ? 'ended' : outcome
    const { begun: _, ...before } = row
    // Access is taken all the same; that sessions are left is said at the end.
    return { ...before, sessions, steps: rest, ...(sessions !== 'ended' && said) }
  }
  const left = row.sessions === 'failed' || row.sessions === 'unknown'
  if (outcome === 'done' && left) {
    const missing = 'Deactivated, but its sessions may not have ended.'
    return ended(row, row.sessions === 'unknown' ? 'unknown' : 'failed', {
      verified,
      code: row.code ?? 'unknown_outcome',
      note: missing,
    })
  }
  const groupless = outcome === 'done' && row.steps?.includes('joinGroup')
  if (groupless) return ended(row, 'unknown', { code: 'unknown_outcome', note: NO_GROUPS })
  return ended({ ...row, ...known }, byHand ? 'by_hand' : outcome, { verified, ...said })
}

const MADE_MEANWHILE =
  'The account is there since the plan was made; it stays as it is. update_user and update_group_members ask anew.'
const NO_GROUPS = 'Created, but the app does not show the account, so it joined no group.'

/** The row of an account that is there, after a group that it joined or missed; its last group ends it. */
function afterGroup(row: RunRow, problem: string | undefined): RunRow {
  const { begun: _, steps = [], groups = [], ...before } = row
  const missed = [before.missed, problem].filter((text) => text).join(' ')
  const next = { ...before, steps: steps.slice(1), groups: groups.slice(1), ...(missed !== '' && { missed }) }
  if (next.steps.length > 0) return next
  return missed === ''
    ? ended(next, 'done')
    : ended(next, 'failed', { code: 'refused', note: `Created. ${missed}` })
}
