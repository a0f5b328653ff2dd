import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../test/support/clients.ts'
import { openFleet } from '../test/support/fleet.ts'
import { type RedisServer, startRedis } from '../test/support/redis.ts'
import { openRoundRobin } from '../test/support/round-robin.ts'
import { PER_MINUTE, seenByApp, startApp, userNames } from './app.ts'
import { askUntil, fairness } from './askers.ts'
import { atMost, exactly, type Part, percent } from './rows.ts'
import { crowdRows, limitRows } from './saturation.ts'
import { prepareLaunch } from './servers.ts'
import { lookUp } from './two-servers.ts'

/** Clock skew of each instance, milliseconds. */
export const SKEWS = [-5_000, 0, 5_000]
const CALLERS = 4
const CALLS_IN_FLIGHT = 15

/** A failure of Redis, and when it happens, milliseconds from the start: while a new minute's budget is being spent. */
type Incident = [at: number, strike: (redis: RedisServer) => Promise<unknown>]
const INCIDENTS: Incident[] = [
  [1_000, (redis) => redis.restart()],
  [61_000, (redis) => redis.raw().flushall()],
]

export const instances: Part = async ({ seconds }) => {
  const quiet = await saturate(seconds, [])
  const disturbed = await saturate(seconds, INCIDENTS)
  return {
    title: `Saturation by three instances on one Redis behind a proxy, ${seconds} s`,
    how:
      `Three processes that serve over HTTP, with clocks ${SKEWS.map((skew) => skew / 1_000).join(', ')} s ` +
      `ahead, behind a round-robin proxy; ${CALLERS} MCP clients that keep ${CALLS_IN_FLIGHT} calls of find_user ` +
      'in flight each and repeat throttled calls at `retryAt`; a redis-server on the same machine; the app as above. Then ' +
      'the same again while Redis loses its data twice, each time while the budget of a minute is being spent: killed and ' +
      'restarted, and flushed.',
    rows: [
      ...limitRows(quiet.seen),
      {
        what: 'Fairness: fewest answers of a client, relative to the most',
        figure: percent(fairness(quiet.asked)),
      },
      ...crowdRows(quiet.asked),
      {
        what: 'Budget updates retried because another instance was faster',
        figure: percent(quiet.retried),
      },
      atMost('Redis data lost twice: most arrivals at the app in any 60 s', disturbed.seen.most, PER_MINUTE),
      exactly('Redis data lost twice: answers of 429', disturbed.seen.refused, 0),
      { what: 'Redis data lost twice: requests that arrived', figure: String(disturbed.seen.arrived) },
    ],
  }
}

async function saturate(seconds: number, incidents: readonly Incident[]) {
  await using app = await startApp()
  await using redis = await startRedis()
  using launch = prepareLaunch(app, {}, { store: redis.url, auth: 'none' })
  await using proxy = await openRoundRobin()
  await using fleet = await openFleet({ ...launch, proxy, skews: SKEWS })
  const clients = await Promise.all(
    Array.from({ length: CALLERS }, (_, one) =>
      connect('modern', { url: fleet.url, headers: {} }, `bench-${one}`),
    ),
  )
  const name = userNames()
  const start = Date.now()
  const asking = askUntil(
    start + seconds * 1_000,
    clients.map((client) => ({ ask: lookUp(client, name), atOnce: CALLS_IN_FLIGHT })),
  )
  for (const [at, strike] of incidents) {
    await sleep(start + at - Date.now())
    await strike(redis)
  }
  const asked = await asking
  const seen = seenByApp(await app.arrivals(), start, seconds)
  const stats = await redis.raw().info('commandstats')
  const calls = (command: string) =>
    Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
  await Promise.all(clients.map((client) => client.close()))
  return { asked, seen, retried: 1 - calls('set') / calls('eval') }
}
