import * as z from 'zod'
import { Fields } from './change-fields.ts'
import { ApprovalId, Reason, TenantNames, UserRef } from './fields.ts'
import { RUN_TIMES } from './run-fields.ts'
import { runTool } from './run-tool.ts'

/** Somebody new. Marks of administrators are set for one account at a time. */
const NewPerson = z.lazy(() =>
  Fields.unwrap()
    .pick({
      email: true,
      givenName: true,
      familyName: true,
      userName: true,
      title: true,
      department: true,
      role: true,
      licence: true,
      externalId: true,
      manager: true,
    })
    .required({ email: true, givenName: true, familyName: true }),
)

export default runTool({
  name: 'onboard',
  title: 'Onboard people',
  description: 'Create accounts for many people, with one approval; for one: create_user.',
  needs: ['findAccounts', 'readAccount', 'createAccount'],
  effect: 'adds',
  input: () =>
    z.strictObject({
      people: z.array(NewPerson).min(1).max(10_000).describe('Who is new'),
      tenants: TenantNames.describe('Where'),
      like: UserRef.optional().describe('Whose groups they join'),
      reason: Reason,
      at: RUN_TIMES.at,
      approvalId: ApprovalId,
    }),
  wish: ({ people, tenants, like, reason, at }) => ({
    onboard: { people, ...(like !== undefined && { like }) },
    tenants,
    ...(at !== undefined && { at }),
    reason,
  }),
})
