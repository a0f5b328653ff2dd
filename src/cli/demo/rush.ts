import { setMaxListeners } from 'node:events'
import { mostIn } from '../../sandbox/index.ts'
import type { Act } from './act.ts'
import { FoundOrRateLimited } from './answers.ts'

const LOOK_UPS = 400
const ALLOWED_PER_MINUTE = 300
const MINUTE = 60_000

export const rush: Act = {
  title: `${LOOK_UPS} look-ups at the same time`,
  about:
    `Netskope answers about ${ALLOWED_PER_MINUTE} requests per minute and refuses more with status 429. ` +
    `An agent looks up ${LOOK_UPS} people at the same time, in a second tenant with a full budget.`,

  async run({ startSandbox, makeHome, connect }, screen) {
    const sandbox = await startSandbox()
    const { arrivals, users } = sandbox.tenants['acme-netskope']
    const agent = await connect(makeHome('rush', sandbox), 'hasty-agent')
    const names = Array.from({ length: LOOK_UPS }, (_, at) => users[at % users.length]?.userName ?? '')

    setMaxListeners(LOOK_UPS) // all of them wait for the same pipe
    screen.by('agent asks', `find_user · ${LOOK_UPS} times, without waiting for answers`)
    const began = Date.now()
    const answers = await Promise.all(
      names.map(async (user) => ({ user, ...(await agent.call('find_user', { user }, FoundOrRateLimited)) })),
    )
    const ended = Date.now()

    const mixedUp = answers.filter(({ user, people: [one] }) => one && one.accounts[0].userName !== user)
    const retryAt = answers.flatMap(({ searched: [row] }) =>
      'retryAt' in row ? Date.parse(row.retryAt) : [],
    )
    const first = Math.min(...retryAt)
    const refused = arrivals.filter(({ status }) => status === 429)
    const times = arrivals.map(({ at }) => at)
    const found = {
      answered: LOOK_UPS - retryAt.length,
      retryLater: retryAt.length,
      refused: refused.length,
      mostInAMinute: mostIn(times, MINUTE),
    }

    screen.by('server says', `${LOOK_UPS} answers within ${((ended - began) / 1_000).toFixed(1)} s:`)
    screen.rows([
      [`${found.answered}`, 'found'],
      [`${found.retryLater}`, `told to retry from ${clock(first)} on, in ${inSeconds(first - ended)} s`],
      [`${found.refused}`, 'refused by the app with 429'],
      [`${found.mostInAMinute}`, 'requests at most reached the app in any 60 s'],
    ])
    screen.check(
      found.refused === 0 && found.mostInAMinute <= ALLOWED_PER_MINUTE,
      'The server never exceeded the limit of the app: no 429.',
      found,
    )
    screen.check(
      found.answered >= 0.95 * ALLOWED_PER_MINUTE && first > ended && mixedUp.length === 0,
      `It used ${found.answered} of the ${ALLOWED_PER_MINUTE} allowed requests. Every call got an answer, and the right one.`,
      { ...found, mixedUp },
    )
  },
}

const clock = (time: number) => `${new Date(time).toISOString().slice(11, 19)} UTC`
const inSeconds = (ms: number) => Math.ceil(ms / 1_000)
