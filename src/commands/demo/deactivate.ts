import { type Act, ADA, ask } from './act.ts'
import { Deactivated, Reactivated } from './answers.ts'

export const deactivate: Act = {
  title: 'Switch the account off: a person is asked first',
  about:
    'Taking access away needs a yes from a person. The agent can not give it: the server has the program that the ' +
    'agent runs in put this question before its user, and waits.',

  async run({ home, agent, asked }, screen) {
    const app = home.sandbox.tenants['acme-netskope']
    const call = { user: ADA, tenants: ['acme-netskope'], reason: 'Left the company' }
    const { status, results } = await ask(screen, agent, 'deactivate_user', call, Deactivated)
    const [{ tenant, account, outcome, note }] = results
    screen.by(
      'server says',
      `${status}: ${account.userName} ${outcome} in ${tenant}, read back and verified: ${account.status}`,
      note,
    )
    screen.check(
      asked.length === 1 && !app.user(ADA).active && app.writes.length === 1,
      'Asked once, written once; in the app itself the account is inactive.',
      { asked, user: app.user(ADA), writes: app.writes },
    )
    await agent.call('reactivate_user', { ...call, reason: 'The story goes on' }, Reactivated)
    screen.check(
      app.user(ADA).active === true,
      'Ada has her account back, for the next part of the story.',
      app.user(ADA),
    )
  },
}
