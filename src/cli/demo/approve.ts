import { randomBytes } from 'node:crypto'
import { type Act, ADA, ask } from './act.ts'
import type { Agent } from './agent.ts'
import { ApprovalRequired, Deactivated, Refused, Unchanged } from './answers.ts'
import type { Screen } from './screen.ts'
import type { Home, World } from './world.ts'

const CALL = { user: ADA, tenants: ['acme-netskope'], reason: 'Left the company' }

export const approve: Act = {
  title: 'The same, when the agent has no person to ask',
  about:
    'Many agents run where no question can be shown: in a chat bot, or at night. They too need a person’s yes. Their ' +
    'request is pending until a person approves it, out of the agent’s reach and with a passphrase.',

  async run(world, screen) {
    const agent = await world.connect(world.home, 'night-agent')
    const id = await request(world.home, agent, screen)
    await screen.pause(1)
    await decide(world, id, screen)
    await screen.pause(1)
    await useApproval(world.home, agent, id, screen)
  },
}

async function request({ sandbox }: Home, agent: Agent, screen: Screen): Promise<string> {
  const app = sandbox.tenants['acme-netskope']
  const before = app.writes.length
  const { status, approval } = await ask(screen, agent, 'deactivate_user', CALL, ApprovalRequired)
  screen.by('server says', `${status}, under the id ${approval.id}`, approval.approveAt)
  screen.check(
    app.user(ADA).active === true && app.writes.length === before,
    'Nothing has changed: her account in the app is active, and nothing was written.',
    { user: app.user(ADA), writes: app.writes.slice(before) },
  )
  return approval.id
}

/** Grace approves at her terminal. */
async function decide({ home, type }: World, id: string, screen: Screen): Promise<void> {
  const passphrase = `grace-${randomBytes(16).toString('hex')}`
  const typed = async (words: readonly string[], expected: string) => {
    const done = await type(home, [...words, '--passphrase-stdin'], `${passphrase}\n`)
    const ok = done.code === 0 && done.output.includes(expected) && !done.output.includes(passphrase)
    return { ...done, ok }
  }

  const added = await typed(['approvers', 'add', 'grace'], 'grace may approve')
  screen.terminal(added.command, added.output)
  screen.check(added.ok, 'Grace, who runs the IT desk, has chosen a passphrase and may approve now.', added)

  const shown = await type(home, ['approvals', 'show', id])
  screen.terminal(shown.command, shown.output)
  screen.check(
    shown.code === 0 && shown.output.includes(ADA),
    'She reads what would change, in the server’s own words.',
    shown,
  )
  await screen.pause(1)

  const approved = await typed(['approvals', 'approve', id, '--approver', 'grace'], 'Approved by grace')
  const [before = '', ...after] = approved.output.split(/(?=^Approved)/m)
  screen.terminal(approved.command, ['(the same request again)', ...after].join('\n'))
  screen.check(
    approved.ok && before.trim() === shown.output.trim(),
    'She approves. Her passphrase was read from standard input and is shown nowhere.',
    approved,
  )
}

/** The agent uses the approval for another person, then for the approved call, then for that call again. */
async function useApproval({ sandbox }: Home, agent: Agent, id: string, screen: Screen): Promise<void> {
  const app = sandbox.tenants['acme-netskope']
  const call = { ...CALL, approvalId: id }
  const before = app.writes.length
  const user = 'katherine.johnson@example.com'
  screen.by('agent asks', `the same for ${user}, with the approvalId ${id}`)
  const { error } = await agent.call('deactivate_user', { ...call, user }, Refused('approval_void'))
  screen.by('server says', `${error.code}: ${error.message}`)
  screen.check(
    app.writes.length === before,
    'An approval for Ada is not valid for Katherine.',
    app.writes.slice(before),
  )

  screen.by('agent asks', `the same for ${ADA}, with the approvalId ${id}`)
  const { status, results } = await agent.call('deactivate_user', call, Deactivated)
  const [switched] = results.map(({ account, outcome }) => `${account.userName} ${outcome} and verified`)
  screen.by('server says', `${status}: ${switched}`)
  screen.by('agent asks', 'exactly the same again')
  const again = await agent.call('deactivate_user', call, Unchanged)
  screen.by('server says', `${again.status}: ${again.results[0].outcome}`)
  screen.check(
    app.writes.length === before + 1 && app.user(ADA).active === false,
    'Done exactly once: the second call wrote nothing.',
    app.writes.slice(before),
  )
}
