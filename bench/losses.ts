import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStores } from '../src/app/stores.ts'
import { openApprovers } from '../src/approvals/approvers.ts'
import { openApiTokens } from '../src/auth/api-tokens.ts'
import type { JournalLine } from '../src/journal/events.ts'
import { endsWrite } from '../src/journal/query.ts'
import { makePeople } from '../src/sandbox/people.ts'
import { PASSPHRASE } from '../test/support/approvers.ts'
import { openFleet } from '../test/support/fleet.ts'
import { leave } from '../test/support/leavers.ts'
import { startRedis } from '../test/support/redis.ts'
import { openRoundRobin } from '../test/support/round-robin.ts'
import { startApp } from './app.ts'
import { SKEWS } from './instances.ts'
import { exactly, type Part } from './rows.ts'
import { type Place, placeFor } from './servers.ts'

const CROWD = 560
const LEAVERS = 500
const AT_ONCE = 4
const KILL_EVERY_MS = 2_500
/** More than the app of the other parts takes, so that it is over in minutes. */
const PER_MINUTE = 3_000
const SETTINGS = {
  auth: { tokens: true },
  confirm: { removes: 'approve' },
  // A try whose instance was killed counts as well.
  limits: { removesPerHour: 2 * LEAVERS },
}

export const losses: Part = async () => {
  await using app = await startApp({
    crowd: CROWD,
    perMinute: PER_MINUTE,
    faults: [{ fault: 'slow', method: 'PATCH', ms: 150 }],
  })
  await using redis = await startRedis('--appendonly', 'yes', '--appendfsync', 'always')
  await using proxy = await openRoundRobin()
  const settings = { ...SETTINGS, store: redis.url, http: { url: proxy.url } }
  using place = placeFor(app, { budget: { perMinute: PER_MINUTE } }, settings)
  await using fleet = await openFleet({ ...place, proxy, skews: SKEWS })
  const { store } = openStores('', redis.address)
  await openApprovers(store).add('grace', PASSPHRASE)
  const { token } = await openApiTokens(store).create('helpdesk', { scopes: ['identity:remove'] })
  await store.close()

  const people = makePeople(CROWD)
    .filter(({ active }) => active)
    .slice(0, LEAVERS)
  const names = people.map(({ userName }) => userName)
  let killed = 0
  let over = false
  const leaving = leave({
    url: fleet.url,
    token,
    tenant: 'acme-netskope',
    people: names,
    atOnce: AT_ONCE,
  }).finally(() => {
    over = true
  })
  const trouble = (async () => {
    for (let round = 1; !over; round++) {
      await sleep(KILL_EVERY_MS)
      if (round % 20 === 0) await redis.restart()
      else {
        await fleet.replace(Math.floor(Math.random() * SKEWS.length))
        killed += 1
      }
    }
  })()
  const start = Date.now()
  const course = await leaving
  const seconds = Math.round((Date.now() - start) / 1_000)
  await trouble

  const writes = new Map<string, number>()
  const arrivals = await app.arrivals()
  for (const { method, path } of arrivals)
    if (method === 'PATCH') writes.set(path, (writes.get(path) ?? 0) + 1)
  const reported = new Set([...course.done, ...course.found])
  const lines = run(place, 'export')
    .stdout.trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JournalLine)
  const started = lines.filter(({ event, account }) => event === 'started' && account)
  return {
    title: `${LEAVERS} approved deactivations while instances are killed`,
    how:
      'The instances as above. Every deactivation is asked for by a bot and approved on the page, by passphrase; ' +
      `${AT_ONCE} are under way at once. Every ${KILL_EVERY_MS / 1_000} s a random instance is killed (SIGKILL) and another started, ` +
      'or, one time in twenty, Redis is, which keeps what it has acknowledged (appendfsync always). What gets no answer is asked ' +
      'again. The app counts the writes.',
    rows: [
      exactly('Accounts that were written to', writes.size, LEAVERS),
      exactly('Written to more than once', [...writes.values()].filter((count) => count > 1).length, 0),
      exactly('People of whom a call reported that they are deactivated', reported.size, LEAVERS),
      exactly('Answers that told of no outcome', course.unknown, 0),
      exactly('Answers of 429', arrivals.filter(({ status }) => status === 429).length, 0),
      exactly('Exit code of `journal verify`', run(place, 'verify').status ?? -1, 0),
      { what: 'Instances killed; times that Redis was', figure: `${killed}; ${Math.floor(killed / 19)}` },
      { what: 'Requests that got no answer', figure: String(course.lost) },
      {
        what: 'Found done by the next call, since the answer to the one before was lost',
        figure: String(course.found.length),
      },
      { what: 'Asked for anew, since the approval had been used up or lost', figure: String(course.anew) },
      {
        what: 'Writes whose end the journal does not have, since the instance was killed first',
        figure: String(started.filter((line) => !lines.some((other) => endsWrite(line, other))).length),
      },
      { what: 'Entries of the journal', figure: String(lines.length) },
      { what: 'Time for all of it', figure: `${seconds} s` },
    ],
  }
}

const run = ({ main, config, env }: Place, what: 'verify' | 'export') =>
  spawnSync(process.execPath, [main, 'journal', what, '--config', config], {
    env,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
