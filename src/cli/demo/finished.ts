import type * as z from 'zod'
import { type Act, ask } from './act.ts'
import { RunReport } from './answers.ts'
import { activeIn, writesOf } from './company.ts'
import type { World } from './world.ts'

export const finished: Act = {
  title: 'The next start finishes what was begun',
  about:
    'The agent’s program starts the server again, as it would any day. The server finds the run that nobody works ' +
    'on. It does not send again what may have happened: it reads the Okta account first, and goes on from there.',

  async run(world, screen) {
    const { sandbox } = world.home
    const before = writesOf(sandbox)
    await world.restart()
    await ask(screen, world.agent, 'get_run', { runId: world.story.runId }, RunReport)
    const { state, rows } = await reportOf(world)
    screen.by('server says', `${state}:`)
    screen.rows(
      rows.map(({ tenant = '', outcome, sessions, verified }) => [
        tenant,
        outcome,
        verified ? 'read back and verified' : 'not verified',
        sessions ? `sessions ${sessions}` : '',
      ]),
    )
    const after = writesOf(sandbox)
    const apps = Object.keys(sandbox.tenants)
    const switchedOff = after
      .filter(({ what }) => what === 'account switched off')
      .map(({ tenant }) => tenant)
    screen.check(
      state === 'finished' &&
        rows.length === apps.length &&
        rows.every((row) => row.outcome === 'done' && row.verified),
      'Every account is done and verified. Nobody had to be asked again.',
      rows,
    )
    screen.check(
      switchedOff.toSorted().join() === apps.toSorted().join() &&
        after.length === apps.length + 1 &&
        before.every(({ at }, index) => after[index]?.at === at) &&
        activeIn(sandbox).length === 0,
      `Counted in the apps: one change in each, ${after.length} in all with the sessions. Nothing was done twice.`,
      { after, active: activeIn(sandbox) },
    )
  },
}

/** The report of the run, once it is over. */
async function reportOf({ agent, story: { runId }, waitUntil }: World): Promise<z.infer<typeof RunReport>> {
  const look = () => agent.call('get_run', { runId }, RunReport)
  let report = await look()
  await waitUntil(async () => {
    report = await look()
    return report.state !== 'running'
  })
  return report
}
