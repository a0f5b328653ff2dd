import type { Reply, Route } from '../http-types.ts'
import type { Scoped } from './access.ts'
import { idOf, type Organisation } from './organisation.ts'
import { fail, paged } from './reply.ts'

/** An app of the organisation, and to whom it is assigned, by user id (developer.okta.com, "Applications"). It is live. */
export interface OktaApp {
  id: string
  label: string
  /** What provisioning is enabled for; none for an app that only signs people in. */
  features: string[]
  users: Map<string, OktaAppUser>
}

/** developer.okta.com, "Application Users". */
export interface OktaAppUser {
  scope: 'USER' | 'GROUP'
  status: 'ACTIVE' | 'PROVISIONED' | 'STAGED'
  syncState: 'DISABLED' | 'OUT_OF_SYNC' | 'SYNCHRONIZED' | 'SYNCING' | 'ERROR'
  /** Id of the account in the app. */
  externalId?: string
}

const PUSHES = ['PUSH_NEW_USERS', 'PUSH_PROFILE_UPDATES', 'PUSH_USER_DEACTIVATION']

export const newApp = (label: string, features: readonly string[] = PUSHES): OktaApp => ({
  id: idOf('0oa', label),
  label,
  features: [...features],
  users: new Map(),
})

export function appRoutes({ directory }: Organisation, apps: Map<string, OktaApp>): Scoped[] {
  const bodyOf = ({ id, label, features }: OktaApp) => ({
    id,
    name: 'scim2testapp',
    label,
    status: 'ACTIVE',
    features,
    signOnMode: 'SAML_2_0',
  })
  const userBody = (id: string, { scope, status, syncState, externalId }: OktaAppUser) => ({
    id,
    ...(externalId !== undefined && { externalId }),
    created: '2026-01-01T00:00:00.000Z',
    scope,
    status,
    syncState,
    credentials: { userName: directory.users.get(id)?.userName },
    profile: {},
  })
  const one =
    (work: (app: OktaApp, user: string) => Reply): Route['run'] =>
    (_, id, user = '') => {
      const app = apps.get(id)
      return app ? work(app, user) : fail('E0000007', `${id} (AppInstance)`)
    }
  const at = (path: string, run: Route['run']): Route => ({ method: 'GET', path: `/api/v1/apps${path}`, run })
  const reads = (path: string, run: Route['run']): Scoped => ['okta.apps.read', at(path, run)]
  return [
    reads('', (incoming) => paged(incoming, [...apps.values()], { most: 200, toBody: bodyOf })),
    reads(
      '/:id',
      one((app) => ({ status: 200, body: bodyOf(app) })),
    ),
    reads(
      '/:id/users/:id',
      one((app, id) => {
        const user = app.users.get(id)
        return user ? { status: 200, body: userBody(id, user) } : fail('E0000007', `${id} (AppUser)`)
      }),
    ),
  ]
}
