import { startRedis } from '../test/support/redis.ts'
import { startApp, userNames } from './app.ts'
import { askUntil } from './askers.ts'
import { atLeast, type BenchRow, exactly, type Part, percent } from './rows.ts'
import { answerOf, type PreparedLaunch, prepareLaunch, startServer } from './servers.ts'
import { lookUp } from './two-servers.ts'

const UNLIMITED = 10_000_000
const CALLS_IN_FLIGHT = 2
const TURN_MS = 3_000
const ROUNDS = 2
const CHANGES_EACH = 3
/** How long an app over the internet takes. */
const SLOW_MS = 100

export const processes: Part = async () => {
  const onDisk = await measured([1, 4, 16], {})
  await using redis = await startRedis()
  const inRedis = await measured([1, 2, 3], { store: redis.url })
  const waiting = await measured([1, 2, 3], { store: redis.url }, SLOW_MS)
  const ofOne = ({ speeds }: typeof onDisk, count: number) => (speeds.get(count) ?? 0) / (speeds.get(1) ?? 1)
  return {
    title: 'Many processes on one store',
    how:
      `Processes of the program over stdio, ${CALLS_IN_FLIGHT} calls of find_user in flight each, on one token without limits; in ` +
      `turn, ${ROUNDS} times ${TURN_MS / 1_000} s each. Clients, app and servers share the processors of the machine, so that a third process shows what it adds only while the app is waited for. Then ` +
      `each process makes ${CHANGES_EACH} changes at the same time.`,
    rows: [
      atLeast('4 on one folder: calls a second, relative to one', ofOne(onDisk, 4), 0.9, percent),
      { what: '16 on one folder: calls a second, relative to one', figure: percent(ofOne(onDisk, 16)) },
      speedRow('On one folder', onDisk.speeds),
      ...onDisk.changes,
      atLeast('3 on one Redis: calls a second, relative to one', ofOne(inRedis, 3), 0.9, percent),
      speedRow('On one Redis', inRedis.speeds),
      ...inRedis.changes,
      atLeast(
        `3 on one Redis, at an app that takes ${SLOW_MS} ms: calls a second, relative to one`,
        ofOne(waiting, 3),
        2.85,
        percent,
      ),
      speedRow(`On one Redis, at an app that takes ${SLOW_MS} ms`, waiting.speeds),
      ...waiting.changes,
    ],
  }
}

const speedRow = (where: string, speeds: ReadonlyMap<number, number>): BenchRow => ({
  what: `${where}: calls a second of ${[...speeds.keys()].join(', ')} processes`,
  figure: [...speeds.values()].map((speed) => speed.toFixed(0)).join(', '),
})

async function measured(counts: readonly number[], more: Record<string, unknown>, slowMs = 0) {
  const faults = slowMs > 0 ? [{ fault: 'slow' as const, ms: slowMs }] : []
  await using app = await startApp({ perMinute: UNLIMITED, faults })
  using launch = prepareLaunch(app, { budget: { perMinute: UNLIMITED, atOnce: 100 } }, more)
  const answered = new Map<number, number>()
  const name = userNames()
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const count of counts) {
      const clients = await fleet(launch, count)
      // The first call of a process learns and opens what the others have.
      await Promise.all(clients.map((client) => answerOf(client, 'find_user', { user: name() })))
      const asked = await askUntil(
        Date.now() + TURN_MS,
        clients.map((client) => ({ ask: lookUp(client, name), atOnce: CALLS_IN_FLIGHT })),
      )
      const sum = asked.reduce((all, { answered }) => all + answered, 0)
      answered.set(count, (answered.get(count) ?? 0) + sum)
      await Promise.all(clients.map((client) => client.close()))
    }
  }
  const most = Math.max(...counts)
  const clients = await fleet(launch, most)
  const outcomes = await Promise.all(
    clients.flatMap((client, at) =>
      Array.from({ length: CHANGES_EACH }, (_, one) =>
        answerOf<{ status: string }>(client, 'update_user', {
          tenant: 'acme-netskope',
          user: userNameAt(at * CHANGES_EACH + one),
          set: { givenName: `New ${at}` },
        }).then(
          ({ status }) => status,
          (error: Error) => error.message,
        ),
      ),
    ),
  )
  await Promise.all(clients.map((client) => client.close()))
  const failed = outcomes.filter((outcome) => outcome !== 'done')
  if (failed.length > 0) process.stderr.write(`${failed[0]}\n`)
  return {
    speeds: new Map([...answered].map(([count, sum]) => [count, (sum * 1_000) / ROUNDS / TURN_MS])),
    changes: [
      exactly(`${most} processes: changes that were not made, of ${outcomes.length}`, failed.length, 0),
    ],
  }
}

const fleet = (launch: PreparedLaunch, count: number) =>
  Promise.all(Array.from({ length: count }, () => startServer(launch)))

/** Each change is of another person. */
function userNameAt(number: number): string {
  const name = userNames()
  for (let at = 0; at < number; at += 1) name()
  return name()
}
