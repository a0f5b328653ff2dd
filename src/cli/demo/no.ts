import { type Act, ask } from './act.ts'
import { Refused } from './answers.ts'

const KATHERINE = 'katherine.johnson@example.com'

export const no: Act = {
  title: 'And a no is a no',
  about:
    'Small changes can be asked about right where the agent is: the server lets its window show a question, and ' +
    'waits. The agent cannot answer it. Somebody has asked for the wrong person, and the person at the window sees it.',

  async run({ home, agent, asked }, screen) {
    const app = home.sandbox.tenants['acme-netskope']
    const before = app.writes.length
    const call = { user: KATHERINE, tenants: ['acme-netskope'], reason: 'Left the company' }
    const { error } = await ask(screen, agent, 'deactivate_user', call, Refused('declined'))
    screen.by('server says', `${error.code}: ${error.message}`)
    screen.check(
      asked.length === 1 && app.writes.length === before && app.user(KATHERINE).active !== false,
      'Nothing was written. Katherine has her account.',
      { asked, writes: app.writes.slice(before) },
    )
  },
}
