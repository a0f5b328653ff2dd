import { uuidOf } from '../people.ts'
import { type AccountHolder, TEAMS_AND_ALL } from '../people-in.ts'

/** A user with the properties that this directory keeps; a name as in learn.microsoft.com/graph/api/resources/user. */
export interface EntraUser {
  id: string
  userPrincipalName: string
  accountEnabled: boolean
  displayName: string
  givenName: string | null
  surname: string | null
  mail: string | null
  otherMails: string[]
  proxyAddresses: string[]
  jobTitle: string | null
  department: string | null
  employeeId: string | null
  mobilePhone: string | null
  preferredLanguage: string | null
  userType: 'Member' | 'Guest'
  externalUserState: string | null
  onPremisesSyncEnabled: boolean | null
  onPremisesDomainName: string | null
  onPremisesImmutableId: string | null
  createdDateTime: string
  signInSessionsValidFromDateTime: string
  signInActivity: { lastSignInDateTime: string; lastSuccessfulSignInDateTime: string } | null
  [more: string]: unknown
}

export interface EntraGroup {
  id: string
  displayName: string
  groupTypes: string[]
  mailEnabled: boolean
  securityEnabled: boolean
  membershipRule: string | null
  onPremisesSyncEnabled: boolean | null
  onPremisesDomainName: string | null
  isAssignableToRole: boolean | null
  /** Ids of users and groups. */
  members: string[]
}

interface RoleAssignment {
  id: string
  principalId: string
  roleDefinitionId: string
  directoryScopeId: string
}

/** Built-in roles (learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference). */
export const ROLES: Readonly<Record<string, string>> = {
  '62e90394-69f5-4237-9190-012177145e10': 'Global Administrator',
  'fe930be7-5e62-47db-91af-98c3a49a38b1': 'User Administrator',
  'f2ef992c-3afb-46b9-b7cf-a126ee74c451': 'Global Reader',
}

/** An app in the directory that people are assigned to (learn.microsoft.com/graph/api/resources/serviceprincipal). */
export interface EntraApp {
  id: string
  displayName: string
  /** Status codes of its provisioning jobs; none for an app that only signs people in. */
  jobs: ('NotConfigured' | 'NotRun' | 'Active' | 'Paused' | 'Quarantine')[]
  /** Ids of the users and groups that it is assigned to. */
  assigned: string[]
}

export interface EntraRecords {
  users: EntraUser[]
  groups: EntraGroup[]
  /** Verified domains. */
  domains: string[]
  /** What accounts were created with. */
  passwords: { password: string; forceChangePasswordNextSignIn?: unknown }[]
  roleAssignments: RoleAssignment[]
  /** Roles that can be activated. */
  roleEligibilities: RoleAssignment[]
  apps: EntraApp[]
}

export const newUser = (given: Partial<EntraUser> & { userPrincipalName: string }): EntraUser => ({
  id: uuidOf(`entra user ${given.userPrincipalName}`),
  accountEnabled: true,
  displayName: given.userPrincipalName,
  givenName: null,
  surname: null,
  mail: null,
  otherMails: [],
  proxyAddresses: [],
  jobTitle: null,
  department: null,
  employeeId: null,
  mobilePhone: null,
  preferredLanguage: null,
  userType: 'Member',
  externalUserState: null,
  onPremisesSyncEnabled: null,
  onPremisesDomainName: null,
  onPremisesImmutableId: null,
  createdDateTime: '2024-02-01T08:00:00Z',
  signInSessionsValidFromDateTime: '2024-02-01T08:00:00Z',
  signInActivity: null,
  ...given,
})

export const newGroup = (given: Partial<EntraGroup> & { displayName: string }): EntraGroup => ({
  id: uuidOf(`entra group ${given.displayName}`),
  groupTypes: [],
  mailEnabled: false,
  securityEnabled: true,
  membershipRule: null,
  onPremisesSyncEnabled: null,
  onPremisesDomainName: null,
  isAssignableToRole: null,
  members: [],
  ...given,
})

/** The people as users, the teams as groups, and one group of each kind that nobody changes by hand. */
export function firstRecords(people: readonly AccountHolder[]): EntraRecords {
  const users = people.map(({ email, ...person }) =>
    newUser({
      userPrincipalName: person.userName,
      accountEnabled: person.active,
      displayName: `${person.givenName} ${person.familyName}`,
      givenName: person.givenName,
      surname: person.familyName,
      mail: email,
      proxyAddresses: [`SMTP:${email}`, `smtp:${email.replace('@', '.alias@')}`],
      jobTitle: person.title === '' ? null : person.title,
      department: person.department,
      employeeId: person.externalId ?? null,
    }),
  )
  const idsOf = (has: (person: AccountHolder, place: number) => boolean) =>
    people.flatMap((person, place) => (has(person, place) ? (users[place]?.id ?? []) : []))
  const groups = TEAMS_AND_ALL.map(({ name, has }) =>
    newGroup({
      displayName: name,
      members: idsOf((person, place) => has({ externalId: '', ...person }, place)),
    }),
  )
  const kept = [
    newGroup({
      displayName: 'All engineers',
      groupTypes: ['DynamicMembership'],
      membershipRule: '(user.department -eq "Engineering")',
      members: idsOf(({ department }) => department === 'Engineering'),
    }),
    newGroup({
      displayName: 'Domain staff',
      onPremisesSyncEnabled: true,
      onPremisesDomainName: 'corp.example.com',
    }),
    newGroup({ displayName: 'Announcements', mailEnabled: true, securityEnabled: false }),
    newGroup({ displayName: 'Helpdesk admins', isAssignableToRole: true }),
  ]
  return {
    users,
    groups: [...groups, ...kept],
    domains: ['acme.onmicrosoft.com', 'example.com'],
    passwords: [],
    roleAssignments: [],
    roleEligibilities: [],
    apps: [],
  }
}
