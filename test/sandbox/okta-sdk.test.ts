// @module-tag long

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OktaTenant, startOkta } from '../../src/sandbox/okta.ts'

// Okta's own client. It is a dependency of no part of the program, so it is installed apart; `.ci/run` does that.
const SDK = join(import.meta.dirname, '../interop/node_modules/@okta/okta-sdk-nodejs')
const noSdk = !existsSync(SDK) && !process.env.IDENTITY_MCP_FULL

type Listed<Item> = Promise<AsyncIterable<Item | null>>
interface User {
  id: string
  status: string
  profile: { login: string; email: string; firstName: string; department?: string }
}
interface Group {
  id: string
  type: string
  profile: { name: string }
}

/** As much of that client as is used here. */
interface OktaClient {
  userApi: {
    getUser(ask: { userId: string }): Promise<User>
    listUsers(ask: { search?: string; filter?: string; limit?: number }): Listed<User>
    createUser(ask: { body: { profile: object }; activate?: boolean }): Promise<User>
    updateUser(ask: { userId: string; user: { profile: object } }): Promise<User>
    suspendUser(ask: { userId: string }): Promise<unknown>
    unsuspendUser(ask: { userId: string }): Promise<unknown>
    deactivateUser(ask: { userId: string; sendEmail?: boolean }): Promise<unknown>
    activateUser(ask: { userId: string; sendEmail?: boolean }): Promise<unknown>
    revokeUserSessions(ask: { userId: string; oauthTokens?: boolean }): Promise<unknown>
    listUserGroups(ask: { userId: string }): Listed<Group>
  }
  groupApi: {
    listGroups(ask: { search?: string; limit?: number }): Listed<Group>
    createGroup(ask: { group: { profile: { name: string } } }): Promise<Group>
    getGroup(ask: { groupId: string }): Promise<Group>
    listGroupUsers(ask: { groupId: string; limit?: number }): Listed<User>
    assignUserToGroup(ask: { groupId: string; userId: string }): Promise<unknown>
    unassignUserFromGroup(ask: { groupId: string; userId: string }): Promise<unknown>
    listGroupRules(ask: object): Listed<{ name: string; status: string }>
  }
  systemLogApi: {
    listLogEvents(ask: {
      since?: string
      until?: string
      filter?: string
      sortOrder?: string
      limit?: number
    }): Listed<{ eventType: string; target: { alternateId: string }[]; outcome: { result: string } }>
  }
  roleAssignmentApi: {
    listAssignedRolesForUser(ask: { userId: string }): Listed<{ label: string }>
    listUsersWithRoleAssignments(ask: { limit: number; after?: string }): Promise<{
      value: { id: string }[]
      _links?: { next?: { href: string } }
    }>
  }
  applicationApi: {
    getApplication(ask: { appId: string }): Promise<{ label: string; features: string[] }>
    getApplicationUser(ask: { appId: string; userId: string }): Promise<object>
  }
  userFactorApi: { listFactors(ask: { userId: string }): Listed<{ factorType: string }> }
}

