import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openWorld, type World } from '../support/world.ts'

const NEW = { email: 'new.hire@example.com', givenName: 'New', familyName: 'Hire' }
const GRACE = 'grace@example.com'

describe('what an app or its settings would refuse whatever it finds', () => {
  let world: World
  let call: World['call']
  beforeAll(async () => {
    world = await openWorld({ answer: 'none' })
    await world.close()
    world.rewrite({
      tenants: world.sandbox.settings.tenants,
      confirm: { removes: 'approve', changes: 'approve', adds: 'approve' },
    })
    ;({ call } = await world.open())
  })
  afterAll(() => world[Symbol.asyncDispose]())

  test.each([
    [
      'a change of a super admin',
      'update_user',
      { tenant: 'acme-gainsight', user: GRACE, set: { title: 'x' } },
      'refused',
    ],
    [
      'a super admin that leaves',
      'deactivate_user',
      { tenants: ['acme-gainsight', 'acme-netskope'], user: GRACE },
      'refused',
    ],
    [
      'a new super admin',
      'create_user',
      { tenant: 'acme-gainsight', ...NEW, attributes: { admin: true } },
      'refused',
    ],
    [
      'a licence of another name',
      'create_user',
      { tenant: 'acme-gainsight', ...NEW, attributes: { licence: 'full' } },
      'invalid_input',
    ],
    [
      'a field that the app does not have',
      'update_user',
      { tenant: 'acme-netskope', user: GRACE, set: { licence: 'Full' } },
      'unsupported',
    ],
    [
      'a user name where it never changes',
      'update_user',
      { tenant: 'acme-netskope', user: GRACE, set: { userName: 'other@example.com' } },
      'unsupported',
    ],
    [
      'a field of a new account',
      'create_user',
      { tenant: 'acme-mindtickle', ...NEW, attributes: { title: 'x' } },
      'unsupported',
    ],
  ])('refuses %s before anybody is asked', async (_, tool, input, code) => {
    expect((await call(tool, { reason: 'a good one', ...input })).error).toMatchObject({
      code,
      tenant: tenantOf(input),
    })
    expect(Object.values(world.sandbox.tenants).flatMap(({ writes }) => writes)).toEqual([])
    expect((await world.run(['approvals', '--all'])).stdout).toContain('no request')
  })
})

/** The tenant that refuses: the first of those named. */
const tenantOf = ({ tenant, tenants }: { tenant?: string; tenants?: readonly string[] }) =>
  tenant ?? tenants?.[0]
