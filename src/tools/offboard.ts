import * as z from 'zod'
import { ApprovalId, Reason, TenantName, TenantNames } from './fields.ts'
import { MatchedPeople } from './match-fields.ts'
import { BeginAt, People } from './run-fields.ts'
import { runTool } from './run-tool.ts'

export default runTool({
  name: 'offboard',
  title: 'Offboard people',
  description:
    'Take access from many people in every app, with one approval; get_run says how far it is. ' +
    'One person: deactivate_user.',
  effect: 'removes',
  input: () =>
    z
      .strictObject({
        people: People.optional().describe('Emails or user names'),
        tenant: TenantName.optional().describe('Where `match` is looked for'),
        match: MatchedPeople.optional().describe('Instead of people: who has these values in `tenant`'),
        tenants: TenantNames.optional().describe('Default: every tenant that can'),
        reason: Reason,
        at: BeginAt,
        approvalId: ApprovalId,
      })
      .refine(
        ({ people, tenant, match }) =>
          people ? !tenant && !match : tenant !== undefined && match !== undefined,
        'needs `people`, or `tenant` with `match`',
      ),
  wish: ({ approvalId: _, at, people, tenant, match, tenants, reason }) => ({
    ...(people && { people }),
    ...(tenant !== undefined && { tenant }),
    ...(match && { match }),
    ...(tenants && { tenants }),
    ...(at !== undefined && { at }),
    reason,
  }),
})
