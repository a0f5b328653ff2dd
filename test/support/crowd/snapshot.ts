import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { startProgram, timed, toEnd } from '../children.ts'
import { temporaryFolder } from '../folder.ts'
import { accountsOf, changed } from './crowd.ts'
import { openDirectories } from './directories.ts'

const TENANT = 'crm'

/** Takes two snapshots of a directory of a crowd by command, and compares their events with the changes made between them. */
export async function snapshotCrowd(people: number, pageSize: number) {
  using folder = temporaryFolder()
  await using app = await openDirectories({ people, pageSize }, folder.path)
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
