import { join } from 'node:path'
import { Agent, request } from 'undici'
import { startApp } from './app.ts'
import { bundleServer } from './bundle-server.ts'
import { temporaryFolder } from './folder.ts'
import { atMost, exactly, median, ms, type Part, quantile, times } from './rows.ts'
import { answerOf, placeFor, startServer } from './servers.ts'

// Until the machine code of all sides is as good as it gets.
const WARM_UP = 1_500
const ROUNDS = 600
const FIRST = 100
const PLENTY = 10_000_000
const ASK = { user: 'ada@example.com' }

export const overhead: Part = async () => {
  await using app = await startApp({ perMinute: PLENTY })
  using place = placeFor(app, { budget: { perMinute: PLENTY } })
  using folder = temporaryFolder()
  const ours = await startServer(place)
  const byOurs = () => answerOf(ours, 'find_user', ASK)
  await byOurs()
  const made = (await app.arrivals()).at(-1)
  if (!made) throw new Error('find_user made no request')
  const url = `${app.url}${made.path}?${made.query}`
  const token = app.env.SANDBOX_NETSKOPE_SCIM_TOKEN ?? ''
  const least = await startServer({
    main: await bundleServer(join(import.meta.dirname, 'asking-server.ts'), folder.path),
    args: [],
    env: { PATH: place.env.PATH ?? '', ASK_URL: url, ASK_TOKEN: token },
  })
  const byLeast = () => answerOf(least, 'find_user', ASK)
  const dispatcher = new Agent()
  const byHand = async () => {
    const headers = { 'netskope-api-token': token, accept: 'application/scim+json' }
    const { body } = await request(url, { headers, dispatcher })
    await body.json()
  }

  const taken = { hand: [] as number[], least: [] as number[], ours: [] as number[] }
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    taken.hand.push(await timed(byHand))
    taken.least.push(await timed(byLeast))
    taken.ours.push(await timed(byOurs))
  }
  await Promise.all([ours.close(), least.close()])
  const arrived = (await app.arrivals()).length
  const warm = (what: keyof typeof taken) => taken[what].slice(WARM_UP)
  const both = (what: keyof typeof taken) => `${ms(median(warm(what)))}, ${ms(quantile(warm(what), 0.99))}`
  const first = (what: keyof typeof taken) => median(taken[what].slice(0, FIRST))
  return {
    title: 'What a call costs',
    how:
      'find_user over stdio, by this server and by the least one on the same SDK that makes the same HTTP request by ' +
      `bare undici, and that request alone, in turn, ${ROUNDS} times each after ${WARM_UP} to warm up, one at a time. ` +
      'Limits so high that nothing waits.',
    rows: [
      atMost(
        'find_user over the same by the least server, at the median',
        median(warm('ours')) / median(warm('least')),
        1.3,
        times,
      ),
      { what: 'find_user: median, 99th percentile', figure: both('ours') },
      { what: 'By the least server: median, 99th percentile', figure: both('least') },
      { what: 'The bare request: median, 99th percentile', figure: both('hand') },
      {
        what: `Nobody warm, the first ${FIRST} of each at the median: ours, the least server`,
        figure: `${ms(first('ours'))}, ${ms(first('least'))}`,
      },
      exactly('Requests at the app for each call', (arrived - 1) / 3 / (WARM_UP + ROUNDS), 1),
    ],
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await work()
  return performance.now() - from
}
