// @module-tag long

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EntraTenant } from '../../src/sandbox/entra.ts'
import type { GoogleTenant, OktaTenant } from '../../src/sandbox/index.ts'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { openWorld, type ToolAnswer, type World } from '../support/world.ts'

// Whoever agreed has agreed about an account as it was: what somebody else does to it meanwhile at the identity provider voids that.

const REASON = 'left the company'

/** Somebody who is there for one attack. */
interface Victim {
  id: string
  name: string
}

/** A provider, and what can be done there to a victim while a person thinks. */
interface Provider<App> {
  tenant: 'acme-okta' | 'acme-entra' | 'acme-google'
  add(app: App, name: string): string
  meanwhile: Record<string, { how: (app: App, victim: Victim) => unknown; ends?: string }>
}
const providing = <App>(provider: Provider<App>) => provider

const okta = providing<OktaTenant>({
  tenant: 'acme-okta',
  add: (app, userName) =>
    app.addUser({
      id: `00u0${userName.split('@')[0]}`,
      userName,
      emails: [{ value: userName, primary: true }],
    }).id,
  meanwhile: {
    'has another login': { how: (app, { id, name }) => app.renameUser(id, `was.${name}`) },
    'has another login, and somebody else the old one': {
      how(app, { id, name }) {
        app.renameUser(id, `was.${name}`)
        okta.add(app, name.replace('@', 'x@'))
        app.renameUser(name.replace('@', 'x@'), name)
      },
      // The email of the one, the login of the other.
      ends: 'ambiguous',
    },
    'has another email': {
      how: (app, { id, name }) =>
        Object.assign(app.user(id), { emails: [{ value: `x.${name}`, primary: true }] }),
    },
    'has another name': {
      how: (app, { id }) => Object.assign(app.user(id), { name: { givenName: 'Some', familyName: 'Body' } }),
    },
    'is an administrator': {
      how: (app, { id }) =>
        app.person(id).roles.push({ id: 'ra1', label: 'Super Administrator', type: 'SUPER_ADMIN' }),
      // There is no other.
      ends: 'protected',
    },
    'is an administrator by a group': {
      how(app, { id }) {
        const group = app.group('Sales')
        group.members = [...(group.members ?? []), { value: id }]
        app.team(group.id).roles = [{ id: 'ra1', label: 'Help Desk Administrator', type: 'HELP_DESK_ADMIN' }]
      },
    },
    'is kept by a directory': {
      how: (app, { id }) => Object.assign(app.person(id), { provider: 'ACTIVE_DIRECTORY' }),
      ends: 'refused',
    },
    'is locked out': { how: (app, { id }) => app.putInState(id, 'LOCKED_OUT'), ends: 'refused' },
    'is gone': { how: (app, { id }) => app.removeUser(id), ends: 'not_found' },
    'is somebody else under the same login': {
      how(app, { id, name }) {
        app.removeUser(id)
        app.addUser({ id: `${id}b`, userName: name, emails: [{ value: name, primary: true }] })
      },
    },
  },
})

const change = (app: EntraTenant, { id }: Victim, becomes: object) =>
  Object.assign(app.users.find((user) => user.id === id) ?? {}, becomes)

const entra = providing<EntraTenant>({
  tenant: 'acme-entra',
  add: (app, userPrincipalName) => app.addUser({ userPrincipalName, mail: userPrincipalName }).id,
  meanwhile: {
    'has another login': {
      how: (app, victim) => change(app, victim, { userPrincipalName: `was.${victim.name}` }),
    },
    'has another login, and somebody else the old one': {
      how(app, victim) {
        change(app, victim, { userPrincipalName: `was.${victim.name}` })
        app.addUser({ id: crypto.randomUUID(), userPrincipalName: victim.name, mail: `y.${victim.name}` })
      },
      ends: 'ambiguous',
    },
    'has another email': { how: (app, victim) => change(app, victim, { mail: `x.${victim.name}` }) },
    'has an alias': {
      how: (app, victim) => change(app, victim, { proxyAddresses: [`smtp:alias.${victim.name}`] }),
    },
    'has another name': { how: (app, victim) => change(app, victim, { givenName: 'Some', surname: 'Body' }) },
    'has an employee id': { how: (app, victim) => change(app, victim, { employeeId: 'E-999' }) },
    'is an administrator': {
      how: (app, { id }) => app.assignRole(id, 'Global Administrator'),
      // There is no other.
      ends: 'protected',
    },
    'can become an administrator': {
      how: (app, { id }) => app.assignRole(id, 'Global Administrator', 'eligible'),
    },
    'is an administrator by a group': {
      how(app, { id }) {
        const group = app.addGroup({
          displayName: `Helpers of ${id}`,
          isAssignableToRole: true,
          members: [id],
        })
        app.assignRole(group.id)
      },
    },
    'is kept by a directory': {
      how: (app, victim) => change(app, victim, { onPremisesSyncEnabled: true }),
      ends: 'refused',
    },
    'is a guest': { how: (app, victim) => change(app, victim, { userType: 'Guest' }) },
    'is gone': {
      how: (app, { id }) =>
        app.users.splice(
          app.users.findIndex((user) => user.id === id),
          1,
        ),
      ends: 'not_found',
    },
    'is somebody else under the same login': {
      how: (app, victim) => change(app, victim, { id: crypto.randomUUID() }),
    },
  },
})

