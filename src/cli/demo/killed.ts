import { type Act, ADA, OFFBOARD } from './act.ts'
import { Begun } from './answers.ts'
import { activeIn, writesOf } from './company.ts'

/** Longer than anybody waits: Okta has done the work, and its answer is under way. */
const SLOW_MS = 600_000

export const killed: Act = {
  title: 'Sessions first, then accounts, and then the server dies',
  about:
    'Where somebody is signed in, a disabled account alone does not throw them out. So her sessions end first, then ' +
    'her account in Okta, then those in the apps. To make it hard, Okta answers slowly today, and the server is ' +
    'killed while it waits: nobody told it whether the account is off.',

  async run({ home, agent, story, waitUntil }, screen) {
    const { sandbox } = home
    const okta = sandbox.tenants['acme-okta']
    okta.faults.set([{ fault: 'slow', method: 'POST', path: 'deactivate', ms: SLOW_MS }])
    screen.by('agent asks', `offboard · the same, with approvalId: ${story.approvalId}`)
    const began = Date.now()
    const cut = agent
      .call('offboard', { ...OFFBOARD, approvalId: story.approvalId }, Begun)
      .catch(() => undefined)
    await waitUntil(() => okta.user(ADA).active === false)
    await agent.killServer()
    await cut
    okta.faults.clear()

    screen.terminal(`kill -9 ${agent.pid}`, '(the server has no time to write or to say anything)')
    screen.say('What the apps saw until then:')
    const seen = writesOf(sandbox)
    screen.rows(
      seen.map(({ tenant, at, what }) => [`after ${((at - began) / 1_000).toFixed(1)} s`, tenant, what]),
    )
    screen.check(
      seen.map(({ tenant, what }) => `${tenant}: ${what}`).join() ===
        'acme-okta: sessions ended,acme-okta: account switched off',
      `Ada is signed out and her Okta account is off. ${activeIn(sandbox).length} apps still let her in.`,
      { seen, active: activeIn(sandbox) },
    )
  },
}
