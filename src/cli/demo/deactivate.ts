import { type Act, ADA, ask } from './act.ts'
import { DeactivatedInThree, ReactivatedInThree } from './answers.ts'

export const deactivate: Act = {
  title: 'Switch three accounts off: a person is asked first',
  about:
    'Removing access needs a yes from a person, and the agent cannot say it for them. The server lets the client ' +
    'show this question to the person at the agent, and waits. One question covers all three apps.',

  async run({ home, agent, asked }, screen) {
    const apps = Object.values(home.sandbox.tenants)
    const call = { user: ADA, tenants: Object.keys(home.sandbox.tenants), reason: 'Left the company' }
    const { status, results } = await ask(screen, agent, 'deactivate_user', call, DeactivatedInThree)
    screen.by(
      'server says',
      `${status}, read back from each app and verified:`,
      ...results.map(({ tenant, account, note }) => `${tenant}: ${account.status}. ${note ?? ''}`.trim()),
    )
    const states = () => apps.map((app) => app.user(ADA).active)
    screen.check(
      asked.length === 1 &&
        apps.every(({ writes }) => writes.length === 1) &&
        states().every((on) => on === false),
      'Asked once, written once in each app. Checked in the apps themselves: her accounts are inactive.',
      { asked, writes: apps.map(({ writes }) => writes), states: states() },
    )
    const back = { ...call, reason: 'For the next part of the demo' }
    await agent.call('reactivate_user', back, ReactivatedInThree)
    screen.check(
      asked.length === 2 && states().every((on) => on === true),
      'A person was asked again, and her accounts are active (reactivate_user).',
      { asked, states: states() },
    )
  },
}
