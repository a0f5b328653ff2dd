import { connect } from '../test/support/clients.ts'
import { openFleet } from '../test/support/fleet.ts'
import { startRedis } from '../test/support/redis.ts'
import { openRoundRobin } from '../test/support/round-robin.ts'
import { seenByApp, startApp, userNames } from './app.ts'
import { askUntil, fairness } from './askers.ts'
import { type Part, percent } from './rows.ts'
import { crowdRows, limitRows } from './saturation.ts'
import { placeFor } from './servers.ts'
import { lookUp } from './two-servers.ts'

/** By how much the clock of each instance is wrong, milliseconds. */
export const SKEWS = [-5_000, 0, 5_000]
const CALLERS = 4
const AT_ONCE = 15

export const instances: Part = async ({ seconds }) => {
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
  const asked = await askUntil(
    start + seconds * 1_000,
    clients.map((client) => ({ ask: lookUp(client, name), atOnce: AT_ONCE })),
  )
  const arrivals = await app.arrivals()
  const stats = await redis.raw().info('commandstats')
  const calls = (command: string) =>
    Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
  await Promise.all(clients.map((client) => client.close()))
  return {
    title: `Saturation by three instances on one Redis behind a proxy, ${seconds} s`,
    how:
      `Three processes that serve over HTTP, with clocks that are ${SKEWS.map((skew) => skew / 1_000).join(', ')} s ` +
      `ahead, behind a proxy that hands requests round; ${CALLERS} MCP clients that keep ${AT_ONCE} calls of find_user ` +
      'going each and come back at `retryAt` when they are told to; a redis-server on the same machine; the app as above.',
    rows: [
      ...limitRows(seenByApp(arrivals, start, seconds)),
      {
        what: 'Fairness: answers of the client with fewest over those of the one with most',
        figure: percent(fairness(asked)),
      },
      ...crowdRows(asked),
      {
        what: 'Changes of the budget that had to be made anew, since another instance was faster',
        figure: percent(1 - calls('set') / calls('eval')),
      },
    ],
  }
}
