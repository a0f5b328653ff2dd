import { Agent, request } from 'undici'
import { startApp } from './app.ts'
import { atMost, median, ms, type Part, quantile } from './rows.ts'
import { answerOf, placeFor, startServer } from './servers.ts'

const WARM_UP = 100
const ROUNDS = 600
const PLENTY = 10_000_000
const ASK = { user: 'ada@example.com' }

export const overhead: Part = async () => {
  await using app = await startApp({ perMinute: PLENTY })
  using place = placeFor(app, { budget: { perMinute: PLENTY } })
  const client = await startServer(place)
  const byTool = () => answerOf(client, 'find_user', ASK)
  await byTool()
  const byHand = sameByHand(app.url, app.env.SANDBOX_NETSKOPE_SCIM_TOKEN ?? '', (await app.arrivals()).at(-1))

  const tool: number[] = []
  const bare: number[] = []
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const [first, second] = [await timed(byHand), await timed(byTool)]
    if (round < 0) continue
    bare.push(first)
    tool.push(second)
  }
  await client.close()
  const arrived = (await app.arrivals()).length
  return {
    title: 'What a call costs',
    how:
      `find_user over stdio and the very HTTP request that it makes, by bare undici, in turn, ${ROUNDS} times each ` +
      `after ${WARM_UP} to warm up, one at a time. Limits so high that nothing waits.`,
    rows: [
      atMost('find_user more than the bare request, at the median', median(tool) - median(bare), 2, ms),
      { what: 'The same at the 99th percentile', figure: ms(quantile(tool, 0.99) - quantile(bare, 0.99)) },
      {
        what: 'find_user: median, 99th percentile',
        figure: `${ms(median(tool))}, ${ms(quantile(tool, 0.99))}`,
      },
      {
        what: 'The bare request: median, 99th percentile',
        figure: `${ms(median(bare))}, ${ms(quantile(bare, 0.99))}`,
      },
      { what: 'Requests that arrived for each call', figure: String((arrived - 1) / 2 / (WARM_UP + ROUNDS)) },
    ],
  }
}

/** The request that the server just made, as it is made without the server. */
function sameByHand(url: string, token: string, made: { path: string; query: string } | undefined) {
  if (!made) throw new Error('find_user made no request')
  const dispatcher = new Agent()
  const headers = { 'netskope-api-token': token, accept: 'application/scim+json' }
  return async () => {
    const { body } = await request(`${url}${made.path}?${made.query}`, { headers, dispatcher })
    await body.json()
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await work()
  return performance.now() - from
}
