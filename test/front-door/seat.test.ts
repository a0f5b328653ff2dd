import { expect, test } from 'vitest'
import { openWorld } from '../support/world.ts'

const TENANT = 'acme-scim'
const SAID = { yes: 'It gives the seat back.', no: 'It does not give the seat back.' }

test.each(['yes', 'no', 'unknown'] as const)(
  'whether a deactivation gives the seat back is %s: the plan says so, or nothing',
  async (freesSeat) => {
    await using world = await openWorld({
      tenants: (own) => ({
        [TENANT]: { ...own[TENANT], deactivateMeans: 'reversible', freesSeat },
      }),
      settings: { confirm: { removes: 'approve' } },
      sandbox: { apps: ['scim'] },
    })
    const [user] = world.sandbox.tenants[TENANT].users
    const args = { user: user?.userName, tenants: [TENANT], reason: 'left' }
    const { approval } = await world.call('deactivate_user', args)
    const plan = (approval as { plan: string[] }).plan.join(' ')
    for (const [answer, text] of Object.entries(SAID)) {
      if (answer === freesSeat) expect(plan).toContain(text)
      else expect(plan).not.toContain(text)
    }
  },
)
