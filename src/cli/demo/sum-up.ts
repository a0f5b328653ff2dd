import { join } from 'node:path'
import { openStores } from '../../app/stores.ts'
import type { JournalLine } from '../../journal/events.ts'
import { mostIn } from '../../sandbox/index.ts'
import { writesOf } from './company.ts'
import type { Screen } from './screen.ts'
import type { World } from './world.ts'

/** The demo in three lines, counted from the journal and the requests to the apps. */
export async function sumUp({ home, sandboxes, story }: World, screen: Screen, began: number): Promise<void> {
  const lines: JournalLine[] = []
  for await (const line of openStores(join(home.folder, 'data')).journal.read()) lines.push(line)
  const yes = lines.filter(({ event }) => event === 'approved')
  const started = lines.filter(({ event, account }) => event === 'started' && account)
  const writes = writesOf(home.sandbox)
  const apps = sandboxes.map(({ tenants }) => tenants['acme-netskope'].arrivals)
  const arrivals = apps.flat()
  const refused = arrivals.filter(({ status }) => status === 429)
  const most = apps.map((app) =>
    mostIn(
      app.map(({ at }) => at),
      60_000,
    ),
  )

  screen.heading('What happened')
  screen.check(
    yes.length === 1 &&
      writes.length > 0 &&
      started.every(({ approval }) => approval?.id === story.approvalId) &&
      started.length >= writes.length,
    `A person said yes once. ${writes.length} changes reached the apps, each once, each under that yes.`,
    { yes, started, writes },
  )
  screen.check(
    refused.length === 0,
    `${arrivals.length} requests reached Netskope, ${Math.max(...most)} at most in any 60 s; ` +
      `${refused.length} were refused as too many.`,
    refused,
  )
  screen.check(
    lines.length > 0,
    `The journal has ${lines.length} entries. The demo took ${Math.round((Date.now() - began) / 1_000)} s.`,
    lines,
  )
  screen.say('Next: see README.md to connect your own apps and your own agent.')
}
