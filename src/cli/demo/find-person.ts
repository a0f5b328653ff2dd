import { type Act, ADA, ask } from './act.ts'
import { FoundInThree } from './answers.ts'

export const findPerson: Act = {
  title: 'Find a person',
  about:
    'Ada is leaving the company. Before it changes anything, the agent looks her up in all connected apps: ' +
    'Netskope, Gainsight and Mindtickle.',

  async run({ home, agent }, screen) {
    const apps = Object.values(home.sandbox.tenants)
    const answer = await ask(screen, agent, 'find_user', { user: ADA }, FoundInThree)
    const [{ name, accounts, joinedBy = [] }] = answer.people
    screen.by(
      'server says',
      `${name} has ${accounts.length} accounts:`,
      ...accounts.map(({ tenant, userName, status }) => `${userName} in ${tenant} is ${status}`),
      `recognized as one person by: ${joinedBy.join(', ')}`,
    )
    const lookUps = apps.map(({ arrivals }) => arrivals.length)
    screen.check(
      name === 'Ada Lovelace' && lookUps.every((count) => count > 0),
      `One person, no app left out, all apps asked at the same time: ${lookUps.join(' + ')} requests.`,
      { answer, lookUps },
    )
  },
}
