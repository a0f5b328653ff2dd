import type { Account } from '../../domain/account.ts'
import type { Operations, RequestContext, Target } from '../../domain/operations.ts'
import { Refused } from '../../errors.ts'
import { path } from '../http/client.ts'
import { recentGroups } from '../http/recent-groups.ts'
import { asWord, type Rec } from '../http/values.ts'
import { changing } from '../records/changing.ts'
import { recordReads } from '../records/reads.ts'
import { mustBeTarget } from '../records/target.ts'
import { readAccess, readSessions } from './access.ts'
import { mustAsk } from './api.ts'
import { readAssignment } from './assignments.ts'
import type { Connection } from './clients.ts'
import { checkNew, createAccount } from './create.ts'
import { checkGroup, domainOf, listGroups, readGroup, updateMembers } from './groups.ts'
import { isGuest, isSynced, propertiesOf, SYNCED } from './profile.ts'
import { RIGHTS } from './rights.ts'
import type { EntraSettings } from './settings.ts'
import { entraUsers, rawUser } from './users.ts'

/** The operations on the users and groups of a directory. */
export function entraOperations(
  connection: Connection,
  tenant: string,
  { provisions }: Pick<EntraSettings, 'provisions'>,
) {
  const recent = recentGroups()
  /** The user as it is now, right before a change. */
  const current = async (target: Target, context: RequestContext): Promise<Rec> => {
    const found = await rawUser(connection, target.id, context)
    const raw = mustBeTarget(found, target, ({ userPrincipalName }) => asWord(userPrincipalName))
    if (isSynced(raw)) throw synchronised(raw)
    return raw
  }
  const enable = async (target: Target, accountEnabled: boolean, context: RequestContext) => {
    await current(target, context)
    await mustAsk(
      connection,
      { method: 'PATCH', path: path`/users/${target.id}`, body: { accountEnabled }, right: 'status' },
      context,
    )
  }

  return {
    ...recordReads(entraUsers(connection, tenant)),
    listGroups: (asked, context) => listGroups(connection, recent.pages, asked, context),
    readGroup: (asked, context) =>
      recent.read(asked, () => readGroup({ connection, tenant }, asked, context)),
    readSessions: (asked, context) => readSessions(connection, asked, context),
    readAccess: (asked, context) => readAccess(connection, asked, context),
    ...(provisions && { readAssignment: (asked, context) => readAssignment(connection, asked, context) }),
    async checkWrite({ operation, accounts, fields, group }, context) {
      if (operation === 'createAccount') return checkNew(connection, fields, context)
      propertiesOf(fields)
      if (group) return checkGroup(connection, group.id, context)
      const synced = accounts.find(({ custom }) => custom?.[SYNCED] === true)
      if (synced) throw synchronised(synced.custom)
      const endsHere = operation === 'endSessions' || operation === 'deactivateAccount'
      return [
        ...(endsHere && accounts.some(isGuestAccount) ? [GUEST_SESSIONS] : []),
        ...(accounts.some(({ admin }) => admin === undefined) ? [ROLES_UNKNOWN] : []),
      ]
    },
    ...changing(recent, {
      async endSessions(target, context) {
        const raw = await current(target, context)
        if (isGuest({ userType: asWord(raw.userType) })) throw new Refused(GUEST_SESSIONS, WHERE_GUESTS_ARE)
        await mustAsk(
          connection,
          { method: 'POST', path: `${path`/users/${target.id}`}/revokeSignInSessions`, right: 'sessions' },
          context,
        )
      },
      deactivateAccount: (target, context) => enable(target, false, context),
      reactivateAccount: (target, context) => enable(target, true, context),
      createAccount: ({ fields }, context) => createAccount(connection, fields, context),
      async updateAccount({ set, ...target }, context) {
        const body = propertiesOf(set)
        await current(target, context)
        await mustAsk(
          connection,
          { method: 'PATCH', path: path`/users/${target.id}`, body, right: 'profiles' },
          context,
        )
      },
      updateMembers: (asked, context) => updateMembers(connection, asked, context),
    }),
  } satisfies Operations
}

const isGuestAccount = ({ userType }: Account): boolean => isGuest({ userType })

// learn.microsoft.com/graph/api/user-revokesigninsessions: guests sign in through their home directory.
const GUEST_SESSIONS =
  'The account is a guest’s: its sessions are kept by another directory, and do not end here.'
const WHERE_GUESTS_ARE = 'Ask the administrators of the guest’s own directory to end them.'

const ROLES_UNKNOWN = `Whether the account is an administrator’s is not known: ${RIGHTS.roles.anyOf[0]} is missing.`

/** Directory synchronisation keeps the account, and would undo a change (learn.microsoft.com/graph/api/user-update). */
const synchronised = (raw: unknown): Refused =>
  new Refused(
    `The account is synchronised from ${domainOf(raw)}, which keeps it.`,
    'Change it in Active Directory there; the next synchronisation brings the change to Entra ID. Its sessions end in the ' +
      'Entra admin centre > Users > the user > Revoke sessions.',
  )
