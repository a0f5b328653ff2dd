import { type Act, ADA, ask } from './act.ts'
import { FoundIn } from './answers.ts'

export const findPerson: Act = {
  title: 'Ada is leaving the company',
  about:
    'Somebody writes to the IT desk: today is Ada’s last day. The agent at the desk looks her up in all connected ' +
    'apps: Okta, where everybody signs in (an identity provider), and four others.',

  async run({ home, agent }, screen) {
    const apps = Object.values(home.sandbox.tenants)
    const answer = await ask(screen, agent, 'find_user', { user: ADA }, FoundIn(apps.length))
    const [{ name, accounts, joinedBy = [] }] = answer.people
    screen.by('server says', `${name} has ${accounts.length} accounts:`)
    screen.rows(accounts.map(({ tenant, userName, status }) => [tenant, userName, status]))
    const lookUps = apps.map(({ arrivals }) => arrivals.length)
    screen.check(
      name === 'Ada Lovelace' && lookUps.every((count) => count > 0),
      `One person, recognized by ${joinedBy.join(', ')}. No app was left out.`,
      { answer, lookUps },
    )
  },
}
