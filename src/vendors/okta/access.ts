import type { AccessShown, RequestContext } from '../../domain/operations.ts'
import { NotFound } from '../../errors.ts'
import { path } from '../http/client.ts'
import { asText, field } from '../http/values.ts'
import { ifAllowed, pagesOf } from './api.ts'
import { directoryOf, otherProvider } from './profile.ts'
import { explained, stateOf } from './states.ts'
import { type OktaApp, rawUser, rolesOf } from './users.ts'

/** What Okta tells of a user's access beyond the account. */
export async function readAccess(app: OktaApp, id: string, context: RequestContext): Promise<AccessShown> {
  const raw = await rawUser(app, id, context)
  if (raw?.id !== id) throw new NotFound('Okta does not have this user.', 'Look it up again with find_user.')
  const [roles, factors] = await Promise.all([
    ifAllowed(() => rolesOf(app, id, context)),
    ifAllowed(() => factorsOf(app, id, context)),
  ])
  const state = stateOf(raw)
  const provider = otherProvider(raw)
  return {
    ...(state !== undefined && { state: explained(state) }),
    ...(roles && { roles }),
    ...(factors && { factors }),
    ...(provider !== undefined && { provisionedBy: directoryOf(provider) ?? provider }),
    unknown: [
      { what: 'sessions', where: 'Okta tells of no sessions; pull_audit has the sign-ins' },
      ...(roles ? [] : [{ what: 'roles', where: 'Okta Admin Console, Security > Administrators' }]),
      ...(factors ? [] : [{ what: 'factors', where: 'Okta Admin Console, Directory > People > the person' }]),
    ],
  }
}

/** The factors that somebody has enrolled, each with who provides it and its state. */
async function factorsOf(app: OktaApp, id: string, context: RequestContext): Promise<string[]> {
  const { rows } = await pagesOf(app, 'okta.users.read', { path: path`/users/${id}/factors` }, context)(1)
  return rows.flatMap((row) => {
    const [kind, ...more] = ['factorType', 'provider', 'status'].map((name) => asText(field(row, name)))
    return kind === undefined ? [] : [`${kind} (${more.filter((word) => word).join(', ')})`]
  })
}
