import { peopleIn } from '../changes/plan.ts'
import type { Ceiling } from '../config/policy.ts'
import type { Settings } from '../config/settings.ts'
import { inWords } from '../domain/caller-names.ts'
import type { Change } from '../domain/change.ts'
import { LimitReached, Paused } from '../errors.ts'
import { type Freezes, TELL_THEM } from '../limits/freezes.ts'
import type { Ledger } from '../limits/ledger.ts'
import type { People } from '../limits/people.ts'
import { type Call, type CallGuard, effectOf, requesterOf } from './call.ts'

/** The limits on changes, and where changes are counted; the counts survive a restart. */
export interface BlastRadius {
  ledger: Ledger
  people: People
  freezes: Pick<Freezes, 'put'>
  limits: Settings['limits']
}

// Longer than any call takes.
const HOLD_MS = 3_600_000

/** What a call has reserved of one limit until it ends. */
interface Reservation {
  settle(): Promise<void>
  giveBack(): Promise<void>
}

/** Reserves what one call needs of one limit, or throws if that is too much. */
type Limit = () => Promise<Reservation>

/**
 * Refuses a call that would exceed the changes allowed in an hour or a day. Some limits also pause the caller: it can
 * change nothing more until a person lifts the pause.
 */
export const blastRadius = (by: BlastRadius): CallGuard =>
  async function blastRadius(call, next) {
    const changes = call.plan?.changes ?? []
    if (changes.length === 0) return next(call)
    const held: Reservation[] = []
    const release = (spent: boolean) =>
      Promise.all(held.map((one) => (spent ? one.settle() : one.giveBack())))
    // The limit that recovers by itself comes first, so a call that it refuses does not pause its caller.
    const limits = [...speedLimits(call, changes, by), ...ceilings(call, changes, by)]
    try {
      for (const limit of limits) held.push(await limit())
    } catch (error) {
      await release(false).catch(() => undefined)
      throw error
    }
    // A change counts once it is about to be sent; one that was only requested, or declined, does not.
    let started = false
    const record: Call['record'] = async (event) => {
      if (event.event === 'started') started = true
      await call.record(event)
    }
    try {
      return await next({ ...call, record })
    } finally {
      // A failure here does not change the call's outcome; a reservation that is left lapses, and counts as spent.
      await release(started).catch(() => undefined)
    }
  }

/** How many accounts the changes concern; a creation counts as one. */
const accountsIn = (changes: readonly Change[]): number =>
  changes.reduce((sum, { accounts }) => sum + Math.max(1, accounts.length), 0)

const byTenant = (changes: readonly Change[]): [tenant: string, changes: Change[]][] =>
  [...new Set(changes.map(({ tenant }) => tenant))].map((tenant) => [
    tenant,
    changes.filter((change) => change.tenant === tenant),
  ])

function speedLimits(call: Call, changes: readonly Change[], { ledger, limits }: BlastRadius): Limit[] {
  const [kind, perHour, words] =
    effectOf(call) === 'removes'
      ? (['removes', limits.removesPerHour, 'removals'] as const)
      : (['other', limits.changesPerHour, 'changes'] as const)
  return byTenant(changes).map(([tenant, there]) => async () => {
    const bucket = JSON.stringify(['changes', kind, call.caller.id, tenant])
    const got = await ledger.take(bucket, { perHour }, { count: accountsIn(there), holdMs: HOLD_MS })
    if ('ticket' in got) return reservationOf(ledger, bucket, got.ticket)
    const retryAt = 'retryAt' in got ? { retryAt: got.retryAt } : {}
    throw new LimitReached(
      `This would exceed the limit of ${perHour} ${words} an hour in ${tenant}.`,
      'Wait until `retryAt`, or ask the person who runs this server.',
      { tenant, ...retryAt },
    )
  })
}

function ceilings(call: Call, changes: readonly Change[], by: BlastRadius): Limit[] {
  const { perCaller, perAgent, perTenant, overall } = by.limits
  const { agent } = call.caller
  return [
    ...ceiling(
      call,
      changes,
      { name: ['caller', call.caller.id], words: 'by one caller', limits: perCaller },
      by,
    ),
    ...(agent === undefined
      ? []
      : ceiling(call, changes, { name: ['agent', agent], words: 'by one agent', limits: perAgent }, by)),
    ...byTenant(changes).flatMap(([tenant, there]) =>
      ceiling(call, there, { name: ['tenant', tenant], words: `in ${tenant}`, limits: perTenant }, by),
    ),
    ...ceiling(call, changes, { name: ['overall'], words: 'in total', limits: overall }, by),
  ]
}

function ceiling(
  call: Call,
  changes: readonly Change[],
  { name, words, limits }: { name: readonly string[]; words: string; limits: Ceiling },
  { ledger, people, freezes }: BlastRadius,
): Limit[] {
  const { changesPerHour, changesPerDay, peoplePerHour, peoplePerDay } = limits
  const bucket = JSON.stringify(['limit', ...name])
  const pause = async (what: string, perHour: number | undefined, perDay: number | undefined) => {
    const most = [perHour && `${perHour} an hour`, perDay && `${perDay} a day`].filter(Boolean).join(', ')
    const limit = `${what} ${words}: ${most}`
    const who = inWords(requesterOf(call))
    await freezes.put({ caller: call.caller.id, who, at: Date.now(), by: limit, counts: [bucket] })
    return new Paused(
      `This would exceed a limit (${limit}). This caller is paused and can change nothing until a person has reviewed it.`,
      TELL_THEM,
    )
  }
  const counted: Limit = async () => {
    const most = { perHour: changesPerHour, perDay: changesPerDay }
    const got = await ledger.take(bucket, most, { count: accountsIn(changes), holdMs: HOLD_MS })
    if ('ticket' in got) return reservationOf(ledger, bucket, got.ticket)
    throw await pause('changed accounts', changesPerHour, changesPerDay)
  }
  const met: Limit = async () => {
    const most = { perHour: peoplePerHour, perDay: peoplePerDay }
    const hold = await people.take(bucket, most, changes.flatMap(peopleIn), HOLD_MS)
    if (hold !== undefined) return reservationOf(people, bucket, hold)
    throw await pause('different people', peoplePerHour, peoplePerDay)
  }
  return [
    ...((changesPerHour ?? changesPerDay) ? [counted] : []),
    ...((peoplePerHour ?? peoplePerDay) ? [met] : []),
  ]
}

const reservationOf = <Ticket>(
  where: {
    settle(bucket: string, ticket: Ticket): Promise<void>
    giveBack(bucket: string, ticket: Ticket): Promise<void>
  },
  bucket: string,
  ticket: Ticket,
): Reservation => ({
  settle: () => where.settle(bucket, ticket),
  giveBack: () => where.giveBack(bucket, ticket),
})
