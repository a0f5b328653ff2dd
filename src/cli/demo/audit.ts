import { type Act, ADA, ask } from './act.ts'
import { Audit } from './answers.ts'

export const audit: Act = {
  title: 'Afterwards: who did what',
  about:
    'There are two records: the audit log of the app, and the journal of the server, which knows who asked for what ' +
    'and who approved it. The agent asks both at once what happened to Ada.',

  async run({ home, agent, type }, screen) {
    const call = { tenant: 'acme-netskope', user: ADA, role: 'target' }
    const { events, note } = await ask(screen, agent, 'pull_audit', call, Audit)
    screen.by('server says', `${events.length} events, the newest first, times in UTC:`)
    screen.rows(
      events.map(({ time, source, actor = '', action, approvedBy }) => [
        time.slice(11, 19),
        source,
        approvedBy === undefined ? actor : `${actor} (${approvedBy} agreed)`,
        action,
      ]),
    )
    screen.by('server says', note)
    const { writes } = home.sandbox.tenants['acme-netskope']
    const logged = events.filter(({ actor, target }) => actor === 'api-token-scim' && target === ADA)
    const done = events.filter(({ source, action }) => source === 'journal' && action.includes(': done'))
    screen.check(
      logged.length === writes.length && done.length === writes.length,
      `The app has logged our ${writes.length} changes: off, on and off again. It knows only the token; the journal knows the person.`,
      { events, writes },
    )
    await screen.pause(1)

    const tail = await type(home, ['journal', 'tail', '--lines', '8'])
    screen.terminal(tail.command, tail.output)
    const expected = ['asked', 'approved', 'by grace', 'refused', 'approval_void', 'started', 'done']
    screen.check(
      tail.code === 0 && expected.every((word) => tail.output.includes(word)),
      'The journal has everything: the request, Grace’s approval, the refused misuse, the change.',
      tail,
    )
  },
}
