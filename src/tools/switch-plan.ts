import { type Tasks, taskId } from '../approvals/tasks.ts'
import type { Account } from '../domain/account.ts'
import type { Change, Effect, Plan } from '../domain/change.ts'
import { correlate } from '../domain/correlate.ts'
import { hiddenIn } from '../domain/facts.ts'
import type { AlsoChanged } from '../domain/field-diff.ts'
import { onlyOne } from '../domain/resolve-one.ts'
import type { Ask } from '../engine/ask.ts'
import { isByHand, taskNote, toldByHand } from '../engine/by-hand.ts'
import type { EndedSessions } from '../engine/ended-sessions.ts'
import { findPerson } from '../engine/find-person.ts'
import type { Hold } from '../engine/hold.ts'
import type { Tenant } from '../engine/tenants.ts'
import { type ErrorCode, IdentityError, NotFound } from '../errors.ts'
import { inQuotes } from '../text/text.ts'
import { targetOf } from './change-fields.ts'
import { gapLine, gapNote, hiddenHint, howFound, NOT_COVERED, passingAmong } from './left-out.ts'

/** How the tools that change the access of one person's accounts differ. */
export interface SwitchSpec {
  name: string
  title: string
  description: string
  effect: Exclude<Effect, 'reads'>
  operation: 'deactivateAccount' | 'reactivateAccount' | 'endSessions'
  /** The status that makes the change unnecessary; without one it is always made. */
  to?: 'active' | 'inactive'
  outcomes: readonly [done: string, already?: string]
}

export interface SwitchRow {
  tenant: string
  account?: Account
  outcome: string
  /** What became of the sessions that were to end first. */
  sessions?: 'ended' | 'failed' | 'unknown'
  verified: boolean
  alsoChanged?: readonly AlsoChanged[] | undefined
  code?: ErrorCode
  note?: string
}

/** The plan, and the results that need no write. */
export interface SwitchPlan extends Plan {
  settled: { results: readonly SwitchRow[] }
  consequences: ReadonlyMap<Change, string>
  /** The tenants whose apps show which sessions and tokens are left. */
  showSessions: ReadonlySet<string>
  /** By tenant, why there may be other accounts. */
  gaps: Record<string, string>
}

interface Wish {
  user: string
  tenants: readonly string[]
  hold: Hold
  tasks: Pick<Tasks, 'get'>
  sessions: Pick<EndedSessions, 'now' | 'since'>
  covers: (tenant: string, id: string) => boolean
}

/** The changes that are wanted, what needs none, and what a person must know of the look-ups. */
export async function resolveAccounts(
  ask: Ask,
  spec: SwitchSpec,
  { user, tenants, hold, tasks, sessions, covers }: Wish,
) {
  const { to, outcomes } = spec
  const changes: Change[] = []
  const settled: SwitchRow[] = []
  const lines: string[] = []
  const asides: string[] = []
  const gaps: Record<string, string> = {}
  const began = spec.operation === 'endSessions' ? await sessions.now() : undefined
  const looked = await findPerson(ask, user, tenants)
  const found = spec.operation === 'deactivateAccount' ? toldByHand(looked, user) : looked
  const rows = found.map((place) => ({ ...place, row: onlyOne(place.accounts, user) }))
  const recordOf = await hold.records(rows.flatMap(({ row }) => row ?? []))
  const places = rows.map((place) => ({ ...place, ...recordAt(place, recordOf) }))
  for (const { tenant: at, account, gap, linkedTo } of places) {
    const tenant = at.name
    if (!account) {
      settled.push(gap ? notLookedUp(tenant, gap) : absentFrom(at))
      continue
    }
    const task = isByHand(at) ? await tasks.get(taskId(tenant, account)) : undefined
    if (task && !task.done) {
      settled.push({ tenant, account, outcome: 'by_hand', verified: false, note: taskNote(task) })
      continue
    }
    asides.push(...gapLine({ user, tenant }, gap))
    if (gap) gaps[tenant] = gapNote(gap).join()
    if (to !== undefined && account.status === to) {
      asides.push(...howFound(account, linkedTo))
      const note = gaps[tenant]
      settled.push({
        tenant,
        account,
        outcome: outcomes[1] ?? outcomes[0],
        verified: !gap,
        ...(note && { note }),
      })
    } else if (began !== undefined && (await sessions.since(ask.tenants.appOf(tenant), account.id, began))) {
      settled.push({
        tenant,
        account,
        outcome: outcomes[0],
        sessions: 'ended',
        verified: false,
        note: ENDED_MEANWHILE,
      })
    } else if (!covers(tenant, account.id)) {
      settled.push({
        tenant,
        account,
        outcome: 'failed',
        verified: false,
        code: 'refused',
        note: NOT_COVERED,
      })
    } else {
      lines.push(...howFound(account, linkedTo))
      changes.push(...(await changesOf(spec, at, account, ask)))
    }
  }
  if (
    settled.length > 0 &&
    changes.length === 0 &&
    settled.every(
      ({ tenant, outcome }) =>
        outcome === 'absent' || (outcome === 'failed' && isByHand(ask.tenants.get(tenant))),
    )
  ) {
    throw new NotFound(
      `${inQuotes(user)} was not found in any of: ${tenants.join(', ')}.`,
      `Check the spelling with find_user; it also takes an external id, an id or a name.${hiddenHint(found.map(({ tenant }) => tenant))}`,
    )
  }
  const doubts = doubtsAbout(changes.flatMap(({ accounts }) => accounts))
  return {
    changes,
    settled,
    gaps,
    lines: [...lines, ...doubts],
    asides: [
      ...asides,
      ...doubtsAbout(found.flatMap(({ accounts }) => accounts)).filter((doubt) => !doubts.includes(doubt)),
      ...leftAlone(settled, outcomes[1]),
    ],
    passing: passingAmong(places),
    // Whoever writes an email or an external id into one app must not choose an account in another.
    mustAsk: changes.some(({ tenant }) =>
      places.some((place) => place.tenant.name === tenant && place.linkedTo),
    ),
    uncovered: settled.some(({ note }) => note === NOT_COVERED),
  }
}

