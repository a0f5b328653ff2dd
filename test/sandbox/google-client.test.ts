import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GoogleTenant, startGoogle } from '../../src/sandbox/google.ts'

/**
 * Google's own client against the simulated Workspace, through the operations that the vendor uses: a wrong path, parameter or
 * field cannot be wrong in both in the same way.
 */
const CLIENT = join(import.meta.dirname, '../interop/node_modules/@googleapis/admin/build/index.js')
const noClient = !existsSync(CLIENT) && !process.env.IDENTITY_MCP_FULL

type Answer = Promise<{ data: Record<string, unknown>; status: number }>
type Call = (parameters?: Record<string, unknown>) => Answer
type Resource = Record<string, Call>

let app: GoogleTenant
let directory: Record<string, Resource>
let reports: Record<string, Resource>
const ask = async (
  resource: Resource | undefined,
  method: string,
  parameters: Record<string, unknown> = {},
) => {
  const call = resource?.[method]
  if (!call) throw new TypeError(`the client has no ${method}`)
  return (await call.call(resource, parameters)).data
}
const users = (method: string, parameters?: Record<string, unknown>) =>
  ask(directory.users, method, parameters)

beforeAll(async () => {
  if (noClient) return
  app = await startGoogle()
  const { admin, auth: Auth } = await import(pathToFileURL(CLIENT).href)
  // The address of the token endpoint is fixed in the client, so its request is sent on to the simulated one.
  const { keyFile } = app.oauth
  app.oauth.audience = 'https://oauth2.googleapis.com/token'
  const auth = new Auth.JWT({
    email: keyFile.client_email,
    key: keyFile.private_key,
    keyId: keyFile.private_key_id,
    subject: app.admin,
    scopes: app.oauth.delegated.map((scope) => `https://www.googleapis.com/auth/${scope}`),
  })
  const { tokenUrl } = app
  const transporter = auth.transporter ?? auth.gtoken?.transporter
  const request = transporter.request.bind(transporter)
  transporter.request = (options: { url: string | URL }) =>
    request({
      ...options,
      url: String(options.url).startsWith('https://oauth2.googleapis.com/token') ? tokenUrl : options.url,
    })
  directory = admin({ version: 'directory_v1', auth, rootUrl: `${app.url}/` })
  reports = admin({ version: 'reports_v1', auth, rootUrl: `${app.url}/` })
})
afterAll(() => app?.close())

test.skipIf(noClient)('finds a user by address, alias and id', async () => {
  const { id } = app.user('ada@example.com')
  for (const userKey of ['ada@example.com', 'ada.byron@example.com', id]) {
    expect(await users('get', { userKey, projection: 'full' })).toMatchObject({
      id,
      primaryEmail: 'ada@example.com',
      customSchemas: { Access: { badge: 'B-1815' } },
    })
  }
  await expect(users('get', { userKey: 'nobody@example.com' })).rejects.toMatchObject({ status: 404 })
  await expect(users('get', { userKey: 'ada@elsewhere.example' })).rejects.toMatchObject({ status: 403 })
})

test.skipIf(noClient)('lists users page by page, and searches them', async () => {
  const seen: unknown[] = []
  let pageToken: unknown
  do {
    const page = await users('list', {
      customer: 'my_customer',
      maxResults: 100,
      ...(pageToken !== undefined && { pageToken }),
    })
    seen.push(...(page.users as unknown[]))
    pageToken = page.nextPageToken
  } while (pageToken !== undefined)
  expect(seen).toHaveLength(app.users.length)
  const found = await users('list', {
    customer: 'my_customer',
    query: "familyName='Lovelace' isSuspended=false",
  })
  expect(found).toMatchObject({ users: [{ primaryEmail: 'ada@example.com' }] })
})

test.skipIf(noClient)('suspends, changes and reactivates a user', async () => {
  const userKey = app.user('bo.ferrari@example.com').id
  await users('patch', { userKey, requestBody: { suspended: true } })
  expect(app.user(userKey).active).toBe(false)
  const organizations = [{ title: 'Director', department: 'Sales', primary: true }]
  await users('patch', {
    userKey,
    requestBody: { suspended: false, name: { givenName: 'Beau' }, organizations },
  })
  expect(app.user(userKey)).toMatchObject({
    active: true,
    title: 'Director',
    name: { givenName: 'Beau', familyName: 'Ferrari' },
  })
})

