import { join } from 'node:path'
import { openStores } from '../../app/stores.ts'
import type { JournalLine } from '../../journal/events.ts'
import { mostIn } from '../../sandbox/index.ts'
import type { Screen } from './screen.ts'
import type { World } from './world.ts'

/** The demo in three lines, counted from the journal and the requests to the apps. */
export async function sumUp({ home, sandboxes }: World, screen: Screen, began: number): Promise<void> {
  const lines: JournalLine[] = []
  for await (const line of openStores(join(home.folder, 'data')).journal.read()) lines.push(line)
  const off = lines.filter(({ event, tool }) => event === 'started' && tool === 'deactivate_user')
  const yes = lines.filter(({ event, tool }) => event === 'approved' && tool === 'deactivate_user')
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
    off.length > 0 && off.every(({ approval }) => yes.some((one) => one.approval?.id === approval?.id)),
    `Accounts were switched off ${times(off.length)}, and a person had said yes ${times(yes.length)} before: ` +
      `${yes.map(({ approval }) => APPROVED_WHERE[approval?.how ?? 'page']).join(' and ')}.`,
    lines,
  )
  screen.check(
    refused.length === 0,
    `${arrivals.length} requests reached the apps, ${Math.max(...most)} at most in any 60 s; ` +
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

const APPROVED_WHERE = { form: 'at the agent’s window', terminal: 'in a terminal', page: 'on a page' }

const times = (count: number) => ['never', 'once', 'twice'][count] ?? `${count} times`
