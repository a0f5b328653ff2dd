import { describe, expect, test } from 'vitest'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { openWorld, type ToolAnswer, type World } from '../support/world.ts'

// What a yes is bound to besides the account: where the change goes, what the app does with it, what was read.

const TENANT = 'acme-scim'
const ADA = 'ada@example.com'
const DELETE = { tenant: TENANT, user: ADA, reason: 'asked to be forgotten' }

const open = () =>
  openWorld({
    tenants: (own) => ({ [TENANT]: { ...own['acme-scim'], allowDelete: true, deleteMeans: 'deactivates' } }),
    sandbox: { apps: ['scim', 'netskope'] },
    settings: { confirm: { admins: 'none' } },
  })

async function approve(world: World): Promise<string> {
  await addApprovers(world, 'grace')
  const { approval } = (await world.call('delete_user', DELETE)) as unknown as { approval: { id: string } }
  const words = ['approvals', 'approve', approval.id, '--approver', 'grace', '--passphrase-stdin']
  const stdin = `${PASSPHRASE}\n`
  expect(await world.run([...words, '--confirm', ADA], { stdin })).toMatchObject({ code: 0 })
  return approval.id
}

/** The approved call by a server whose settings say something else of the tenant by now. */
async function afterwards(
  world: World,
  more: Record<string, unknown>,
  approvalId: string,
): Promise<ToolAnswer> {
  const own = world.sandbox.settings.tenants['acme-scim']
  const tenant = { ...own, allowDelete: true, deleteMeans: 'deactivates', ...more }
  world.rewrite({ tenants: { [TENANT]: tenant }, confirm: { admins: 'none' } })
  const later = await world.open()
  return later.call('delete_user', { ...DELETE, approvalId })
}

describe('an approval is void, and says why, where by now', () => {
  test('the app deletes for good, and no longer deactivates', async () => {
    await using world = await open()
    const { error } = await afterwards(world, { deleteMeans: 'hard' }, await approve(world))
    expect(error).toMatchObject({
      code: 'approval_void',
      message: expect.stringContaining('what the app does with it'),
    })
  })

  test('another app is behind the name of the tenant', async () => {
    await using world = await open()
    const id = await approve(world)
    const { url } = world.sandbox.settings.tenants['acme-scim']
    const { error } = await afterwards(world, { url: url.replace('127.0.0.1', 'localhost') }, id)
    expect(error).toMatchObject({
      code: 'approval_void',
      message: expect.stringContaining('the address of the tenant'),
    })
  })

  test.each<[string, Record<string, unknown>, string]>([
    ['the account has a role', { roles: [{ value: 'Approver', primary: true }] }, 'its role'],
    ['the account has another name', { displayName: 'Somebody Else' }, 'its names'],
    [
      'the account has another given name, behind a display name that stayed',
      { name: { givenName: 'Mallory', familyName: 'Lovelace' }, displayName: 'Ada Lovelace' },
      'its names',
    ],
    ['the account has another title', { title: 'Head of everything' }, 'other fields of it'],
    [
      'the account has a second email',
      { emails: [{ value: ADA, primary: true }, { value: 'b@example.com' }] },
      'its emails',
    ],
  ])('%s', async (_, becomes, why) => {
    await using world = await open()
    const id = await approve(world)
    const app = world.sandbox.tenants['acme-scim']
    Object.assign(app.user(ADA), becomes)
    const { error } = await world.call('delete_user', { ...DELETE, approvalId: id })
    expect(error).toMatchObject({ code: 'approval_void', message: expect.stringContaining(why) })
    expect(app.writes).toEqual([])
  })

  test('nothing has changed: then it is good', async () => {
    await using world = await open()
    expect(await afterwards(world, {}, await approve(world))).toMatchObject({ status: 'done' })
  })
})
