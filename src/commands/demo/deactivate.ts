import { type Act, ADA, ask } from './act.ts'
import { Deactivated, Reactivated } from './answers.ts'

export const deactivate: Act = {
  title: 'Switch the account off: a person is asked first',
  about:
    'Taking access away needs a yes from a person, and the agent can not say it for them. The server has this ' +
    'question shown to whoever sits at the agent’s window, and waits.',

  async run({ home, agent, asked }, screen) {
    const app = home.sandbox.tenants['acme-netskope']
    const call = { user: ADA, tenants: ['acme-netskope'], reason: 'Left the company' }
    const { status, results } = await ask(screen, agent, 'deactivate_user', call, Deactivated)
    const [{ account, outcome, note }] = results
    screen.by(
      'server says',
      `${status}: ${account.userName} ${outcome}; read back from the app and verified as ${account.status}`,
      note,
    )
    screen.check(
      asked.length === 1 && app.writes.length === 1 && app.user(ADA).active === false,
      'Asked once, written once. A look into the app itself: her account is inactive.',
      { asked, writes: app.writes, user: app.user(ADA) },
    )
    // Giving access back takes nothing from anybody, so nobody is asked.
    const back = { ...call, reason: 'For the next part of the story' }
    await agent.call('reactivate_user', back, Reactivated)
    screen.check(
      asked.length === 1 && app.user(ADA).active === true,
      'For the next part of the story she was given her account back (reactivate_user).',
      { asked, user: app.user(ADA) },
    )
  },
}
