import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../test/support/clients.ts'
import { openFleet } from '../test/support/fleet.ts'
import { type RedisServer, startRedis } from '../test/support/redis.ts'
import { openRoundRobin } from '../test/support/round-robin.ts'
import { PER_MINUTE, seenByApp, startApp, userNames } from './app.ts'
import { askUntil, fairness } from './askers.ts'
import { atMost, exactly, type Part, percent } from './rows.ts'
import { crowdRows, limitRows } from './saturation.ts'
import { placeFor } from './servers.ts'
import { lookUp } from './two-servers.ts'

/** By how much the clock of each instance is wrong, milliseconds. */
export const SKEWS = [-5_000, 0, 5_000]
const CALLERS = 4
const AT_ONCE = 15

/** Something that befalls Redis, and when, milliseconds from the start: while a new minute's budget is being spent. */
type Trouble = [at: number, befall: (redis: RedisServer) => Promise<unknown>]
const TROUBLES: Trouble[] = [
  [1_000, (redis) => redis.restart()],
  [61_000, (redis) => redis.raw().flushall()],
]

export const instances: Part = async ({ seconds }) => {
  const quiet = await saturate(seconds, [])
  const troubled = await saturate(seconds, TROUBLES)
  return {
    title: `Saturation by three instances on one Redis behind a proxy, ${seconds} s`,
    how:
      `Three processes that serve over HTTP, with clocks that are ${SKEWS.map((skew) => skew / 1_000).join(', ')} s ` +
      `ahead, behind a proxy that hands requests round; ${CALLERS} MCP clients that keep ${AT_ONCE} calls of find_user ` +
      'going each and come back at `retryAt` when they are told to; a redis-server on the same machine; the app as above. Then ' +
      'all of it once more, and Redis loses its data twice, each time while the budget of a minute is being spent: killed and ' +
      'restarted, and flushed.',
    rows: [
      ...limitRows(quiet.seen),
      {
        what: 'Fairness: answers of the client with fewest over those of the one with most',
        figure: percent(fairness(quiet.asked)),
      },
      ...crowdRows(quiet.asked),
      {
        what: 'Changes of the budget that had to be made anew, since another instance was faster',
        figure: percent(quiet.madeAnew),
      },
      atMost('With Redis lost twice: most arrivals at the app in any 60 s', troubled.seen.most, PER_MINUTE),
      exactly('With Redis lost twice: answers of 429', troubled.seen.refused, 0),
      { what: 'With Redis lost twice: requests that arrived', figure: String(troubled.seen.arrived) },
    ],
  }
}

async function saturate(seconds: number, troubles: readonly Trouble[]) {
  await using app = await startApp()
  await using redis = await startRedis()
  using place = placeFor(app, {}, { store: redis.url, auth: 'none' })
  await using proxy = await openRoundRobin()
  await using fleet = await openFleet({ ...place, proxy, skews: SKEWS })
  const clients = await Promise.all(
    Array.from({ length: CALLERS }, (_, one) =>
      connect('modern', { url: fleet.url, headers: {} }, `bench-${one}`),
    ),
  )
  const name = userNames()
  const start = Date.now()
  const asking = askUntil(
    start + seconds * 1_000,
    clients.map((client) => ({ ask: lookUp(client, name), atOnce: AT_ONCE })),
  )
  for (const [at, befall] of troubles) {
    await sleep(start + at - Date.now())
    await befall(redis)
  }
  const asked = await asking
  const seen = seenByApp(await app.arrivals(), start, seconds)
  const stats = await redis.raw().info('commandstats')
  const calls = (command: string) =>
    Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
  await Promise.all(clients.map((client) => client.close()))
  return { asked, seen, madeAnew: 1 - calls('set') / calls('eval') }
}
