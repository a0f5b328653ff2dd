import { type Act, ADA, ask } from './act.ts'
import { Audit } from './answers.ts'

export const audit: Act = {
  title: 'Afterwards: who did what',
  about:
    'Two records tell of it: the log that the app itself keeps, which the agent can read, and the journal of this ' +
    'server, which also knows who asked, why, and who agreed.',

  async run({ home, agent, type }, screen) {
    const call = { tenant: 'acme-netskope', limit: 6 }
    const { events, note } = await ask(screen, agent, 'pull_audit', call, Audit)
    screen.by('server says', `${events.length} events, the newest first`)
    const rows = events.map(({ time, actor = '', action, target = '' }) =>
      [time.slice(11, 19), actor.padEnd(21), action.padEnd(16), target].join('  '),
    )
    screen.below(...rows)
    screen.by('server says', note)
    const ours = events.filter(({ actor, target }) => actor === 'api-token-scim' && target === ADA)
    screen.check(
      ours.length === 4,
      'The app logged the four changes so far, made with the token of this server.',
      events,
    )
    await screen.pause(1)

    const tail = await type(home, ['journal', 'tail', '-n', '6'])
    screen.terminal(tail.command, tail.output)
    screen.check(
      tail.code === 0 && tail.output.includes('approval_used'),
      'Here too: what was asked, agreed to and done, and the attempt to use an approval twice.',
      tail,
    )
  },
}
