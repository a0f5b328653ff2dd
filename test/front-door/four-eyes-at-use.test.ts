import { describe, expect, test } from 'vitest'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { shareWorld } from '../support/sharing.ts'
import { type OAuthWorld, openOAuthWorld } from '../support/trusting.ts'
import type { ToolAnswer } from '../support/world.ts'

const FOUR_EYES = { confirm: { rules: [{ when: {}, level: 'approve', fourEyes: true }] } }
const shared = shareWorld(() => openOAuthWorld({ settings: FOUR_EYES }))

let cases = 0

/** What a caller asked for and somebody approved, and a way to use it under whatever names the caller has by then. */
async function approved({ issuer, world }: OAuthWorld) {
  cases += 1
  const [sub, boss] = [`sub-${cases}`, `boss-${cases}`]
  const user = world.newcomer().userName
  await addApprovers(world, boss)
  const deactivate = async (claims: object, approvalId?: string): Promise<ToolAnswer> => {
    const token = await issuer.token({ sub, scope: 'identity:remove', ...claims })
    const guest = await world.guest({ token })
    return guest.call('deactivate_user', {
      user,
      tenants: ['acme-netskope'],
      reason: 'left',
      ...(approvalId !== undefined && { approvalId }),
    })
  }
  const asked = await deactivate({ preferred_username: `caller-${cases}` })
  const { id } = asked.approval as { id: string }
  const words = ['approvals', 'approve', id, '--approver', boss, '--passphrase-stdin']
  expect(await world.run(words, { stdin: PASSPHRASE })).toMatchObject({ code: 0 })
  const remove = ['approvers', 'remove', boss, '--approver', boss, '--passphrase-stdin']
  return {
    boss,
    use: (claims: object = { preferred_username: `caller-${cases}` }) => deactivate(claims, id),
    removeBoss: async () => {
      expect(await world.run(remove, { stdin: PASSPHRASE })).toMatchObject({ code: 0 })
    },
  }
}
type Approved = Awaited<ReturnType<typeof approved>>

describe('an approval that was given', () => {
  test.each<[string, string, (one: Approved) => Promise<ToolAnswer>]>([
    [
      'its approver was removed',
      'no approver any more',
      async ({ removeBoss, use }) => {
        await removeBoss()
        return use()
      },
    ],
    [
      'its approver was removed, and the name given to somebody else',
      'no approver any more',
      async ({ removeBoss, use, boss }) => {
        await removeBoss()
        await addApprovers(shared().world, boss)
        return use()
      },
    ],
    [
      'the caller has the name of its approver by now',
      'may be the requester',
      async ({ use, boss }) => use({ preferred_username: `${boss}@example.com` }),
    ],
    [
      'the caller may have the name of its approver by now',
      'may be the requester',
      async ({ use, boss }) => use({ email: `${boss}@example.com`, email_verified: false }),
    ],
  ])('is void where %s', async (_, why, meanwhile) => {
    const { world } = shared()
    const one = await approved(shared())
    const { writes, journal } = world.since()
    const { error } = await meanwhile(one)
    expect(error).toMatchObject({ code: 'approval_void', message: expect.stringContaining(why) })
    expect(error?.message).not.toContain(one.boss)
    expect(writes()).toEqual([])
    expect(journal().at(-1)).toMatchObject({ event: 'refused', code: 'approval_void' })
  })

  test('counts where the caller has another name by now that is nobody else’s', async () => {
    const { use } = await approved(shared())
    expect(await use({ preferred_username: 'renamed@example.com' })).toMatchObject({ status: 'done' })
  })
})
