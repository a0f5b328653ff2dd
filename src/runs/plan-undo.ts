import type { RunInput, RunRow } from '../domain/run.ts'
import { reversalOfAll } from '../engine/reversal.ts'
import { IdentityError } from '../errors.ts'
import { fingerprintOf, hasNoNewPower, isStillThatPerson } from './fingerprint.ts'
import {
  NOT_WRITABLE,
  type Planned,
  type PlanningParts,
  shownError,
  skippedRow,
  waitingRow,
} from './plan-person.ts'

/** Plans the undoing of a run: exactly the accounts that it changed or may have changed, by what the journal has of each. */
export async function planUndo(
  undo: NonNullable<RunInput['undo']>,
  parts: PlanningParts,
): Promise<{ people: string[]; plan: (person: string) => Promise<Planned[]> }> {
  const byPerson = new Map<string, RunRow[]>()
  for (const row of await parts.rowsOf(undo.run)) {
    const isWanted = undo.tenant === undefined || row.tenant === undo.tenant
    if (isWanted && mayHaveChanged(row)) byPerson.set(row.person, [...(byPerson.get(row.person) ?? []), row])
  }
  return {
    people: [...byPerson.keys()],
    plan: (person) => Promise.all((byPerson.get(person) ?? []).map((row) => planRow(row, undo, parts))),
  }
}

const mayHaveChanged = ({ outcome, begun }: RunRow): boolean =>
  outcome === 'waiting' ? begun !== undefined : outcome !== 'already' && outcome !== 'skipped'

/** Nothing is claimed while a run is planned: each step claims its account and looks again. */
const UNCLAIMED = { names: async () => undefined }

async function planRow(
  { person, tenant = '', account = { id: '', userName: '' }, frozen = '' }: RunRow,
  { run, caller }: NonNullable<RunInput['undo']>,
  parts: PlanningParts,
): Promise<Planned> {
  const named = { person, tenant, account }
  try {
    const subject = { tenant, ...account }
    const writes = await parts.pastAt({ call: run, caller, subject })
    const reversal = await reversalOfAll(writes, { ask: parts.ask, hold: UNCLAIMED })
    if (!('change' in reversal)) {
      const { outcome, note } = reversal
      if (outcome === 'unchanged') return { row: { ...named, outcome: 'already', verified: true, note } }
      return skippedRow({ ...named, code: outcome === 'left_alone' ? 'changed' : 'unsupported', note })
    }
    const { change, left, stays } = reversal
    const at = parts.ask.tenants.get(tenant)
    if (!parts.isWritable(at)) return skippedRow({ ...named, ...NOT_WRITABLE })
    const [now] = change.accounts
    const is = now && fingerprintOf(now, at.namesPrivilege)
    // Who gets access back must not get more than was taken.
    const isSame = is !== undefined && isStillThatPerson(frozen, is)
    if (!isSame || (change.operation === 'reactivateAccount' && !hasNoNewPower(frozen, is))) {
      return skippedRow({ ...named, code: 'changed', note: 'Its names or its rights have changed since.' })
    }
    const note = [...left.map((one) => `Not restored: ${one}.`), stays].filter((text) => text).join(' ')
    return await waitingRow({ ...named, steps: ['undo'], ...(note !== '' && { note }) }, change, parts)
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    return skippedRow({ ...named, ...shownError(error) })
  }
}
