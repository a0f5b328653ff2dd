import type { Assignment, RequestContext } from '../../domain/operations.ts'
import { NotFound } from '../../errors.ts'
import { path } from '../http/client.ts'
import { asId, asText, asWord, definedOnly, field } from '../http/values.ts'
import { ask, type OktaApi } from './api.ts'

const SCOPE = 'okta.apps.read'

/** What Okta pushes to an app (developer.okta.com, "Applications": features). Imports do not write there. */
const WRITES = /^(PUSH_|REACTIVATE_)/

/**
 * An app as it is assigned to a user; undefined if it is not. Okta tells the id of the account in the app, unless the app
 * only signs people in (developer.okta.com, "Retrieve an application user").
 */
export async function readAssignment(
  api: OktaApi,
  { id, app }: { id: string; app: string },
  context: RequestContext,
): Promise<Assignment | undefined> {
  const [found, assigned] = await Promise.all([
    ask(api, SCOPE, { path: path`/apps/${app}` }, context),
    ask(api, SCOPE, { path: path`/apps/${app}/users/${id}` }, context),
  ])
  if (!found) {
    throw new NotFound(
      `Okta has no app with the id ${app}.`,
      'Correct it in `provisions` of this tenant: the address of the app in the Okta Admin Console has its id (0oa…).',
    )
  }
  if (!assigned) return undefined
  const features = field(found.body, 'features')
  const sync = asWord(field(assigned.body, 'syncState'))
  return {
    byGroup: asWord(field(assigned.body, 'scope')) === 'GROUP',
    ...definedOnly({
      app: asText(field(found.body, 'label')),
      accountId: asId(field(assigned.body, 'externalId')),
      writes: Array.isArray(features)
        ? sync !== 'DISABLED' && features.some((one) => WRITES.test(asWord(one) ?? ''))
        : undefined,
    }),
  }
}