test.skipIf(noClient)('makes a user, in a domain that the customer has', async () => {
  const { domains } = await ask(directory.domains, 'list', { customer: 'my_customer' })
  const [primary, pending] = domains as { domainName: string; isPrimary: boolean; verified: boolean }[]
  expect(primary).toMatchObject({ isPrimary: true, verified: true })
  expect(pending).toMatchObject({ isPrimary: false, verified: false })
  const hedy = {
    primaryEmail: `hedy@${primary?.domainName}`,
    name: { givenName: 'Hedy', familyName: 'New' },
    password: 'correct horse battery',
    changePasswordAtNextLogin: true,
    organizations: [{ title: 'Analyst', primary: true }],
  }
  const insert = (more: object = {}) => users('insert', { requestBody: { ...hedy, ...more } })
  const made = await insert()
  expect(made).toMatchObject({ primaryEmail: hedy.primaryEmail, suspended: false })
  // What is sent back has no password.
  expect(made).not.toHaveProperty('password')
  expect(app.user(hedy.primaryEmail)).toMatchObject({ id: made.id, active: true, title: 'Analyst' })
  await expect(insert()).rejects.toMatchObject({ status: 409 })
  await expect(insert({ primaryEmail: 'hedy@elsewhere.example' })).rejects.toMatchObject({ status: 404 })
  for (const lacking of [{ password: 'short' }, { name: { givenName: 'Hedy' } }, { primaryEmail: undefined }])
    await expect(insert({ primaryEmail: `radia@${primary?.domainName}`, ...lacking })).rejects.toMatchObject({
      status: 400,
    })
})

test.skipIf(noClient)('signs out, and deletes tokens and application passwords', async () => {
  const userKey = app.user('ada@example.com').id
  await users('signOut', { userKey })
  const { items: tokens } = await ask(directory.tokens, 'list', { userKey })
  for (const { clientId } of tokens as { clientId: string }[])
    await ask(directory.tokens, 'delete', { userKey, clientId })
  const { items: asps } = await ask(directory.asps, 'list', { userKey })
  for (const { codeId } of asps as { codeId: number }[])
    await ask(directory.asps, 'delete', { userKey, codeId })
  expect(app.extras(userKey)).toMatchObject({ signOuts: 1, tokens: [], asps: [] })
})

test.skipIf(noClient)('reads groups and changes who is in one', async () => {
  const groups = await ask(directory.groups, 'list', { customer: 'my_customer' })
  expect(groups.groups).toHaveLength(app.groups.length)
  const mine = await ask(directory.groups, 'list', { userKey: 'ada@example.com' })
  expect((mine.groups as { name: string }[]).map(({ name }) => name)).toContain('Engineering')
  const groupKey = app.group('Contractors').id
  const memberKey = app.user('ada@example.com').id
  await ask(directory.members, 'insert', { groupKey, requestBody: { id: memberKey, role: 'MEMBER' } })
  const { members } = await ask(directory.members, 'list', { groupKey })
  expect(members).toContainEqual(
    expect.objectContaining({ id: memberKey, email: 'ada@example.com', type: 'USER' }),
  )
  await ask(directory.members, 'delete', { groupKey, memberKey })
  expect(app.group(groupKey).members).not.toContainEqual({ value: memberKey })
})

test.skipIf(noClient)('reads administrator roles', async () => {
  const customer = 'my_customer'
  const { items } = await ask(directory.roleAssignments, 'list', {
    ...{ customer, userKey: 'grace@example.com', includeIndirectRoleAssignments: true },
  })
  app.giveRole('Contractors', '_HELP_DESK_ADMIN_ROLE')
  const all = await ask(directory.roleAssignments, 'list', { customer })
  expect(all.items).toContainEqual(
    expect.objectContaining({ assignedTo: app.group('Contractors').id, assigneeType: 'group' }),
  )
  const [assigned] = items as { roleId: string }[]
  const roles = await ask(directory.roles, 'list', { customer })
  expect(roles.items).toContainEqual(
    expect.objectContaining({ roleId: assigned?.roleId, roleName: '_USER_MANAGEMENT_ADMIN_ROLE' }),
  )
})

test.skipIf(noClient)('reads the logs', async () => {
  const list = (applicationName: string, userKey: string) =>
    ask(reports.activities, 'list', { applicationName, userKey, startTime: new Date(0).toISOString() })
  expect(await list('login', 'ada@example.com')).toMatchObject({
    items: [{ events: [{ name: 'login_success' }] }, { events: [{ name: 'login_failure' }] }],
  })
  expect((await list('admin', 'all')).items).not.toEqual([])
})
