import { compareCrowd } from '../test/support/crowd/compare.ts'
import { DIRECTORIES } from '../test/support/crowd/crowd.ts'
import { atMost, exactly, type Part, times } from './rows.ts'

const PEOPLE = Number(process.env.COMPARE_PEOPLE ?? 100_000)
const PAGE = 200

/** A comparison of three large directories: what it costs, and whether it says what a join in memory says. */
export const comparePart: Part = async () => {
  const small = await compareCrowd(PEOPLE / 10, PAGE)
  const large = await compareCrowd(PEOPLE, PAGE)
  const counts = large.counts.map(
    ({ tenant, stale, missing, differs, orphans }) =>
      `${tenant}: ${stale} stale, ${missing} missing, ${differs} differ, ${orphans} orphans`,
  )
  return {
    title: 'A comparison of three large directories',
    how:
      `\`compare\` with 3 tenants of ${PEOPLE} accounts over SCIM in pages of ${PAGE}, every row as CSV and HTML, and before it with a ` +
      'tenth of them. The naive join has the accounts of all three in memory and none of the program. The bare loop reads the same ' +
      `pages with undici and parses them. \`COMPARE_PEOPLE=${PEOPLE} npm run bench -- --only compare --write\`.`,
    rows: [
      exactly('requests, and pages', large.requests, (DIRECTORIES.length * PEOPLE) / PAGE),
      exactly('rows that the naive join has not', large.extra, 0),
      exactly('rows of the naive join that are not told', large.lost, 0),
      atMost('most memory, relative to a tenth of the accounts', large.memory / small.memory, 1.5, times),
      { what: 'most memory (RSS)', figure: `${large.memory.toFixed(0)} MiB` },
      {
        what: 'time, and that of the bare loop',
        figure: `${large.seconds.toFixed(1)} s, ${large.bare.toFixed(1)} s`,
      },
      { what: `rows: ${large.rows}`, figure: counts.join('; ') },
    ],
  }
}
