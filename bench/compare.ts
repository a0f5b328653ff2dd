import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ComparisonCounts } from '../src/domain/comparison.ts'
import { grouped, naive } from '../test/support/naive-join.ts'
import { startProgram, timed, toEnd } from './children.ts'
import { accountsOf, DIRECTORIES } from './crowd.ts'
import { openDirectories, PAGE } from './directories.ts'
import { temporaryFolder } from './folder.ts'
import { atMost, exactly, type Part, times } from './rows.ts'

const PEOPLE = Number(process.env.COMPARE_PEOPLE ?? 100_000)
const [TRUTH, ...OTHERS] = DIRECTORIES

/** A comparison of three large directories: what it costs, and whether it says what a join in memory says. */
export const comparePart: Part = async () => {
  const small = await compared(PEOPLE / 10)
  const large = await compared(PEOPLE)
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

async function compared(people: number) {
  using folder = temporaryFolder()
  await using app = await openDirectories(people, folder.path)
  const bare = await timed(async () => {
    for (const directory of DIRECTORIES) await app.bareLoop(directory)
  })
  await app.requests()
  const memory: number[] = []
  const out = join(folder.path, 'out')
  const words = ['compare', '--truth', TRUTH, '--out', out, '--json', '--config', app.config]
  let printed = ''
  const seconds = await timed(async () => {
    printed = await toEnd(startProgram(words, folder.path), memory)
  })
  const { counts } = JSON.parse(printed) as { counts: ComparisonCounts[] }
  const rows = toldIn(join(out, 'compare.csv'))
  const wanted = new Set(wantedOf(people))
  const told = new Set(rows)
  return {
    counts,
    requests: await app.requests(),
    rows: rows.length,
    // A row that is told twice is one too many.
    extra: rows.length - told.size + [...told].filter((row) => !wanted.has(row)).length,
    lost: [...wanted].filter((row) => !told.has(row)).length,
    memory: Math.max(...memory),
    seconds,
    bare,
  }
}

/** Each row of the CSV by what it says: no cell of these directories needs quotes. */
function toldIn(file: string): string[] {
  const [, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\r\n')
  return lines.map((line) => {
    const [kind, tenant, , account, , truth, , , differences = ''] = line.split(',')
    const fields = differences === '' ? [] : differences.split('; ').map((one) => one.split(':')[0])
    return [kind, tenant, account, truth, ...fields].join(' ')
  })
}

function wantedOf(people: number): string[] {
  const truths = accountsOf(TRUTH, people)
  const matches = grouped(truths)
  return OTHERS.flatMap((tenant) => {
    const here = accountsOf(tenant, people)
    const names = new Map([...truths, ...here].map(({ id, userName }) => [id, userName]))
    return naive(truths, here, matches).map(({ kind, id, truth, fields = [] }) => {
      const sides = kind === 'missing' ? ['', names.get(id)] : [names.get(id), names.get(truth ?? '') ?? '']
      return [kind, tenant, ...sides, ...fields].join(' ')
    })
  })
}
