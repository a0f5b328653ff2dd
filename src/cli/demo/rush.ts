import { setMaxListeners } from 'node:events'
import { mostIn } from '../../sandbox/index.ts'
import type { Act } from './act.ts'
import { FoundOrTooBusy } from './answers.ts'

const LOOK_UPS = 400
const ALLOWED = 300
const MINUTE = 60_000

export const rush: Act = {
  title: `${LOOK_UPS} look-ups at once`,
  about:
    `Netskope answers about ${ALLOWED} requests a minute and refuses more with the status 429, whoever sends them. ` +
    `A hasty agent asks for ${LOOK_UPS} people at the same moment, in a second tenant where nothing is spent yet.`,

  async run({ startSandbox, makeHome, connect }, screen) {
    const sandbox = await startSandbox()
    const { arrivals, users } = sandbox.tenants['acme-netskope']
    const agent = await connect(makeHome('rush', sandbox), 'hasty-agent')
    const names = Array.from({ length: LOOK_UPS }, (_, at) => users[at % users.length]?.userName ?? '')

    setMaxListeners(LOOK_UPS) // all of them wait for the same pipe
    screen.by('agent asks', `find_user · ${LOOK_UPS} times, without waiting for an answer`)
    const began = Date.now()
    const answers = await Promise.all(
      names.map(async (user) => ({ user, ...(await agent.call('find_user', { user }, FoundOrTooBusy)) })),
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
      toldWhen: retryAt.length,
      refused: refused.length,
      mostInAMinute: mostIn(times, MINUTE),
    }

    screen.by('server says', `${LOOK_UPS} answers within ${((ended - began) / 1_000).toFixed(1)} s:`)
    screen.rows([
      [`${found.answered}`, 'found'],
      [
        `${found.toldWhen}`,
        `told when to ask again: from ${clock(first)} on, in ${inSeconds(first - ended)} s`,
      ],
      [`${found.refused}`, 'times that the app had to refuse with 429'],
      [`${found.mostInAMinute}`, 'requests at most that reached the app in any 60 s'],
    ])
    screen.check(
      found.refused === 0 && found.mostInAMinute <= ALLOWED,
      'The app was never asked for more than it gives: not one 429.',
      found,
    )
    screen.check(
      found.answered >= 0.95 * ALLOWED && first > ended && mixedUp.length === 0,
      `Of the ${ALLOWED} that it gives, ${found.answered} were used; nobody was left hanging or given another’s account.`,
      { ...found, mixedUp },
    )
  },
}

const clock = (time: number) => `${new Date(time).toISOString().slice(11, 19)} UTC`
const inSeconds = (ms: number) => Math.ceil(ms / 1_000)
