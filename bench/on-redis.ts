import { startRedis } from '../test/support/redis.ts'
import { seenByApp, startApp, userNames } from './app.ts'
import { askUntil, fairness } from './askers.ts'
import { type Part, percent } from './rows.ts'
import { crowdRows, limitRows } from './saturation.ts'
import { placeFor, startServer } from './servers.ts'
import { lookUp } from './two-servers.ts'

const SERVERS = 3
const AT_ONCE = 20

export const onRedis: Part = async ({ seconds }) => {
  await using app = await startApp()
  await using redis = await startRedis()
  using place = placeFor(app, {}, { store: redis.url })
  const clients = await Promise.all(Array.from({ length: SERVERS }, () => startServer(place)))
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
    title: `Saturation by three servers on one Redis, ${seconds} s`,
    how:
      `Three processes of the program, each with an MCP client over stdio that keeps ${AT_ONCE} calls of find_user ` +
      'going and comes back at `retryAt` when it is told to; a redis-server on the same machine; the app as above.',
    rows: [
      ...limitRows(seenByApp(arrivals, start, seconds)),
      {
        what: 'Fairness: answers of the server with fewest over those of the one with most',
        figure: percent(fairness(asked)),
      },
      ...crowdRows(asked),
      {
        what: 'Changes of the budget that had to be made anew, since another server was faster',
        figure: percent(1 - calls('set') / calls('eval')),
      },
    ],
  }
}
