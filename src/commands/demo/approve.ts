import { randomBytes } from 'node:crypto'
import { type Act, ADA, ask } from './act.ts'
import type { Agent } from './agent.ts'
import { ApprovalRequired, Deactivated, Reactivated, Refused, Unchanged } from './answers.ts'
import type { Screen } from './screen.ts'
import type { Home, World } from './world.ts'

const CALL = { user: ADA, tenants: ['acme-netskope'], reason: 'Left the company' }

export const approve: Act = {
  title: 'The same, where the agent has nobody to ask',
  about:
    'Many agents run where no question can be shown: in a chat bot, or overnight. Then nothing is done either. The ' +
    'request waits until a person agrees to it outside the agent’s reach, with a passphrase of their own.',

  async run(world, screen) {
    const { home } = world
    const agent = await world.connect(home, 'night-agent')
    const id = await requestIt(home, agent, screen)
    await screen.pause(1)
    await approveIt(world, id, screen)
    await screen.pause(1.5)
    await useIt(home, agent, id, screen)
  },
}

async function requestIt({ sandbox }: Home, agent: Agent, screen: Screen): Promise<string> {
  const app = sandbox.tenants['acme-netskope']
  const before = app.writes.length
  const { status, approval } = await ask(screen, agent, 'deactivate_user', CALL, ApprovalRequired)
  screen.by('server says', `${status}, id ${approval.id}`, approval.approveAt)
  screen.check(
    app.user(ADA).active === true && app.writes.length === before,
    'Nothing has changed: in the app the account is active, and nothing was written.',
    { user: app.user(ADA), writes: app.writes.slice(before) },
  )
  return approval.id
}

/** What Grace does at her terminal. */
async function approveIt({ home, type }: World, id: string, screen: Screen): Promise<void> {
  const passphrase = randomBytes(16).toString('base64url')
  const by = ['--approver', 'grace', '--passphrase-stdin']
  const run = async (...words: string[]) => {
    const typed = await type(home, words, `${passphrase}\n`)
    return { ...typed, well: typed.code === 0 && !typed.output.includes(passphrase) }
  }

  const added = await run('approvers', 'add', 'grace', '--passphrase-stdin')
  screen.terminal(added.command, added.output)
  screen.check(added.well, 'Grace, of the IT desk, may approve from now on.', added)
  const shown = await run('approvals', 'show', id)
  screen.terminal(shown.command, shown.output)
  screen.check(shown.well, 'She reads what would be done, in the server’s words and not the agent’s.', shown)
  const approved = await run('approvals', 'approve', id, ...by)
  // It begins with the plan, which has just been seen.
  const [plan = '', ...rest] = approved.output.split(/(?=^Approved)/m)
  screen.terminal(approved.command, ['… (the same plan once more)', ...rest].join('\n\n'))
  screen.check(
    approved.well && plan.trim() === shown.output.trim(),
    'She agrees. Her passphrase was read from standard input and stands nowhere.',
    approved,
  )
}

async function useIt({ sandbox }: Home, agent: Agent, id: string, screen: Screen): Promise<void> {
  const app = sandbox.tenants['acme-netskope']
  const again = { ...CALL, approvalId: id }
  const { status, results } = await ask(screen, agent, 'deactivate_user', again, Deactivated)
  screen.by('server says', `${status}: ${results[0].account.userName} ${results[0].outcome}, verified`)
  const written = app.writes.length
  const second = await agent.call('deactivate_user', again, Unchanged)
  screen.check(
    app.writes.length === written && app.user(ADA).active === false,
    `The same call a second time: ${second.status}, she is inactive already; nothing was written.`,
    second,
  )
  await agent.call('reactivate_user', { ...CALL, reason: 'The story goes on' }, Reactivated)
  const replayed = await agent.call('deactivate_user', again, Refused('approval_used'))
  screen.check(
    app.user(ADA).active === true,
    `With her account back on, the same call once more: refused, ${replayed.error.code}.`,
    replayed,
  )
}
