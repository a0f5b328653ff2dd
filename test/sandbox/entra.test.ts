import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EntraTenant, startEntra } from '../../src/sandbox/entra.ts'
import { type GraphClient, noGraphClient, openGraphClient } from '../support/graph-client.ts'

const ADA = 'ada@example.com'

let entra: EntraTenant
beforeAll(async () => {
  entra = await startEntra()
})
afterAll(() => entra.close())

const tokenFor = async ({ url, directory, registration }: EntraTenant) => {
  const reply = await fetch(`${url}/${directory}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: registration.clientId,
      client_secret: registration.clientSecret,
      scope: 'https://graph.microsoft.com/.default',
    }),
  })
  return ((await reply.json()) as { access_token: string }).access_token
}

describe.skipIf(noGraphClient)('a simulated directory answers @microsoft/microsoft-graph-client', () => {
  let client: GraphClient
  let everything: Awaited<ReturnType<typeof openGraphClient>>['everything']
  beforeAll(async () => {
    ;({ client, everything } = await openGraphClient(entra.url, await tokenFor(entra)))
  })
  const failure = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: { statusCode: number; code: string }) => ({ status: error.statusCode, code: error.code }),
    )

  test('finds a user by id, by user principal name and by a filter', async () => {
    const { id } = entra.user(ADA)
    for (const name of [id, ADA]) {
      expect(await client.api(`/users/${name}`).select(['id', 'accountEnabled']).get()).toEqual({
        id,
        accountEnabled: true,
      })
    }
    const alias = `proxyAddresses/any(x:x eq 'smtp:${ADA.replace('@', '.alias@')}')`
    const { value } = await client.api('/users').filter(`mail eq 'nobody' or ${alias}`).get()
    expect(value).toMatchObject([{ id }])
    // `accountEnabled` is not in what is sent without a selection.
    expect(value?.[0]).not.toHaveProperty('accountEnabled')
  })

  test('searches, but as an advanced query alone', async () => {
    const search = () => client.api('/users').search('"displayName:Lovelace"').count(true)
    expect(await failure(search().get())).toMatchObject({ status: 400 })
    const { value, '@odata.count': count } = await search().header('ConsistencyLevel', 'eventual').get()
    expect(value).toMatchObject([{ userPrincipalName: ADA }])
    expect(count).toBe(1)
  })

  test('pages, to the end', async () => {
    const first = await client.api('/users').top(70).select(['id']).get()
    expect(first.value).toHaveLength(70)
    const rows = await everything(first)
    expect(new Set(rows.map(({ id }) => id)).size).toBe(entra.users.length)
    expect(rows).toHaveLength(entra.users.length)
  })

  test('creates a user, in a domain that the organization has verified', async () => {
    const { value } = await client.api('/organization').select(['id', 'verifiedDomains']).get()
    const domains = value?.[0]?.verifiedDomains as { name: string; isDefault: boolean }[]
    const domain = domains.find(({ isDefault }) => isDefault)?.name
    const hedy = {
      accountEnabled: true,
      displayName: 'Hedy New',
      mailNickname: 'hedy',
      userPrincipalName: `hedy@${domain}`,
      passwordProfile: { forceChangePasswordNextSignIn: true, password: 'Correct-horse-7' },
    }
    const create = (more: object = {}) => client.api('/users').post({ ...hedy, ...more })
    const made = await create()
    expect(made).toMatchObject({ userPrincipalName: hedy.userPrincipalName, displayName: 'Hedy New' })
    // What is sent back has no password.
    expect(made.passwordProfile ?? null).toBeNull()
    expect(entra.user(hedy.userPrincipalName)).toMatchObject({ id: made.id, accountEnabled: true })
    const refusals: [why: string, more: object][] = [
      ['the name is taken', {}],
      ['the domain is not verified', { userPrincipalName: 'hedy@elsewhere.example' }],
      ['there is no nickname', { userPrincipalName: `radia@${domain}`, mailNickname: undefined }],
      [
        'the password is weak',
        { userPrincipalName: `radia@${domain}`, passwordProfile: { password: 'password' } },
      ],
    ]
    for (const [why, more] of refusals)
      expect(await failure(create(more)), why).toEqual({ status: 400, code: 'Request_BadRequest' })
  })

  test('updates, disables and enables a user', async () => {
    const user = entra.addUser({ userPrincipalName: 'updated@example.com' })
    await client.api(`/users/${user.id}`).patch({ jobTitle: 'Auditor' })
    await client.api(`/users/${user.id}`).patch({ accountEnabled: false })
    expect(user).toMatchObject({ jobTitle: 'Auditor', accountEnabled: false })
    await client.api(`/users/${user.id}`).patch({ accountEnabled: true })
    expect(user.accountEnabled).toBe(true)
  })

  test('ends sessions, and shows when', async () => {
    const user = entra.addUser({ userPrincipalName: 'sessions@example.com' })
    const mark = () => client.api(`/users/${user.id}`).select(['signInSessionsValidFromDateTime']).get()
    const before = await mark()
    expect(await client.api(`/users/${user.id}/revokeSignInSessions`).post({})).toMatchObject({ value: true })
    expect(await mark()).not.toEqual(before)
  })

  test('adds and removes a member, by reference', async () => {
    const user = entra.addUser({ userPrincipalName: 'member@example.com' })
    const group = entra.addGroup({ displayName: 'By reference' })
    const reference = { '@odata.id': `${entra.url}/v1.0/directoryObjects/${user.id}` }
    await client.api(`/groups/${group.id}/members/$ref`).post(reference)
    const { value } = await client.api(`/groups/${group.id}/members`).get()
    expect(value).toMatchObject([{ '@odata.type': '#microsoft.graph.user', id: user.id }])
    expect(await failure(client.api(`/groups/${group.id}/members/$ref`).post(reference))).toMatchObject({
      status: 400,
    })
    const memberOf = () => client.api(`/users/${user.id}/memberOf/microsoft.graph.group`).count(true)
    expect(await failure(memberOf().get())).toMatchObject({ status: 400 })
    const rows = await everything(await memberOf().header('ConsistencyLevel', 'eventual').get())
    expect(rows).toMatchObject([{ id: group.id, displayName: 'By reference' }])
    await client.api(`/groups/${group.id}/members/${user.id}/$ref`).delete()
    expect(group.members).toEqual([])
  })

  test('tells the roles of a user', async () => {
    const user = entra.addUser({ userPrincipalName: 'role@example.com' })
    entra.assignRole(user.id)
    const { value } = await client
      .api('/roleManagement/directory/roleAssignments')
      .filter(`principalId eq '${user.id}'`)
      .expand('roleDefinition')
      .get()
    expect(value).toMatchObject([{ roleDefinition: { displayName: 'User Administrator' } }])
    entra.assignRole(user.id, 'Global Reader', 'eligible')
    const { value: eligible } = await client
      .api('/roleManagement/directory/roleEligibilityScheduleInstances')
      .filter(`principalId eq '${user.id}'`)
      .expand('roleDefinition')
      .get()
    expect(eligible).toMatchObject([{ roleDefinition: { displayName: 'Global Reader' } }])
  })

  test('tells which apps a user is assigned to, also by a group, and the jobs of an app', async () => {
    const [user, other] = ['assigned@example.com', 'not.assigned@example.com'].map((userPrincipalName) =>
      entra.addUser({ userPrincipalName }),
    )
    const group = entra.addGroup({ displayName: 'Netskope users', members: [user?.id ?? ''] })
    const app = entra.addApp('Netskope', ['Quarantine'])
    app.assigned.push(group.id)
    entra.addApp('Another').assigned.push(user?.id ?? '')
    entra.registration.permissions.add('Directory.Read.All').add('Synchronization.Read.All')
    const { client: richer } = await openGraphClient(entra.url, await tokenFor(entra))
    for (const right of ['Directory.Read.All', 'Synchronization.Read.All'])
      entra.registration.permissions.delete(right)
    const assigned = async (id = '') =>
      (
        await richer
          .api(`/users/${id}/appRoleAssignments`)
          .filter(`resourceId eq ${app.id}`)
          .header('ConsistencyLevel', 'eventual')
          .count(true)
          .get()
      ).value
    expect(await assigned(user?.id)).toMatchObject([
      { principalId: group.id, principalType: 'Group', resourceId: app.id, resourceDisplayName: 'Netskope' },
    ])
    expect(await assigned(other?.id)).toEqual([])
    const { value } = await richer.api(`/servicePrincipals/${app.id}/synchronization/jobs`).get()
    expect(value).toMatchObject([{ status: { code: 'Quarantine' } }])
    expect(await failure(client.api(`/users/${user?.id}/appRoleAssignments`).get())).toMatchObject({
      status: 403,
    })
  })

  test('tells its logs, by time and by user', async () => {
    const user = entra.addUser({ userPrincipalName: 'logged@example.com' })
    const at = Date.now() - 60_000
    entra.audit({ at, action: 'Reset password', by: entra.user(ADA), user })
    entra.signIn({ at, user, app: 'Office 365' })
    entra.provisioned({ at, user, target: 'Netskope' })
    const since = new Date(at - 1).toISOString()
    const logged = async (log: string, filter: string) =>
      (await client.api(`/auditLogs/${log}`).filter(filter).get()).value
    const target = `targetResources/any(t:t/id eq '${user.id}')`
    expect(await logged('directoryAudits', `activityDateTime ge ${since} and ${target}`)).toMatchObject([
      { activityDisplayName: 'Reset password', initiatedBy: { user: { userPrincipalName: ADA } } },
    ])
    expect(await logged('directoryAudits', `initiatedBy/user/id eq '${user.id}'`)).toEqual([])
    expect(await logged('signIns', `userId eq '${user.id}'`)).toMatchObject([{ status: { errorCode: 0 } }])
    const provisioned = await logged('provisioning', `activityDateTime gt ${since}`)
    expect(provisioned).toMatchObject([{ sourceIdentity: { id: user.id } }])
  })

  test('refuses as Graph does', async () => {
    const synced = entra.addUser({ userPrincipalName: 'synced@example.com', onPremisesSyncEnabled: true })
    expect(await failure(client.api('/users/none@example.com').get())).toEqual({
      status: 404,
      code: 'Request_ResourceNotFound',
    })
    expect(await failure(client.api(`/users/${synced.id}`).patch({ jobTitle: 'x' }))).toEqual({
      status: 400,
      code: 'Request_BadRequest',
    })
    entra.registration.permissions.delete('User.ReadWrite.All')
    const poorer = (await openGraphClient(entra.url, await tokenFor(entra))).client
    entra.registration.permissions.add('User.ReadWrite.All')
    expect(await failure(poorer.api(`/users/${ADA}`).patch({ jobTitle: 'x' }))).toEqual({
      status: 403,
      code: 'Authorization_RequestDenied',
    })
    entra.registration.revoke()
    expect(await failure(client.api(`/users/${ADA}`).get())).toEqual({
      status: 401,
      code: 'InvalidAuthenticationToken',
    })
  })
})
