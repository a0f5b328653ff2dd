import type { TestClient } from '../test/support/clients.ts'
import { seenByApp, startApp, userNames } from './app.ts'
import { type Ask, askUntil, fairness } from './askers.ts'
import { type Part, percent } from './rows.ts'
import { crowdRows, limitRows } from './saturation.ts'
import { answerOf, placeFor, startServer } from './servers.ts'

const AT_ONCE = 30

interface Found {
  searched: { outcome: string; code?: string; retryAt?: string }[]
}

export const twoServers: Part = async ({ seconds }) => {
  await using app = await startApp()
  using place = placeFor(app)
  const clients = await Promise.all([startServer(place), startServer(place)])
  const name = userNames()
  const start = Date.now()
  const asked = await askUntil(
    start + seconds * 1_000,
    clients.map((client) => ({ ask: lookUp(client, name), atOnce: AT_ONCE })),
  )
  const arrivals = await app.arrivals()
  await Promise.all(clients.map((client) => client.close()))
  return {
    title: `Saturation by two servers that share a data folder, ${seconds} s`,
    how:
      `Two processes of the program, each with an MCP client over stdio that keeps ${AT_ONCE} calls of find_user ` +
      'going and comes back at `retryAt` when it is told to; the app as above.',
    rows: [
      ...limitRows(seenByApp(arrivals, start, seconds)),
      {
        what: 'Fairness: answers of the server with fewer over those of the other',
        figure: percent(fairness(asked)),
      },
      ...crowdRows(asked),
    ],
  }
}

/** A look-up by a client, the next person each time. */
export const lookUp =
  (client: TestClient, name: () => string): Ask =>
  async (signal) => {
    const { searched } = await answerOf<Found>(client, 'find_user', { user: name() }, signal)
    const [row] = searched
    if (row?.outcome === 'found') return 'answered'
    if (row?.retryAt) return { retryAt: Date.parse(row.retryAt) }
    throw new Error(`find_user answered ${JSON.stringify(searched)}`)
  }
