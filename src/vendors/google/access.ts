import type { AccessShown, RequestContext } from '../../domain/operations.ts'
import { field } from '../http/values.ts'
import { ifAllowed } from './api.ts'
import { stateOf } from './record.ts'
import { roleNamesOf } from './roles.ts'
import { credentialsOf } from './sessions.ts'
import { type GoogleApp, userWithId } from './users.ts'

/** What Google tells of the access of an account. */
export async function readAccess(app: GoogleApp, id: string, context: RequestContext): Promise<AccessShown> {
  const raw = await userWithId(app, id, context)
  const state = raw && stateOf(raw)
  const [roles, credentials] = await Promise.all([
    ifAllowed(() => roleNamesOf(app, id, context)),
    ifAllowed(() => credentialsOf(app, id, context)),
  ])
  const factors = factorsIn(raw)
  return {
    ...(state !== undefined && {
      state: `${state}: ${MEANS[state.split(' ')[0] ?? ''] ?? 'not known here'}`,
    }),
    ...(roles && { roles }),
    ...(factors && { factors }),
    ...(credentials && { sessions: held(credentials) }),
    unknown: [
      { what: 'open sessions', where: 'Google lists no sessions; pull_audit has the sign-ins' },
      {
        what: 'apps that Google provisions',
        where: 'Admin console, Apps > Web and mobile apps > the app > Autoprovisioning',
      },
      ...(roles ? [] : [{ what: 'administrator roles', where: 'Admin console, Account > Admin roles' }]),
      ...(credentials
        ? []
        : [
            {
              what: 'OAuth tokens and application passwords',
              where: 'Admin console, Directory > Users > the user > Security',
            },
          ]),
    ],
  }
}

const held = ({ apps, passwords }: { apps: unknown[]; passwords: unknown[] }): string =>
  `apps with OAuth tokens: ${apps.length}, application passwords: ${passwords.length}`

const MEANS: Readonly<Record<string, string>> = {
  ACTIVE: 'can sign in',
  SUSPENDED: 'suspended, by an administrator unless Google’s reason stands here; cannot sign in',
  ARCHIVED: 'archived; cannot sign in, and the data is kept',
}

/** Whether 2-Step Verification is on; of its kinds Google tells nothing here. */
function factorsIn(raw: unknown): string[] | undefined {
  const [enrolled, enforced] = [field(raw, 'isEnrolledIn2Sv'), field(raw, 'isEnforcedIn2Sv')]
  if (typeof enrolled !== 'boolean') return undefined
  return [
    `2-Step Verification: ${enrolled ? 'enrolled' : 'not enrolled'}${enforced === true ? ', enforced' : ''}`,
  ]
}
