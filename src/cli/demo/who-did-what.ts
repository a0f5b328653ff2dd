import { type Act, ADA, ask } from './act.ts'
import { Audit } from './answers.ts'

export const whoDidWhat: Act = {
  title: 'Afterwards: who did what',
  about:
    'An app’s own log knows only the token that was used. The journal of the server knows who asked, and who agreed. ' +
    'The agent reads both at once.',

  async run({ agent }, screen) {
    const call = { tenant: 'acme-netskope', user: ADA, role: 'target' }
    const { events } = await ask(screen, agent, 'pull_audit', call, Audit)
    screen.by('server says', `${events.length} events, the newest first, times in UTC:`)
    screen.rows(
      events.map(({ time, source, actor = '', action, approvedBy }) => [
        time.slice(11, 19),
        source,
        approvedBy === undefined ? actor : `approved by ${approvedBy}`,
        // Without the outcome's details in brackets, which do not fit.
        action.replace(/ \(.*$/, ''),
      ]),
    )
    const byToken = events.filter(({ source, actor }) => source === 'app' && actor === 'api-token-scim')
    const agreed = events.filter(
      ({ source, action, approvedBy }) =>
        source === 'journal' && action.includes(': done') && approvedBy === 'grace',
    )
    screen.check(
      byToken.length === 1 && agreed.length === 1,
      'One change in the log of the app, by a token; the same one in the journal, with Grace’s name.',
      events,
    )
  },
}
