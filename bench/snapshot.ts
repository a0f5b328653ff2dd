import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { startProgram, timed, toEnd } from './children.ts'
import { accountsOf, changed } from './crowd.ts'
import { openDirectories, PAGE } from './directories.ts'
import { temporaryFolder } from './folder.ts'
import { atMost, exactly, type Part, times } from './rows.ts'

const PEOPLE = Number(process.env.SNAPSHOT_PEOPLE ?? 100_000)
const TENANT = 'crm'

/** Two snapshots of a large directory: size, time, and whether their events are the changes that were made between them. */
export const snapshotPart: Part = async () => {
  const small = await snapshots(PEOPLE / 10)
  const large = await snapshots(PEOPLE)
  return {
    title: 'Snapshots of a large directory',
    how:
      `\`audit snapshot\` of ${PEOPLE} accounts over SCIM in pages of ${PAGE}, then changes to some of them, a second snapshot, and ` +
      '`audit export` of the events; before it the same with a tenth of them. The bare loop reads the same pages with undici and ' +
      `parses them. \`SNAPSHOT_PEOPLE=${PEOPLE} npm run bench -- --only snapshot --write\`.`,
    rows: [
      exactly('requests of the first, and pages', large.requests, PEOPLE / PAGE),
      exactly('events that are no change', large.extra, 0),
      exactly('changes without an event', large.lost, 0),
      { what: 'changes made, events told', figure: `${large.made}, ${large.told}` },
      atMost('most memory, relative to a tenth of the accounts', large.memory / small.memory, 1.5, times),
      { what: 'most memory (RSS)', figure: `${large.memory.toFixed(0)} MiB` },
      { what: 'database, per account', figure: `${Math.round(large.bytes / PEOPLE)} bytes` },
      {
        what: 'time of the first, of the second, of the bare loop',
        figure: [large.first, large.second, large.bare].map((one) => `${one.toFixed(1)} s`).join(', '),
      },
    ],
  }
}

async function snapshots(people: number) {
  using folder = temporaryFolder()
  await using app = await openDirectories(people, folder.path)
  const bare = await timed(() => app.bareLoop(TENANT))
  await app.requests()
  const memory: number[] = []
  const run = (...words: string[]) =>
    toEnd(startProgram(['audit', ...words, '--config', app.config], folder.path), memory)
  const first = await timed(() => run('snapshot', TENANT))
  const requests = await app.requests()
  await app.change()
  const second = await timed(() => run('snapshot', TENANT))
  const bytes = statSync(join(folder.path, 'data/snapshots/snapshots.db')).size
  const out = join(folder.path, 'events.jsonl')
  await run('export', TENANT, '--since', '2020-01-01', '--out', out)
  const told = eventsIn(out)
  const made = changed(accountsOf(TENANT, people)).events
  const [toldOnce, madeOnce] = [new Set(told), new Set(made)]
  return {
    requests,
    made: made.length,
    told: told.length,
    // An event that is told twice is one too many.
    extra: told.length - toldOnce.size + [...toldOnce].filter((event) => !madeOnce.has(event)).length,
    lost: made.filter((change) => !toldOnce.has(change)).length,
    memory: Math.max(...memory),
    bytes,
    first,
    second,
    bare,
  }
}

const eventsIn = (file: string): string[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { action, target, group } = JSON.parse(line) as { action: string; target: string; group?: string }
      return [action, target, group].filter((part) => part !== undefined).join(' ')
    })