describe.skipIf(noSdk)('@okta/okta-sdk-nodejs at the simulated organisation', () => {
  let app: OktaTenant
  const open = (more: object): OktaClient => {
    const { Client } = createRequire(import.meta.url)(SDK)
    return new Client({ orgUrl: app.url, cacheMiddleware: null, ...more })
  }
  let client: OktaClient
  beforeAll(async () => {
    app = await startOkta()
    client = open({ token: app.tokens.api.value })
  })
  afterAll(() => app.close())

  const all = async <Item>(listed: Listed<Item>): Promise<Item[]> => {
    const items: Item[] = []
    for await (const item of await listed) if (item) items.push(item)
    return items
  }
  const ADA = 'ada@example.com'
  const ada = () => client.userApi.getUser({ userId: ADA })
  const statusOf = async (work: Promise<unknown>) =>
    work.then(
      () => 200,
      (error: { status?: number }) => error.status,
    )

  test('finds a user by login, by id, by search and by filter', async () => {
    const user = await ada()
    expect(user).toMatchObject({ status: 'ACTIVE', profile: { login: ADA, firstName: 'Ada' } })
    expect(await client.userApi.getUser({ userId: user.id })).toMatchObject({ id: user.id })
    for (const ask of [
      { search: `profile.email eq "ADA@example.com"` },
      { search: `(profile.login eq "x" or profile.externalId sw "idp-") and profile.login sw "ada@"` },
      { filter: `profile.login eq "${ADA}"` },
    ]) {
      expect(await all(client.userApi.listUsers(ask))).toMatchObject([{ id: user.id }])
    }
    expect(await all(client.userApi.listUsers({ filter: 'profile.login eq "ADA@example.com"' }))).toEqual([])
    expect(await statusOf(client.userApi.getUser({ userId: 'nobody@example.com' }))).toBe(404)
    expect(await statusOf(all(client.userApi.listUsers({ search: 'profile.shoeSize eq "44"' })))).toBe(400)
  })

  test('lists page by page, without those who are deprovisioned unless they are searched for', async () => {
    app.putInState('grace@example.com', 'DEPROVISIONED')
    const listed = await all(client.userApi.listUsers({ limit: 40 }))
    expect(new Set(listed.map(({ id }) => id)).size).toBe(app.users.length - 1)
    expect(await all(client.userApi.listUsers({ search: 'status eq "DEPROVISIONED"' }))).toHaveLength(1)
  })

  test('creates and changes a user', async () => {
    const profile = { firstName: 'New', lastName: 'Hire', login: 'new@example.com', email: 'new@example.com' }
    const made = await client.userApi.createUser({ body: { profile }, activate: true })
    expect(made).toMatchObject({ status: 'PROVISIONED', profile })
    expect(await statusOf(client.userApi.createUser({ body: { profile } }))).toBe(400)
    const changed = await client.userApi.updateUser({
      userId: made.id,
      user: { profile: { department: 'Finance' } },
    })
    expect(changed).toMatchObject({ profile: { ...profile, department: 'Finance' } })
  })

  test('goes through the life of a user', async () => {
    const { id: userId } = await ada()
    const states: (string | undefined)[] = []
    const after = async (work: Promise<unknown>) => {
      await work
      states.push((await ada()).status)
    }
    await after(client.userApi.suspendUser({ userId }))
    expect(await statusOf(client.userApi.suspendUser({ userId }))).toBe(400)
    await after(client.userApi.unsuspendUser({ userId }))
    await after(client.userApi.deactivateUser({ userId, sendEmail: false }))
    expect(await statusOf(client.userApi.deactivateUser({ userId }))).toBe(403)
    await after(client.userApi.activateUser({ userId, sendEmail: true }))
    expect(states).toEqual(['SUSPENDED', 'ACTIVE', 'DEPROVISIONED', 'PROVISIONED'])
  })

  test('ends sessions and tokens', async () => {
    const { id: userId } = await ada()
    Object.assign(app.person(userId), { sessions: 2, refreshTokens: 2 })
    await client.userApi.revokeUserSessions({ userId })
    expect(app.person(userId)).toMatchObject({ sessions: 0, refreshTokens: 2 })
    await client.userApi.revokeUserSessions({ userId, oauthTokens: true })
    expect(app.person(userId)).toMatchObject({ sessions: 0, refreshTokens: 0 })
  })

  test('reads and changes groups, and reads rules, roles and factors', async () => {
    const { id: userId } = await ada()
    const [sales] = await all(client.groupApi.listGroups({ search: 'profile.name eq "sales"' }))
    expect(sales).toMatchObject({ type: 'OKTA_GROUP', profile: { name: 'Sales' } })
    const groupId = sales?.id ?? ''
    await client.groupApi.assignUserToGroup({ groupId, userId })
    const members = async () =>
      (await all(client.groupApi.listGroupUsers({ groupId, limit: 7 }))).map(({ id }) => id)
    expect(await members()).toContain(userId)
    expect(
      (await all(client.userApi.listUserGroups({ userId }))).map(({ profile }) => profile.name),
    ).toContain('Sales')
    await client.groupApi.unassignUserFromGroup({ groupId, userId })
    expect(await members()).not.toContain(userId)
    const made = await client.groupApi.createGroup({ group: { profile: { name: 'Night shift' } } })
    expect(await client.groupApi.getGroup({ groupId: made.id })).toMatchObject({ type: 'OKTA_GROUP' })
    expect(await all(client.groupApi.listGroupRules({}))).toMatchObject([
      { status: 'ACTIVE' },
      { status: 'INACTIVE' },
    ])
    app.person(ADA).roles.push({ id: 'ra1', label: 'Super Administrator', type: 'SUPER_ADMIN' })
    expect(await all(client.roleAssignmentApi.listAssignedRolesForUser({ userId }))).toMatchObject([
      { label: 'Super Administrator' },
    ])
    expect(await all(client.userFactorApi.listFactors({ userId }))).toMatchObject([{ factorType: 'push' }])
  })

  test('lists who has administrator roles, page by page', async () => {
    const { listUsersWithRoleAssignments } = client.roleAssignmentApi
    const list = listUsersWithRoleAssignments.bind(client.roleAssignmentApi)
    for (const user of [ADA, 'alan@example.com', 'grace@example.com'])
      app
        .person(user)
        .roles.push({ id: `ra ${user}`, label: 'Help Desk Administrator', type: 'HELP_DESK_ADMIN' })
    const first = await list({ limit: 2 })
    expect(first.value).toHaveLength(2)
    const after = new URL(first._links?.next?.href ?? '').searchParams.get('after') ?? ''
    const second = await list({ limit: 2, after })
    expect(second._links?.next).toBeUndefined()
    expect(new Set([...first.value, ...second.value].map(({ id }) => id))).toEqual(
      new Set([ADA, 'alan@example.com', 'grace@example.com'].map((user) => app.user(user).id)),
    )
  })

  test('reads an app and to whom it is assigned', async () => {
    const { id: userId } = await ada()
    const netskope = app.addApp('Netskope')
    const appId = netskope.id
    netskope.users.set(userId, {
      scope: 'GROUP',
      status: 'PROVISIONED',
      syncState: 'SYNCHRONIZED',
      externalId: 'ns-1',
    })
    expect(await client.applicationApi.getApplication({ appId })).toMatchObject({
      label: 'Netskope',
      features: ['PUSH_NEW_USERS', 'PUSH_PROFILE_UPDATES', 'PUSH_USER_DEACTIVATION'],
    })
    expect(await client.applicationApi.getApplicationUser({ appId, userId })).toMatchObject({
      scope: 'GROUP',
      status: 'PROVISIONED',
      syncState: 'SYNCHRONIZED',
      externalId: 'ns-1',
    })
    const { id: other } = app.user('alan@example.com')
    expect(await statusOf(client.applicationApi.getApplicationUser({ appId, userId: other }))).toBe(404)
  })

  test('reads the log, newest first and to its end', async () => {
    const { id } = await ada()
    const until = new Date().toISOString()
    const ask = { until, filter: `target.id eq "${id}"`, sortOrder: 'DESCENDING', limit: 2 }
    const events = await all(client.systemLogApi.listLogEvents(ask))
    expect(events.map(({ eventType }) => eventType).slice(0, 3)).toEqual([
      'user.session.clear',
      'user.session.clear',
      'user.lifecycle.activate',
    ])
    expect(events.every(({ outcome, target }) => outcome.result === 'SUCCESS' && target.length === 1)).toBe(
      true,
    )
  })

  test('fetches a token with a signed assertion, and is told which scope it lacks', async () => {
    const { clientId, privateKey } = app.serviceApp
    const ofService = (scopes: string) =>
      open({ authorizationMode: 'PrivateKey', clientId, privateKey, scopes })
    expect(await ofService('okta.users.read').userApi.getUser({ userId: ADA })).toMatchObject({
      profile: { login: ADA },
    })
    expect(app.serviceApp.issued).toEqual(['okta.users.read'])
    expect(await statusOf(all(ofService('okta.users.read').groupApi.listGroups({})))).toBe(403)
    app.serviceApp.scopes = ['okta.users.read']
    // This client then goes on without a token.
    expect(await statusOf(all(ofService('okta.groups.read').groupApi.listGroups({})))).toBe(401)
    expect(app.serviceApp.issued).not.toContain('okta.groups.read')
  })
})
