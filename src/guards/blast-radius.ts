import { kindOf } from '../changes/index.ts'
import { peopleIn } from '../changes/plan.ts'
import type { Ceiling } from '../config/policy.ts'
import type { Settings } from '../config/settings.ts'
import { inWords } from '../domain/caller-names.ts'
import { type Change, targetKey } from '../domain/change.ts'
import type { Facts } from '../domain/facts.ts'
import { type ErrorDetails, LimitReached, Paused } from '../errors.ts'
import { type Freezes, TELL_THEM } from '../limits/freezes.ts'
import type { Ledger } from '../limits/ledger.ts'
import type { People } from '../limits/people.ts'
import { type Call, type CallGuard, requesterOf } from './call.ts'

/** The limits on changes, and where changes are counted; the counts survive a restart. */
export interface BlastRadius {
  ledger: Ledger
  people: People
  freezes: Pick<Freezes, 'put'>
  limits: Settings['limits']
  /** Names the app that a tenant leads to; its limits are counted once, whichever tenant is named. */
  appOf: (tenant: string) => string
  factsOf: (tenant: string) => Facts
}

// Longer than any call takes.
const HOLD_MS = 3_600_000

/** What a call has reserved of one limit until it ends. */
interface Reservation {
  settle(): Promise<void>
  giveBack(): Promise<void>
}

/** One limit, for what one call would change. Both throw if that is too much. */
interface Limit {
  /** Reserves nothing. */
  check(): Promise<void>
  take(): Promise<Reservation>
}

// The limit that recovers by itself comes first, so a call that it refuses does not pause its caller.
const limitsOf = (call: Call, by: BlastRadius): Limit[] => {
  const changes = call.plan?.changes ?? []
  return changes.length === 0 ? [] : [...speedLimits(call, changes, by), ...ceilings(call, changes, by)]
}

/**
 * Refuses a call that would exceed the changes allowed in an hour or a day, before a person is asked about it. It reserves
 * nothing: a question keeps nobody from changing anything.
 */
export const withinLimits = (by: BlastRadius): CallGuard =>
  async function withinLimits(call, next) {
    for (const limit of limitsOf(call, by)) await limit.check()
    return next(call)
  }

/**
 * Takes what a call needs of its limits, right before it changes something, and refuses it if that is too much by now. The
 * limits of one caller also pause it: it can change nothing more until a person lifts the pause. Those that callers share
 * pause nobody, since another can have used them up.
 */
