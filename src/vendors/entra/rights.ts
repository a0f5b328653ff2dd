/**
 * What the app registration may be used for, each with the sets of application permissions that are enough; the first
 * one is the smallest (learn.microsoft.com/graph/permissions-reference, and "Permissions" of each API).
 */
export const RIGHTS = {
  users: {
    does: 'read users',
    anyOf: ['User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  },
  groups: {
    does: 'read groups and their members',
    anyOf: [
      'GroupMember.Read.All',
      'GroupMember.ReadWrite.All',
      'Group.Read.All',
      'Group.ReadWrite.All',
      'Directory.Read.All',
      'Directory.ReadWrite.All',
    ],
  },
  roles: {
    does: 'read who is an administrator',
    anyOf: [
      'RoleManagement.Read.Directory',
      'RoleManagement.Read.All',
      'RoleManagement.ReadWrite.Directory',
      'Directory.Read.All',
      'Directory.ReadWrite.All',
    ],
  },
  // learn.microsoft.com, "List roleEligibilityScheduleInstances".
  eligible: {
    does: 'read who can become an administrator',
    anyOf: [
      'RoleEligibilitySchedule.Read.Directory',
      'RoleManagement.Read.Directory',
      'RoleManagement.Read.All',
      'RoleManagement.ReadWrite.Directory',
    ],
  },
  // learn.microsoft.com, "Update user": also needs User.Read.All.
  status: {
    does: 'deactivate and reactivate users',
    anyOf: ['User.EnableDisableAccount.All', 'User.ReadWrite.All', 'Directory.ReadWrite.All'],
  },
  // learn.microsoft.com, "user: revokeSignInSessions".
  sessions: { does: 'end sessions', anyOf: ['User.RevokeSessions.All', 'Directory.ReadWrite.All'] },
  profiles: {
    does: 'update users',
    anyOf: ['User.ReadWrite.All', 'User.ReadUpdate.All', 'Directory.ReadWrite.All'],
  },
  // learn.microsoft.com, "Create user".
  create: { does: 'create users', anyOf: ['User.ReadWrite.All', 'Directory.ReadWrite.All'] },
  domains: {
    does: 'read the domains of the directory',
    anyOf: ['Organization.Read.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  },
  members: {
    does: 'change the members of groups',
    anyOf: ['GroupMember.ReadWrite.All', 'Group.ReadWrite.All', 'Directory.ReadWrite.All'],
  },
  audits: { does: 'read the audit log', anyOf: ['AuditLog.Read.All'] },
  signIns: { does: 'read the sign-in log, and when users last signed in', anyOf: ['AuditLog.Read.All'] },
  // learn.microsoft.com, "List provisioningObjectSummary".
  provisioning: {
    does: 'read the provisioning log',
    anyOf: ['ProvisioningLog.Read.All', 'AuditLog.Read.All'],
  },
  assignments: {
    does: 'read which apps users are assigned to',
    anyOf: ['Directory.Read.All', 'AppRoleAssignment.ReadWrite.All', 'Directory.ReadWrite.All'],
  },
  // learn.microsoft.com, "List synchronization jobs".
  synchronization: {
    does: 'read whether apps are provisioned',
    anyOf: ['Synchronization.Read.All', 'Synchronization.ReadWrite.All'],
  },
  methods: {
    does: 'read which sign-in methods users have',
    anyOf: ['UserAuthenticationMethod.Read.All', 'UserAuthenticationMethod.ReadWrite.All'],
  },
} as const satisfies Record<string, { does: string; anyOf: readonly [string, ...string[]] }>
export type Right = keyof typeof RIGHTS

/** Where a missing permission is granted, in the words of the console. */
export const whereToGrant = (right: Right): string =>
  `Add the application permission ${RIGHTS[right].anyOf[0]} of Microsoft Graph, then choose Grant admin consent: ` +
  'Entra admin centre > App registrations > the app > API permissions.'

/** What is said where no permission that is enough was granted. */
export const lacksRight = (right: Right): string =>
  `${RIGHTS[right].anyOf[0]} is missing: without it, the app may not ${RIGHTS[right].does}.`

export const WHERE_TO_MAKE =
  'Entra admin centre > App registrations > the app: Overview has the Application (client) ID and the Directory (tenant) ' +
  'ID, Certificates & secrets the secret, the certificate or the federated credential.'

/** Learn.microsoft.com, "Working with users in Microsoft Graph", "Who can perform sensitive actions". */
export const ROLE_FOR_ADMINISTRATORS =
  'For an account with an administrator role the app itself needs a directory role that may change it, such as User ' +
  'Administrator or Privileged Authentication Administrator: Entra admin centre > Roles & admins.'
