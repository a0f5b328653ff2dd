import { Agent, request } from 'undici'
import { startApp } from './app.ts'
import { atMost, exactly, median, ms, type Part, quantile } from './rows.ts'
import { answerOf, placeFor, startServer } from './servers.ts'

// Until the machine code of both sides is as good as it gets.
const WARM_UP = 1_500
const ROUNDS = 600
const FIRST = 100
const PLENTY = 10_000_000
const ASK = { user: 'ada@example.com' }

export const overhead: Part = async () => {
  await using app = await startApp({ perMinute: PLENTY })
  using place = placeFor(app, { budget: { perMinute: PLENTY } })
  const client = await startServer(place)
  const byTool = () => answerOf(client, 'find_user', ASK)
  await byTool()
  const byHand = sameByHand(app.url, app.env.SANDBOX_NETSKOPE_SCIM_TOKEN ?? '', (await app.arrivals()).at(-1))

  const bare: number[] = []
  const tool: number[] = []
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    bare.push(await timed(byHand))
    tool.push(await timed(byTool))
  }
  await client.close()
  const arrived = (await app.arrivals()).length
  const [warmBare, warmTool] = [bare.slice(WARM_UP), tool.slice(WARM_UP)]
  const more = (share: number) => quantile(warmTool, share) - quantile(warmBare, share)
  const both = (times: readonly number[]) => `${ms(median(times))}, ${ms(quantile(times, 0.99))}`
  return {
    title: 'What a call costs',
    how:
      `find_user over stdio and the very HTTP request that it makes, by bare undici, in turn, ${ROUNDS} times each ` +
      `after ${WARM_UP} to warm up, one at a time. Limits so high that nothing waits.`,
    rows: [
      atMost('find_user more than the bare request, at the median', more(0.5), 2, ms),
      { what: 'The same at the 99th percentile', figure: ms(more(0.99)) },
      { what: 'find_user: median, 99th percentile', figure: both(warmTool) },
      { what: 'The bare request: median, 99th percentile', figure: both(warmBare) },
      {
        what: `Neither warm, the first ${FIRST} of each: find_user more at the median`,
        figure: ms(median(tool.slice(0, FIRST)) - median(bare.slice(0, FIRST))),
      },
      exactly('Requests at the app for each call', (arrived - 1) / 2 / (WARM_UP + ROUNDS), 1),
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
