import { type Act, ADA, ask } from './act.ts'
import { Found } from './answers.ts'

export const findPerson: Act = {
  title: 'Find a person',
  about:
    'Ada is leaving the company. Before anything is changed, the agent looks her up in every app that is connected; ' +
    'here that is one.',

  async run({ home, agent }, screen) {
    const { arrivals } = home.sandbox.tenants['acme-netskope']
    const { people, searched } = await ask(screen, agent, 'find_user', { user: ADA }, Found)
    const [{ name, accounts }] = people
    const [{ tenant, status, department, userName }] = accounts
    screen.by(
      'server says',
      `${name}, ${userName}, ${department}`,
      `${tenant}: account ${status}; apps searched: ${searched.length} of 1`,
    )
    screen.check(
      name === 'Ada Lovelace' && arrivals.length === 1,
      'One question, one request to the app, one person.',
      { people, arrivals },
    )
  },
}
