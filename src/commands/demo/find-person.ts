import { type Act, ADA, ask } from './act.ts'
import { Found } from './answers.ts'

export const findPerson: Act = {
  title: 'Find a person',
  about:
    'Ada is leaving the company. Before it changes anything the agent looks her up, in all apps that are connected; ' +
    'here there is one.',

  async run({ home, agent }, screen) {
    const { arrivals } = home.sandbox.tenants['acme-netskope']
    const answer = await ask(screen, agent, 'find_user', { user: ADA }, Found)
    const [{ name, accounts }] = answer.people
    const [{ tenant, status, department, userName }] = accounts
    screen.by(
      'server says',
      `${name}, ${department}: the account ${userName} in ${tenant} is ${status}`,
      `searched: ${answer.searched.map((row) => `${row.tenant} (${row.outcome})`).join(', ')}`,
    )
    screen.check(
      name === 'Ada Lovelace' && arrivals.length === 1,
      'One person, no app left out, and a single request to the app.',
      { answer, arrivals },
    )
  },
}
