import * as z from 'zod'
import { ApprovalId, ComparisonId, Reason, TenantName, TenantNames } from './fields.ts'
import { MatchedPeople } from './match-fields.ts'
import { People, RUN_TIMES } from './run-fields.ts'
import { runTool } from './run-tool.ts'

export default runTool({
  name: 'offboard',
  title: 'Offboard people',
  description:
    'Take access from many people in every app, with one approval; get_run says how far it is. ' +
    'One person: deactivate_user.',
  needs: ['findAccounts', 'readAccount', 'deactivateAccount'],
  effect: 'removes',
  input: () =>
    z
      .strictObject({
        people: People.optional().describe('Emails or user names'),
        tenant: TenantName.optional().describe('Where `match` is looked for'),
        match: MatchedPeople.optional().describe('Or who has these values in `tenant`'),
        comparison: ComparisonId.optional().describe('Or a comparisonId'),
        kinds: z
          .array(z.enum(['stale', 'orphan']))
          .min(1)
          .optional()
          .describe('Of the comparison; default stale'),
        tenants: TenantNames.optional().describe('Default all that can'),
        reason: Reason,
        ...RUN_TIMES,
        approvalId: ApprovalId,
      })
      .refine(
        ({ people, tenant, match, comparison, kinds }) =>
          [people, match, comparison].filter((one) => one !== undefined).length === 1 &&
          (tenant === undefined) === (match === undefined) &&
          (kinds === undefined || comparison !== undefined),
        'needs `people`, or `tenant` with `match`, or `comparison`',
      ),
  wish: ({ approvalId: _, at, until, people, tenant, match, comparison, kinds, tenants, reason }) => ({
    ...(people && { people }),
    ...(tenant !== undefined && { tenant }),
    ...(match && { match }),
    ...(comparison !== undefined && { comparison: { id: comparison, kinds: kinds ?? ['stale'] } }),
    ...(tenants && { tenants }),
    ...(at !== undefined && { at }),
    ...(until !== undefined && { until }),
    reason,
  }),
})
