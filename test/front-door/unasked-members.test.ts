import { expect, test } from 'vitest'
import { GROUP } from '../support/odd-directory/form.ts'
import {
  type MembershipHabits,
  mailOf,
  startGroupApp,
  type Wish,
} from '../support/odd-directory/memberships.ts'
import { type FormName, ODD_ENV } from '../support/odd-directory/start.ts'
import { openWorld } from '../support/world.ts'

// Apps that change who is in a group in another way than they were asked to.

const AS_ASKED: MembershipHabits = {
  ...{ before: 'as usual', does: 'as asked', refusal: 400, reply: 'nothing', shows: 'at once' },
}

async function changed(name: FormName, habits: Partial<MembershipHabits>, { add = [], remove = [] }: Wish) {
  await using app = await startGroupApp(name, { ...AS_ASKED, ...habits })
  await using world = await openWorld({ settings: { tenants: { 'acme-app': app.settings } }, env: ODD_ENV })
  return await world.call('update_group_members', {
    ...{ tenant: 'acme-app', group: GROUP, reason: 'moves' },
    ...(add.length > 0 && { add: add.map(mailOf) }),
    ...(remove.length > 0 && { remove: remove.map(mailOf) }),
  })
}

const noted = (text: string) => ({
  ...{ status: 'partial', verified: false, note: expect.stringContaining(text) },
})

test.each<FormName>(['scim', 'okta', 'entra', 'google'])(
  'somebody else whom %s puts into the group is told of',
  async (name) => {
    const answer = await changed(name, { does: 'adds another' }, { add: ['ada'] })
    expect(answer).toMatchObject(noted('1 others that were not in the group before'))
    expect(answer).toMatchObject({ members: [{ outcome: 'added' }] })
  },
)

test.each<FormName>(['scim', 'okta', 'entra', 'google'])(
  'somebody else whom %s takes out of the group is told of',
  async (name) => {
    const answer = await changed(name, { does: 'drops another' }, { remove: ['bo'] })
    expect(answer).toMatchObject(noted('no longer shows 1 others'))
  },
)

test.each([
  [403, 'forbidden', 'at once'],
  [501, 'unsupported', 'at once'],
  [400, 'refused', 'later'],
] as const)(
  'what is made of a change that is answered %i (%s) and shows %s is said',
  async (refusal, code, shows) => {
    const habits = { does: 'the first, and refuses', refusal, shows } as const
    expect(await changed('scim', habits, { add: ['ada'], remove: ['bo'] })).toMatchObject({
      status: 'partial',
      verified: false,
      members: [
        { user: mailOf('ada'), outcome: 'added' },
        { user: mailOf('bo'), outcome: 'failed', code },
      ],
    })
  },
)
