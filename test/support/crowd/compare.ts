import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ComparisonCounts } from '../../../src/domain/comparison.ts'
import { startProgram, timed, toEnd } from '../children.ts'
import { temporaryFolder } from '../folder.ts'
import { grouped, naive } from '../naive-join.ts'
import { accountsOf, DIRECTORIES } from './crowd.ts'
import { openDirectories } from './directories.ts'

const [TRUTH, ...OTHERS] = DIRECTORIES

/** Compares the directories of a crowd by command, and what was said with a join in memory. */
export async function compareCrowd(people: number, pageSize: number) {
  using folder = temporaryFolder()
  await using app = await openDirectories({ people, pageSize }, folder.path)
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
