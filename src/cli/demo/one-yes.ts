import { type Act, ADA, ask, OFFBOARD } from './act.ts'
import { ApprovalRequired, Refused } from './answers.ts'
import type { Approver } from './approver.ts'
import { writesOf } from './company.ts'
import type { Screen } from './screen.ts'
import type { World } from './world.ts'

export const oneYes = (approver: Approver): Act => ({
  title: 'One yes, from a person',
  about:
    'Taking access away from a person everywhere needs the yes of another. It is given out of the agent’s reach, ' +
    'with a passphrase; the agent only learns the number of the request.',

  async run(world, screen) {
    const { home, agent } = world
    await approver.setUp(world, screen)
    const { approval, plan, runId } = await ask(screen, agent, 'offboard', OFFBOARD, ApprovalRequired)
    screen.by('server says', `approval_required, under the id ${approval.id}. Nothing is done yet.`)
    screen.check(
      writesOf(home.sandbox).length === 0,
      'Her accounts are active, and nothing was written to any app.',
      writesOf(home.sandbox),
    )
    await screen.pause(1)
    await approver.decide(world, screen, { ...approval, accounts: plan.accounts })
    Object.assign(world.story, { runId, approvalId: approval.id })
    await misuse(world, screen, approval.id)
  },
})

/** The agent tries the approval for somebody else. */
async function misuse({ home, agent }: World, screen: Screen, approvalId: string): Promise<void> {
  const user = 'katherine.johnson@example.com'
  screen.by('agent asks', `deactivate_user · user: ${user} · approvalId: ${approvalId}`)
  const call = { user, tenants: ['acme-netskope'], reason: OFFBOARD.reason, approvalId }
  const { error } = await agent.call('deactivate_user', call, Refused('approval_void'))
  screen.by('server says', `${error.code}: ${error.message}`)
  screen.check(
    writesOf(home.sandbox).length === 0,
    `A yes for ${ADA} is not one for anybody else.`,
    writesOf(home.sandbox),
  )
}