export const blastRadius = (by: BlastRadius): CallGuard =>
  async function blastRadius(call, next) {
    const held: Reservation[] = []
    const release = (spent: boolean) =>
      Promise.all(held.map((one) => (spent ? one.settle() : one.giveBack())))
    try {
      for (const limit of limitsOf(call, by)) held.push(await limit.take())
    } catch (error) {
      await release(false).catch(() => undefined)
      throw error
    }
    // A change counts once it is about to be sent.
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

/** What the changes concern, each account once; a creation counts as one. */
const concernedBy = (changes: readonly Change[]): Set<string> =>
  new Set(changes.flatMap((change, at) => keysIn(change, at).map(([, key]) => key)))

/** The accounts of a change by id, each with a name among those of other changes; what is created has no id. */
const keysIn = ({ tenant, accounts }: Change, at: number): [id: string | undefined, key: string][] =>
  accounts.length > 0 ? accounts.map(({ id }) => [id, targetKey(tenant, id)]) : [[undefined, `new ${at}`]]

const byApp = (changes: readonly Change[], appOf: BlastRadius['appOf']): [app: string, changes: Change[]][] =>
  [...new Set(changes.map(({ tenant }) => appOf(tenant)))].map((app) => [
    app,
    changes.filter(({ tenant }) => appOf(tenant) === app),
  ])

function speedLimits(
  call: Call,
  changes: readonly Change[],
  { ledger, limits, appOf, factsOf }: BlastRadius,
): Limit[] {
  return byApp(changes, appOf).flatMap(([tenant, there]) => {
    const removals = removalsIn(there, factsOf)
    const counts = [
      { kind: 'removes', perHour: limits.removesPerHour, words: 'removals', count: removals },
      {
        kind: 'other',
        perHour: limits.changesPerHour,
        words: 'changes',
        count: concernedBy(there).size - removals,
      },
    ]
    return counts
      .filter(({ count }) => count > 0)
      .map(({ kind, perHour, words, count }) =>
        countOf(
          ledger,
          JSON.stringify(['changes', kind, call.caller.id, tenant]),
          { perHour },
          count,
          async (retryAt) => tooMany(`${perHour} ${words} an hour in ${tenant}`, { tenant, ...retryAt }),
        ),
      )
  })
}

/** How many of the accounts lose access. */
const removalsIn = (changes: readonly Change[], factsOf: BlastRadius['factsOf']): number =>
  new Set(
    changes.flatMap((change, at) =>
      keysIn(change, at).flatMap(([id, key]) =>
        kindOf(change).weighs(change, factsOf(change.tenant), id).includes('removes') ? [key] : [],
      ),
    ),
  ).size

const tooMany = (limit: string, details: ErrorDetails) =>
  new LimitReached(
    `This would exceed the limit of ${limit}.`,
    `${details.retryAt === undefined ? 'Wait' : 'Wait until `retryAt`'}, or ask the person who runs this server.`,
    details,
  )

/** A limit on how many accounts are changed; `exceeded` is the error if it would be exceeded. */
function countOf(
  ledger: Ledger,
  bucket: string,
  limits: { perHour?: number | undefined; perDay?: number | undefined },
  count: number,
  exceeded: (retryAt: { retryAt?: number }) => Promise<Error>,
): Limit {
  return {
    async check() {
      const left = await ledger.left(bucket, limits)
      if (left.every((window) => window.left >= count)) return
      const possible = left.every((window) => window.limit >= count)
      const retryAt = possible
        ? { retryAt: await ledger.freeAt(bucket, limits, { nth: count, reserve: 0 }) }
        : {}
      throw await exceeded(retryAt)
    },
    async take() {
      const got = await ledger.take(bucket, limits, { count, holdMs: HOLD_MS })
      if ('ticket' in got) return reservationOf(ledger, bucket, got.ticket)
      throw await exceeded('retryAt' in got ? { retryAt: got.retryAt } : {})
    },
  }
}

function ceilings(call: Call, changes: readonly Change[], by: BlastRadius): Limit[] {
  const { perCaller, perAgent, perTenant, overall } = by.limits
  const { id, agent } = call.caller
  const shared = async (limit: string, retryAt: { retryAt?: number }) => tooMany(limit, retryAt)
  const own = async (limit: string, bucket: string) => {
    const who = inWords(requesterOf(call))
    await by.freezes.put({ caller: id, who, at: Date.now(), by: limit, counts: [bucket] })
    return new Paused(
      `This would exceed a limit (${limit}). This caller is paused and can change nothing until a person has reviewed it.`,
      TELL_THEM,
    )
  }
  const ofCaller = JSON.stringify(['limit', 'caller', id])
  return [
    ...ceiling(ofCaller, changes, perCaller, by, (limit) => own(`${limit} by one caller`, ofCaller)),
    ...(agent === undefined
      ? []
      : ceiling(JSON.stringify(['limit', 'agent', agent]), changes, perAgent, by, (limit, retryAt) =>
          shared(`${limit} by one agent`, retryAt),
        )),
    ...byApp(changes, by.appOf).flatMap(([tenant, there]) =>
      ceiling(JSON.stringify(['limit', 'tenant', tenant]), there, perTenant, by, (limit, retryAt) =>
        shared(`${limit} in ${tenant}`, retryAt),
      ),
    ),
    ...ceiling(JSON.stringify(['limit', 'overall']), changes, overall, by, (limit, retryAt) =>
      shared(`${limit} in total`, retryAt),
    ),
  ]
}

/** The limits on accounts and on people of one bucket. */
function ceiling(
  bucket: string,
  changes: readonly Change[],
  { changesPerHour, changesPerDay, peoplePerHour, peoplePerDay }: Ceiling,
  { ledger, people }: BlastRadius,
  exceeded: (limit: string, retryAt: { retryAt?: number }) => Promise<Error>,
): Limit[] {
  const accounts = { perHour: changesPerHour, perDay: changesPerDay }
  const different = { perHour: peoplePerHour, perDay: peoplePerDay }
  const who = changes.flatMap(peopleIn)
  const tooManyPeople = () => exceeded(`different people, ${most(different)},`, {})
  const counted = countOf(ledger, bucket, accounts, concernedBy(changes).size, (retryAt) =>
    exceeded(`changed accounts, ${most(accounts)},`, retryAt),
  )
  const met: Limit = {
    async check() {
      if (!(await people.fits(bucket, different, who))) throw await tooManyPeople()
    },
    async take() {
      const hold = await people.take(bucket, different, who, HOLD_MS)
      if (hold === undefined) throw await tooManyPeople()
      return reservationOf(people, bucket, hold)
    },
  }
  return [
    ...((changesPerHour ?? changesPerDay) ? [counted] : []),
    ...((peoplePerHour ?? peoplePerDay) ? [met] : []),
  ]
}

const most = ({ perHour, perDay }: { perHour: number | undefined; perDay: number | undefined }): string =>
  [perHour && `${perHour} an hour`, perDay && `${perDay} a day`].filter(Boolean).join(', ')

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
