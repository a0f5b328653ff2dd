import { setMaxListeners } from 'node:events'
import { mostIn } from '../../sandbox/index.ts'
import type { Act } from './act.ts'
import { FoundOrRateLimited } from './answers.ts'

const LOOK_UPS = 130
/** A tenant with a small limit, so that a slow machine is as quick. */
const ALLOWED_PER_MINUTE = 100
const MINUTE = 60_000

export const rush: Act = {
  title: `${LOOK_UPS} look-ups at the same time`,
  about:
    'Apps limit how often they are asked, and whoever asks too often locks everybody out. This tenant of Netskope ' +
    `answers ${ALLOWED_PER_MINUTE} requests per minute and refuses more with status 429. An agent in a hurry looks up ` +
    `${LOOK_UPS} people at the same time.`,

  async run({ startSandbox, makeHome, connect }, screen) {
    const sandbox = await startSandbox({ perMinute: ALLOWED_PER_MINUTE })
    const { arrivals, users } = sandbox.tenants['acme-netskope']
    const tenant = { ...sandbox.settings.tenants['acme-netskope'], budget: { perMinute: ALLOWED_PER_MINUTE } }
    const agent = await connect(
      makeHome('rush', sandbox, { tenants: { 'acme-netskope': tenant } }),
      'hasty-agent',
    )
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
      [`${found.retryLater}`, `told when to ask again${inSeconds(retryAt, ended)}`],
      [`${found.refused}`, 'refused by the app with 429'],
      [`${found.mostInAMinute}`, 'requests at most reached the app in any 60 s'],
    ])
    screen.check(
      found.refused === 0 && found.mostInAMinute <= ALLOWED_PER_MINUTE,
      'The server never exceeded the limit of the app: no 429.',
      found,
    )
    screen.check(
      found.answered >= 0.8 * ALLOWED_PER_MINUTE &&
        retryAt.every((time) => time > began) &&
        mixedUp.length === 0,
      'Every call got an answer at once, and the right one.',
      { ...found, mixedUp },
    )
  },
}

/** ": the first in 48 s", if that is still to come. */
function inSeconds(times: readonly number[], now: number): string {
  const first = Math.min(...times)
  return first > now && Number.isFinite(first) ? `: the first in ${Math.ceil((first - now) / 1_000)} s` : ''
}
