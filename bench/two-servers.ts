import type { TestClient } from '../test/support/clients.ts'
import { seenByApp, startApp, userNames } from './app.ts'
import { type Ask, askUntil, fairness } from './askers.ts'
import { type Part, percent } from './rows.ts'
import { crowdRows, limitRows } from './saturation.ts'
import { answerOf, prepareLaunch, startServer } from './servers.ts'

const CALLS_IN_FLIGHT = 30

interface FindUserAnswer {
  searched: { outcome: string; code?: string; retryAt?: string }[]
}

export const twoServers: Part = async ({ seconds }) => {
  await using app = await startApp()
  using launch = prepareLaunch(app)
  const clients = await Promise.all([startServer(launch), startServer(launch)])
  const name = userNames()
  const start = Date.now()
  const asked = await askUntil(
    start + seconds * 1_000,
    clients.map((client) => ({ ask: lookUp(client, name), atOnce: CALLS_IN_FLIGHT })),
  )
  const arrivals = await app.arrivals()
  await Promise.all(clients.map((client) => client.close()))
  return {
    title: `Saturation by two servers that share a data folder, ${seconds} s`,
    how:
      `Two processes of the program, each with an MCP client over stdio that keeps ${CALLS_IN_FLIGHT} calls of find_user ` +
      'in flight and repeats throttled ones at `retryAt`; the app as above.',
    rows: [
      ...limitRows(seenByApp(arrivals, start, seconds)),
      {
        what: 'Fairness: fewest answers of a server, relative to the most',
        figure: percent(fairness(asked)),
      },
      ...crowdRows(asked),
    ],
  }
}

/** Looks up the next person at each call. */
export const lookUp =
  (client: TestClient, name: () => string): Ask =>
  async (signal) => {
    const { searched } = await answerOf<FindUserAnswer>(client, 'find_user', { user: name() }, signal)
    const [row] = searched
    if (row?.outcome === 'found') return 'answered'
    if (row?.retryAt) return { retryAt: Date.parse(row.retryAt) }
    throw new Error(`find_user answered ${JSON.stringify(searched)}`)
  }
