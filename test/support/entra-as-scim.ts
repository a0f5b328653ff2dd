import type { ScimUser } from '../../src/sandbox/directory.ts'
import type { EntraTenant } from '../../src/sandbox/entra.ts'
import type { Started } from '../vendors/contract.ts'

type EntraUser = EntraTenant['users'][number]

/** The records of a directory in SCIM form, live, for what all vendors are held to. */
export function asScimTenant(entra: EntraTenant): Started['app'] {
  const userOf = (user: EntraUser): ScimUser => ({
    id: user.id,
    ...(user.employeeId !== null && { externalId: user.employeeId }),
    userName: user.userPrincipalName,
    get active() {
      return user.accountEnabled
    },
    set active(active: boolean) {
      user.accountEnabled = active
    },
    name: { givenName: user.givenName ?? '', familyName: user.surname ?? '' },
    displayName: user.displayName,
    title: user.jobTitle ?? '',
    emails: [{ value: user.mail ?? '', primary: true }],
  })
  const groupOf = ({ id, displayName, members }: EntraTenant['groups'][number]) => ({
    id,
    displayName,
    members: members.map((value) => ({ value })),
  })
  const app = {
    url: entra.url,
    arrivals: entra.arrivals,
    close: entra.close,
    // The cases that are not lacking use only the faults of any app over HTTP.
    faults: entra.faults as unknown as Started['app']['faults'],
    get users() {
      return entra.users.map(userOf)
    },
    get groups() {
      return entra.groups.map(groupOf)
    },
    get writes() {
      return entra.writes
    },
    user: (name: string) => userOf(entra.user(name)),
    group: (name: string) => groupOf(entra.group(name)),
    addUser: ({ userName, emails }: Partial<ScimUser> & { userName: string }) =>
      userOf(entra.addUser({ userPrincipalName: userName, mail: emails?.[0]?.value ?? null })),
    addGroup: ({ displayName, members = [] }: { displayName: string; members?: { value: string }[] }) =>
      groupOf(entra.addGroup({ displayName, members: members.map(({ value }) => value) })),
    renameUser: (name: string, userName: string) =>
      userOf(Object.assign(entra.user(name), { userPrincipalName: userName })),
    removeUser: (name: string) => void entra.users.splice(entra.users.indexOf(entra.user(name)), 1),
  }
  return app
}