const ENDED_MEANWHILE = 'Another call ended them while this one waited for its turn.'

/** What is to be done to one account: its sessions end before it is deactivated, where its app can end them. */
async function changesOf(
  { operation }: SwitchSpec,
  { name: tenant, offers, settings }: Tenant,
  account: Account,
  ask: Ask,
): Promise<Change[]> {
  const subject = targetOf(account)
  const about = { tenant, accounts: [account], subject, ask: subject } as const
  // An app that does not show the sessions is no reason to leave somebody their access.
  const before = async () =>
    offers('readSessions')
      ? ask.one(tenant, 'readSessions', { id: account.id }).catch(unlessUnexpected)
      : undefined
  const ending = async (): Promise<Change> => ({ ...about, operation: 'endSessions', before: await before() })
  if (operation === 'endSessions') return [await ending()]
  const first = operation === 'deactivateAccount' && settings.endSessions && offers('endSessions')
  return [...(first ? [await ending()] : []), { ...about, operation }]
}

function unlessUnexpected(error: unknown): undefined {
  if (!(error instanceof IdentityError)) throw error
}

/** Why it is doubtful that accounts are one person's; an account that is changed twice is one account. */
function doubtsAbout(accounts: readonly Account[]): string[] {
  const once = new Map(accounts.map((account) => [`${account.tenant}/${account.id}`, account]))
  return correlate([...once.values()]).flatMap(({ doubt }) => doubt ?? [])
}

/** The record of the account that a look-up found, or why it is not known. */
function recordAt(
  { row, gap }: { row: Account | undefined; gap?: IdentityError },
  recordOf: (row: Account) => Account,
): { account?: Account; gap?: IdentityError } {
  try {
    return { ...(row && { account: recordOf(row) }), ...(gap && { gap }) }
  } catch (error) {
    if (error instanceof IdentityError) return { gap: error }
    throw error
  }
}

function absentFrom({ name: tenant, facts }: Tenant): SwitchRow {
  const note = hiddenIn(facts)
  return { tenant, outcome: 'absent', verified: true, ...(note && { note }) }
}

const notLookedUp = (tenant: string, { code, message, hint }: IdentityError): SwitchRow => ({
  tenant,
  outcome: 'failed',
  verified: false,
  code,
  note: `${message} ${hint}`,
})

/** What was asked for and is not among the changes, for whoever agrees to them. */
function leftAlone(rows: readonly SwitchRow[], alreadyThere: string | undefined): string[] {
  const inTenants = (outcome: string | undefined) =>
    rows.filter((row) => row.outcome === outcome).map(({ tenant }) => tenant)
  const [absent, failed, already] = [inTenants('absent'), inTenants('failed'), inTenants(alreadyThere)]
  const given = inTenants('by_hand')
  return [
    ...(given.length > 0 ? [`Already a task of its owner: ${given.join(', ')}.`] : []),
    ...(already.length > 0 ? [`Needs no change: ${already.join(', ')}.`] : []),
    ...(failed.length > 0
      ? [`Left alone, since it could not be looked up there: ${failed.join(', ')}. It may be active there.`]
      : []),
    ...(absent.length > 0 ? [`Not found, and so left alone: ${absent.join(', ')}.`] : []),
  ]
}
