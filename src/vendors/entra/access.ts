import type { AccessShown, RequestContext, SessionsShown } from '../../domain/operations.ts'
import { path } from '../http/client.ts'
import { asText, asTime, asWord, field, type Rec } from '../http/values.ts'
import { mustAsk } from './api.ts'
import type { Connection } from './clients.ts'
import { domainOf } from './groups.ts'
import { isGuest, isSynced, SELECT } from './profile.ts'
import { allRows, ifAllowed } from './rows.ts'
import { groupsAndRoles, rawUser } from './users.ts'

/** Sessions and refresh tokens from before it are not accepted (learn.microsoft.com/graph/api/resources/user). */
const MARK = 'signInSessionsValidFromDateTime'

export async function readSessions(
  connection: Connection,
  { id }: { id: string },
  context: RequestContext,
): Promise<SessionsShown> {
  const request = { path: path`/users/${id}`, query: { $select: `id,${MARK}` }, right: 'users' } as const
  const endedAt = asTime(field(await mustAsk(connection, request, context), MARK))
  return endedAt === undefined ? {} : { endedAt }
}

/** What Entra ID tells of an account's access, and what it does not. */
export async function readAccess(
  connection: Connection,
  { id }: { id: string },
  context: RequestContext,
): Promise<AccessShown> {
  const [raw, { roles, eligible }, factors] = await Promise.all([
    rawUser(connection, id, context, `${SELECT},${MARK}`),
    groupsAndRoles(connection, id, context),
    ifAllowed(() => methodsOf(connection, id, context)),
  ])
  const state = raw && stateOf(raw)
  const endedAt = asTime(field(raw, MARK))
  const provisionedBy = raw && (isSynced(raw) ? domainOf(raw) : undefined)
  return {
    ...(state !== undefined && { state }),
    ...(roles && { roles: [...roles, ...(eligible ?? []).map((name) => `${name} (can be activated)`)] }),
    ...(factors && { factors }),
    ...(endedAt !== undefined && { sessions: `those from before ${endedAt} have ended` }),
    ...(provisionedBy !== undefined && { provisionedBy }),
    unknown: [
      { what: 'open sessions', where: 'Graph tells of none; sign-ins are in pull_audit' },
      ...(eligible
        ? []
        : [{ what: 'roles that can be activated', where: `${CONSOLE} > Identity governance > PIM` }]),
      ...(roles ? [] : [{ what: 'roles', where: `${CONSOLE} > Roles & admins` }]),
      ...(factors
        ? []
        : [{ what: 'factors', where: `${CONSOLE} > Users > the user > Authentication methods` }]),
    ],
  }
}

const CONSOLE = 'Entra admin centre'

function stateOf(raw: Rec): string | undefined {
  const { accountEnabled } = raw
  if (typeof accountEnabled !== 'boolean') return undefined
  const words = accountEnabled ? 'enabled: sign-in is allowed' : 'disabled: sign-in is blocked'
  const userType = asWord(raw.userType)
  if (!isGuest({ userType })) return words
  const invitation = asText(raw.externalUserState)
  return `${words}; guest, who signs in at another directory${invitation ? ` (invitation: ${invitation})` : ''}`
}

/** `#microsoft.graph.fido2AuthenticationMethod` is told as `fido2`. */
async function methodsOf(connection: Connection, id: string, context: RequestContext): Promise<string[]> {
  const rows = await allRows(
    connection,
    { path: path`/users/${id}/authentication/methods`, right: 'methods' },
    context,
  )
  return rows.flatMap((row) => {
    const [, kind] =
      /^#microsoft\.graph\.(\w{1,60}?)AuthenticationMethod$/.exec(String(row['@odata.type'])) ?? []
    return kind === undefined ? [] : [kind]
  })
}
