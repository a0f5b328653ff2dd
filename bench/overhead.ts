import { join } from 'node:path'
import { Agent, request } from 'undici'
import { temporaryFolder } from '../test/support/folder.ts'
import { startApp } from './app.ts'
import { bundleServer } from './bundle-server.ts'
import { atMost, exactly, median, ms, type Part, quantile, times } from './rows.ts'
import { answerOf, prepareLaunch, startServer } from './servers.ts'

// Enough calls for the JIT compiler to optimize all three.
const WARM_UP_CALLS = 1_500
const ROUNDS = 600
const COLD_CALLS = 100
const UNLIMITED = 10_000_000
const ASK = { user: 'ada@example.com' }

export const overhead: Part = async () => {
  await using app = await startApp({ perMinute: UNLIMITED })
  using launch = prepareLaunch(app, { budget: { perMinute: UNLIMITED } })
  using folder = temporaryFolder()
  const ours = await startServer(launch)
  const callOurs = () => answerOf(ours, 'find_user', ASK)
  await callOurs()
  // The first call also tests the filters of the app.
  const before = await app.arrivals()
  const made = before.at(-1)
  if (!made) throw new Error('find_user made no request')
  const url = `${app.url}${made.path}?${made.query}`
  const token = app.env.SANDBOX_NETSKOPE_SCIM_TOKEN ?? ''
  const minimal = await startServer({
    main: await bundleServer(join(import.meta.dirname, 'asking-server.ts'), folder.path),
    args: [],
    env: { PATH: launch.env.PATH ?? '', ASK_URL: url, ASK_TOKEN: token },
  })
  const callMinimal = () => answerOf(minimal, 'find_user', ASK)
  const dispatcher = new Agent()
  const requestDirectly = async () => {
    const headers = { 'netskope-api-token': token, accept: 'application/scim+json' }
    const { body } = await request(url, { headers, dispatcher })
    await body.json()
  }

  const durations = { hand: [] as number[], minimal: [] as number[], ours: [] as number[] }
  for (let round = 0; round < WARM_UP_CALLS + ROUNDS; round++) {
    durations.hand.push(await timed(requestDirectly))
    durations.minimal.push(await timed(callMinimal))
    durations.ours.push(await timed(callOurs))
  }
  await Promise.all([ours.close(), minimal.close()])
  const arrived = (await app.arrivals()).length
  const warm = (what: keyof typeof durations) => durations[what].slice(WARM_UP_CALLS)
  const both = (what: keyof typeof durations) =>
    `${ms(median(warm(what)))}, ${ms(quantile(warm(what), 0.99))}`
  const first = (what: keyof typeof durations) => median(durations[what].slice(0, COLD_CALLS))
  return {
    title: 'What a call costs',
    how:
      'find_user over stdio, of this server and of a minimal server on the same SDK that makes the same HTTP request with ' +
      `bare undici, and that request alone; alternating, ${ROUNDS} times each after ${WARM_UP_CALLS} for warm-up, one at a time. ` +
      'Limits are so high that nothing waits.',
    rows: [
      atMost(
        'find_user, relative to the minimal server, median',
        median(warm('ours')) / median(warm('minimal')),
        1.3,
        times,
      ),
      { what: 'find_user: median, 99th percentile', figure: both('ours') },
      { what: 'The minimal server: median, 99th percentile', figure: both('minimal') },
      { what: 'The bare request: median, 99th percentile', figure: both('hand') },
      {
        what: `Cold, the first ${COLD_CALLS} of each, median: ours, the minimal server`,
        figure: `${ms(first('ours'))}, ${ms(first('minimal'))}`,
      },
      exactly('Requests at the app per call', (arrived - before.length) / 3 / (WARM_UP_CALLS + ROUNDS), 1),
    ],
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await work()
  return performance.now() - from
}