const google = providing<GoogleTenant>({
  tenant: 'acme-google',
  add: (app, userName) =>
    app.addUser({ id: `${BigInt(`0x${Buffer.from(userName).toString('hex')}`)}`.slice(0, 21), userName }).id,
  meanwhile: {
    'has another login': { how: (app, { id, name }) => app.renameUser(id, `was.${name}`), ends: 'not_found' },
    'has another login, and somebody else the old one': {
      how(app, { id, name }) {
        app.renameUser(id, `was.${name}`)
        app.addUser({ id: '199999999999999999999', userName: name })
      },
    },
    'has an alias': {
      how: (app, { id, name }) => Object.assign(app.extras(id), { aliases: [`alias.${name}`] }),
    },
    'has another email': {
      how: (app, { id }) => Object.assign(app.extras(id), { otherEmails: ['x@home.example'] }),
    },
    'has another name': {
      how: (app, { id }) => Object.assign(app.user(id), { name: { givenName: 'Some', familyName: 'Body' } }),
    },
    'is a super administrator': {
      how: (app, { id }) => Object.assign(app.extras(id), { isAdmin: true, roles: ['_SEED_ADMIN_ROLE'] }),
      ends: 'refused',
    },
    'is a delegated administrator': {
      how: (app, { id }) => Object.assign(app.extras(id), { isDelegatedAdmin: true }),
      ends: 'refused',
    },
    'is archived': {
      how: (app, { id }) => Object.assign(app.extras(id), { archived: true }),
      ends: 'unchanged',
    },
    'is gone': { how: (app, { id }) => app.removeUser(id), ends: 'not_found' },
    'is somebody else under the same login': {
      how(app, { id, name }) {
        app.removeUser(id)
        app.addUser({ id: '188888888888888888888', userName: name })
      },
    },
  },
})

function attacksAt<App extends { writes: readonly unknown[] }>({ tenant, add, meanwhile }: Provider<App>) {
  let world: World
  let app: App
  beforeAll(async () => {
    world = await openWorld({
      answer: 'none',
      sandbox: { apps: [tenant.replace('acme-', '') as 'okta' | 'entra' | 'google'], events: 1 },
      tenants: (own) => ({ [tenant]: own[tenant] }),
      settings: { limits: { removesPerHour: 1_000, changesPerHour: 1_000 } },
    })
    app = world.sandbox.tenants[tenant as never] as unknown as App
    await addApprovers(world, 'grace')
  })
  afterAll(() => world[Symbol.asyncDispose]())

  let victims = 0
  const newVictim = (): Victim => {
    victims += 1
    const name = `victim${victims}@example.com`
    return { id: add(app, name), name }
  }

  /** What the call came to, once `how` was done while a person agreed. */
  async function comesTo(
    { id, name }: Victim,
    how?: (app: App, victim: Victim) => unknown,
  ): Promise<ToolAnswer> {
    const input = { user: name, tenants: [tenant], reason: REASON }
    const { approval } = (await world.call('deactivate_user', input)) as unknown as {
      approval: { id: string }
    }
    const words = ['approvals', 'approve', approval.id, '--approver', 'grace', '--passphrase-stdin']
    expect(await world.run(words, { stdin: `${PASSPHRASE}\n` })).toMatchObject({ code: 0 })
    how?.(app, { id, name })
    return world.call('deactivate_user', { ...input, approvalId: approval.id })
  }

  test.each(Object.entries(meanwhile))('%s', async (_, { how, ends = 'approval_void' }) => {
    const before = app.writes.length
    const { error, status } = await comesTo(newVictim(), how)
    expect(error?.code ?? status).toBe(ends)
    expect(app.writes.slice(before)).toEqual([])
  })

  test('is as it was: then it is good, once', async () => {
    const before = app.writes.length
    expect(await comesTo(newVictim())).toMatchObject({ status: 'done' })
    expect(app.writes.length).toBeGreaterThan(before)
  })
}

describe('an approval is of no use at Okta where by now the account', () => attacksAt(okta))
describe('an approval is of no use at Entra ID where by now the account', () => attacksAt(entra))
describe('an approval is of no use at Google where by now the account', () => attacksAt(google))
