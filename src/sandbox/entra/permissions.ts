import type { Incoming } from '../http-types.ts'

interface Rule {
  method: string
  path: RegExp
  anyOf: readonly string[]
}

const READ_DIRECTORY = ['Directory.Read.All', 'Directory.ReadWrite.All']

/** Which application permissions each request needs, by learn.microsoft.com/graph/api; the first rule that fits counts. */
const RULES: readonly Rule[] = [
  {
    method: 'POST',
    path: /^\/users\/[^/]+\/revokeSignInSessions$/,
    anyOf: ['User.RevokeSessions.All', 'Directory.ReadWrite.All'],
  },
  {
    method: 'GET',
    path: /^\/users\/[^/]+\/authentication\/methods$/,
    anyOf: ['UserAuthenticationMethod.Read.All'],
  },
  {
    method: 'GET',
    path: /^\/users\/[^/]+\/memberOf/,
    anyOf: [
      'GroupMember.Read.All',
      'GroupMember.ReadWrite.All',
      'Group.Read.All',
      'Group.ReadWrite.All',
      ...READ_DIRECTORY,
    ],
  },
  {
    method: 'GET',
    path: /^\/users\/[^/]+\/appRoleAssignments/,
    anyOf: ['AppRoleAssignment.ReadWrite.All', ...READ_DIRECTORY],
  },
  {
    method: 'GET',
    path: /^\/servicePrincipals\/[^/]+\/synchronization\/jobs/,
    anyOf: ['Synchronization.Read.All', 'Synchronization.ReadWrite.All'],
  },
  { method: 'GET', path: /^\/users/, anyOf: ['User.Read.All', 'User.ReadWrite.All', ...READ_DIRECTORY] },
  {
    method: 'GET',
    path: /^\/groups/,
    anyOf: [
      'GroupMember.Read.All',
      'GroupMember.ReadWrite.All',
      'Group.Read.All',
      'Group.ReadWrite.All',
      ...READ_DIRECTORY,
    ],
  },
  {
    method: 'GET',
    path: /^\/roleManagement\//,
    anyOf: ['RoleManagement.Read.Directory', 'RoleManagement.ReadWrite.Directory', ...READ_DIRECTORY],
  },
  {
    method: 'GET',
    path: /^\/auditLogs\/provisioning$/,
    anyOf: ['ProvisioningLog.Read.All', 'AuditLog.Read.All'],
  },
  { method: 'GET', path: /^\/auditLogs\//, anyOf: ['AuditLog.Read.All'] },
  { method: 'POST', path: /^\/users$/, anyOf: ['User.ReadWrite.All', 'Directory.ReadWrite.All'] },
  {
    method: 'GET',
    path: /^\/organization/,
    anyOf: ['Organization.Read.All', ...READ_DIRECTORY],
  },
  ...['POST', 'DELETE'].map((method) => ({
    method,
    path: /^\/groups\/[^/]+\/members/,
    anyOf: ['GroupMember.ReadWrite.All', 'Group.ReadWrite.All', 'Directory.ReadWrite.All'],
  })),
]

const ENABLES = ['User.EnableDisableAccount.All', 'User.ReadWrite.All', 'Directory.ReadWrite.All']
const UPDATES = ['User.ReadWrite.All', 'User.ReadUpdate.All', 'Directory.ReadWrite.All']

/** Whether a token with these permissions may send the request; `path` is below `/v1.0`. */
export function mayAsk(
  { method, query, text }: Incoming,
  path: string,
  granted: ReadonlySet<string>,
): boolean {
  const has = (anyOf: readonly string[]) => anyOf.some((one) => granted.has(one))
  if (method === 'PATCH') return has(/^\{"accountEnabled":(true|false)\}$/.test(text) ? ENABLES : UPDATES)
  if ((query.get('$select') ?? '').includes('signInActivity') && !granted.has('AuditLog.Read.All'))
    return false
  const rule = RULES.find((one) => one.method === method && one.path.test(path))
  return rule === undefined || has(rule.anyOf)
}
