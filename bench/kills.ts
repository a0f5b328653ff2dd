import { startRedis } from '../test/support/redis.ts'
import { type KillReport, killRun } from '../test/support/run-kills.ts'
import { type BenchRow, exactly, type Part } from './rows.ts'

const PEOPLE = Number(process.env.KILLS_PEOPLE ?? 10_000)
const KILLS = Number(process.env.KILLS ?? 100)
const SEED = Number(process.env.KILLS_SEED ?? 1)

/** A run of many people in two apps, whose servers are killed at random times. */
export const kills: Part = async () => {
  await using redis = await startRedis('--appendonly', 'yes', '--appendfsync', 'always')
  const how = { people: PEOPLE, kills: KILLS, seed: SEED }
  const [alone, two] = await Promise.all([killRun(how), killRun({ ...how, instances: 2, redis: redis.url })])
  return {
    title: 'A run whose servers are killed',
    how:
      `${PEOPLE} people are taken out of two apps, with a budget that never limits, while \`kill -9\` ends a server up to ` +
      `${KILLS} times, a tenth of them while it plans and the others when a random number of accounts is done (seed ${SEED}), in both places at the same time: ` +
      `\`KILLS_PEOPLE=${PEOPLE} KILLS=${KILLS} npm run bench -- --only kills --write\`.`,
    rows: [...rowsOf('one server', alone), ...rowsOf('two instances on Redis', two)],
  }
}

const rowsOf = (where: string, report: KillReport): BenchRow[] => [
  { what: `${where}: kills`, figure: String(report.killed) },
  exactly(`${where}: accounts done`, report.counts.done ?? 0, 2 * PEOPLE),
  exactly(`${where}: accounts forgotten`, report.forgotten, 0),
  exactly(`${where}: accounts written to twice`, report.twice, 0),
  exactly(`${where}: accounts of others written to`, report.others, 0),
  exactly(`${where}: rows of the report that are wrong`, report.wrongRows, 0),
  exactly(`${where}: exit code of journal verify`, report.journal ?? -1, 0),
]
