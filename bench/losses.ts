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
import { deactivateAll } from '../test/support/leavers.ts'
import { startRedis } from '../test/support/redis.ts'
import { openRoundRobin } from '../test/support/round-robin.ts'
import { startApp } from './app.ts'
import { SKEWS } from './instances.ts'
import { exactly, type Part } from './rows.ts'
import { type PreparedLaunch, prepareLaunch } from './servers.ts'

const ACCOUNTS = 560
const LEAVERS = 500
const WORKERS = 4
const KILL_EVERY_MS = 2_500
/** More than the app's limit in the other parts, so that the run takes minutes. */
const PER_MINUTE = 3_000
const SETTINGS = {
  auth: { tokens: true },
  confirm: { removes: 'approve' },
  // An attempt whose instance was killed counts too.
  limits: { removesPerHour: 2 * LEAVERS },
}

export const losses: Part = async () => {
  await using app = await startApp({
    crowd: ACCOUNTS,
    perMinute: PER_MINUTE,
    faults: [{ fault: 'slow', method: 'PATCH', ms: 150 }],
  })
  await using redis = await startRedis('--appendonly', 'yes', '--appendfsync', 'always')
  await using proxy = await openRoundRobin()
  const settings = { ...SETTINGS, store: redis.url, http: { url: proxy.url } }
  using launch = prepareLaunch(app, { budget: { perMinute: PER_MINUTE } }, settings)
  await using fleet = await openFleet({ ...launch, proxy, skews: SKEWS })
  const { store } = openStores('', redis.address)
  await openApprovers(store).add('grace', PASSPHRASE)
  const { token } = await openApiTokens(store).create('helpdesk', { scopes: ['identity:remove'] })
  await store.close()

  const people = makePeople(ACCOUNTS)
    .filter(({ active }) => active)
    .slice(0, LEAVERS)
  const names = people.map(({ userName }) => userName)
  let killed = 0
  let over = false
  const leaving = deactivateAll({
    url: fleet.url,
    token,
    tenant: 'acme-netskope',
    people: names,
    atOnce: WORKERS,
  }).finally(() => {
    over = true
  })
  const killing = (async () => {
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
  await killing

  const writes = new Map<string, number>()
  const arrivals = await app.arrivals()
  for (const { method, path } of arrivals)
    if (method === 'PATCH') writes.set(path, (writes.get(path) ?? 0) + 1)
  const reported = new Set([...course.done, ...course.foundDone])
  const lines = runJournal(launch, 'export')
    .stdout.trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JournalLine)
  const started = lines.filter(({ event, account }) => event === 'started' && account)
  return {
    title: `${LEAVERS} approved deactivations while instances are killed`,
    how:
      'The instances as above. A bot requests every deactivation, and it is approved on the page, by passphrase; ' +
      `${WORKERS} are in flight at the same time. Every ${KILL_EVERY_MS / 1_000} s a random instance is killed (SIGKILL) and replaced, or, one ` +
      'time in twenty, Redis, which keeps what it has acknowledged (appendfsync always). The bot repeats calls without an answer. ' +
      'The app counts the writes.',
    rows: [
      exactly('Accounts written to', writes.size, LEAVERS),
      exactly(
        'Accounts written to more than once',
        [...writes.values()].filter((count) => count > 1).length,
        0,
      ),
      exactly('People reported as deactivated', reported.size, LEAVERS),
      exactly('Answers with an unknown outcome', course.unknown, 0),
      exactly('429 answers', arrivals.filter(({ status }) => status === 429).length, 0),
      exactly('Exit code of `journal verify`', runJournal(launch, 'verify').status ?? -1, 0),
      { what: 'Kills of an instance; kills of Redis', figure: `${killed}; ${Math.floor(killed / 19)}` },
      { what: 'Requests without an answer', figure: String(course.unanswered) },
      {
        what: 'Found done by the next call, because the previous answer was lost',
        figure: String(course.foundDone.length),
      },
      {
        what: 'Requested again, because the approval was used up or lost',
        figure: String(course.askedAgain),
      },
      {
        what: 'Writes without an end in the journal, because the instance was killed first',
        figure: String(started.filter((line) => !lines.some((other) => endsWrite(line, other))).length),
      },
      { what: 'Journal entries', figure: String(lines.length) },
      { what: 'Total time', figure: `${seconds} s` },
    ],
  }
}

const runJournal = ({ main, config, env }: PreparedLaunch, what: 'verify' | 'export') =>
  spawnSync(process.execPath, [main, 'journal', what, '--config', config], {
    env,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
