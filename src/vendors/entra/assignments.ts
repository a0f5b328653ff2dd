import type { Assignment, RequestContext } from '../../domain/operations.ts'
import { sameId } from '../../domain/same.ts'
import { path } from '../http/client.ts'
import { asText, asWord, definedOnly, field } from '../http/values.ts'
import type { Connection } from './clients.ts'
import { allRows, ifAllowed } from './rows.ts'

/** A job that writes, or tries to (learn.microsoft.com/graph/api/resources/synchronization-synchronizationstatus). */
const RUNS = ['Active', 'NotRun', 'Quarantine']

/**
 * An app (service principal) as it is assigned to a user, directly or by a group that the user is in; undefined if it is
 * not. An app of which every user is provisioned, assigned or not, is not told. Entra ID does not tell the id of the
 * account in the app.
 */
export async function readAssignment(
  connection: Connection,
  { id, app }: { id: string; app: string },
  context: RequestContext,
): Promise<Assignment | undefined> {
  const [all, jobs] = await Promise.all([
    allRows(
      connection,
      {
        path: path`/users/${id}/appRoleAssignments`,
        query: { $filter: `resourceId eq ${app}` },
        right: 'assignments',
        // Without it those by a group can be missing (learn.microsoft.com/graph/api/user-list-approleassignments).
        advanced: true,
      },
      context,
    ),
    ifAllowed(() =>
      allRows(
        connection,
        { path: path`/servicePrincipals/${app}/synchronization/jobs`, right: 'synchronization' },
        context,
      ),
    ),
  ])
  const assigned = all.filter(({ resourceId }) => sameId(asWord(resourceId), app))
  const [one] = assigned
  if (!one) return undefined
  return {
    byGroup: assigned.every(({ principalType }) => principalType === 'Group'),
    ...definedOnly({
      app: asText(one.resourceDisplayName),
      writes: jobs?.some(({ status }) => RUNS.includes(asWord(field(status, 'code')) ?? '')),
    }),
  }
}
