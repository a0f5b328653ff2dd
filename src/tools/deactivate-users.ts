import * as z from 'zod'
import { ApprovalId, Reason, TenantName } from './fields.ts'
import { MatchedPeople } from './match-fields.ts'
import { People, RUN_TIMES } from './run-fields.ts'
import { runTool } from './run-tool.ts'

export default runTool({
  name: 'deactivate_users',
  title: 'Deactivate users of one app',
  description: 'Take access to one app from many people; offboard: to every app.',
  needs: ['findAccounts', 'readAccount', 'deactivateAccount'],
  effect: 'removes',
  input: () =>
    z
      .strictObject({
        tenant: TenantName,
        users: People.optional().describe('Emails, user names or ids'),
        match: MatchedPeople.optional().describe('Or who has these values'),
        reason: Reason,
        at: RUN_TIMES.at.describe('As in offboard'),
        until: RUN_TIMES.until.describe('As in offboard'),
        approvalId: ApprovalId,
      })
      .refine(
        ({ users, match }) => (users === undefined) !== (match === undefined),
        'needs `users` or `match`',
      ),
  wish: ({ tenant, users, match, reason, at, until }) => ({
    tenant,
    tenants: [tenant],
    ...(users && { people: users }),
    ...(match && { match }),
    ...(at !== undefined && { at }),
    ...(until !== undefined && { until }),
    reason,
  }),
})
