import type { RequestContext } from '../../domain/operations.ts'
import { path } from '../http/client.ts'
import { asId, field } from '../http/values.ts'
import { everyRowOf, type GoogleApi } from './api.ts'

/** The most that a page can have (developers.google.com, "members.list"). */
const PER_PAGE = 200

/** Somebody of another Workspace can be a member by the address alone. */
export const memberId = (row: unknown): string | undefined =>
  asId(field(row, 'id')) ?? asId(field(row, 'email'))

/** The members of a group; `derived`: those of the groups in it, too. */
export const membersOf = (
  api: GoogleApi,
  group: string,
  { derived }: { derived: boolean },
  context: RequestContext,
): Promise<unknown[]> =>
  everyRowOf(
    api,
    {
      scope: 'admin.directory.group.readonly',
      path: path`/admin/directory/v1/groups/${group}/members`,
      ...(derived && { query: { includeDerivedMembership: 'true' } }),
      rows: 'members',
      pageSize: PER_PAGE,
    },
    memberId,
    context,
  )
