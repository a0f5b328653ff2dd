import * as z from 'zod'

/** The confirmation that a change needs: none, asked through the client, or approved outside the agent's reach. */
export const ConfirmLevel = z.enum(['none', 'ask', 'approve'])
export type ConfirmLevel = z.infer<typeof ConfirmLevel>

/** What the company uses a tenant for. */
export const Environment = z.enum(['production', 'staging', 'development'])
export type Environment = z.infer<typeof Environment>

const oneOf = <Item extends z.ZodType>(item: Item) => z.array(item).min(1).optional()

/** When a rule applies: all its conditions must be true of the same accounts. */
const RuleConditions = z.lazy(() =>
  z.strictObject({
    effects: oneOf(z.enum(['adds', 'changes', 'gives', 'logins', 'removes', 'deletes'])).describe(
      'What is done to the account',
    ),
    vendors: oneOf(z.string()).describe('Kinds of app'),
    tenants: oneOf(z.string()).describe('Tenants by name'),
    environments: oneOf(Environment).describe('The setting `environment` of the tenant'),
    administrator: z.literal(true).optional().describe('The account is or becomes an administrator'),
    atLeast: z.int().min(1).optional().describe('At least this many such accounts in one call'),
  }),
)

const ConfirmRule = z.lazy(() =>
  z
    .strictObject({
      when: RuleConditions.describe('Which changes; all of them without conditions'),
      level: ConfirmLevel.describe('The level they need at least'),
      approvers: z.int().min(1).max(2).default(1).describe('How many people must approve'),
      fourEyes: z.boolean().default(false).describe('Whether callers cannot approve their own requests'),
    })
    .refine(
      ({ level, approvers, fourEyes }) => level === 'approve' || (approvers === 1 && !fourEyes),
      'two approvers and fourEyes need the level approve',
    ),
)
export type ConfirmRule = z.infer<typeof ConfirmRule>

export const Confirm = z.strictObject({
  removes: ConfirmLevel.default('ask').describe(
    'Taking access away: deactivated, out of a group, a role or licence lowered or replaced',
  ),
  logins: ConfirmLevel.default('ask').describe('Changing a user name, an email or an external id'),
  gives: ConfirmLevel.default('ask').describe(
    'Giving access: reactivated, into a group, a role or licence that gives more than the lowest',
  ),
  bulk: ConfirmLevel.default('approve').describe('Changing many accounts in one call'),
  deletes: ConfirmLevel.default('approve').describe('Deleting an account'),
  admins: ConfirmLevel.default('approve').describe('Any change to an administrator'),
  changes: ConfirmLevel.default('none').describe(
    'Changing any field of an account or any member of a group; of these, the above say more',
  ),
  adds: ConfirmLevel.default('none').describe(
    'Making an account or a group, or reactivating; of these, the above say more',
  ),
  declined: z
    .enum(['stop', 'approve'])
    .default('stop')
    .describe(
      'What follows when the client declines a form: the call ends, or an approver is asked, for clients that decline by ' +
        'themselves',
    ),
  waitSeconds: z
    .int()
    .min(1)
    .max(300)
    .default(45)
    .describe(
      'How long a call waits for the answer to a form, for clients before 2026-07-28; most give up after 60 seconds. The ' +
        'answer then counts for the repeated call',
    ),
  rules: z
    .array(ConfirmRule)
    .default([])
    .describe(
      'Stricter rules: the strictest that applies to a change counts, so a rule can only raise the level',
    ),
})

const AccountPattern = z.string().min(1).max(320)

/** Accounts that no tool may change, and the reason that callers are shown. */
const PatternWithReason = z.lazy(() =>
  z.strictObject({
    match: AccountPattern.describe('User name, email or id; `*` stands for anything'),
    tenant: z.string().optional().describe('Only in this tenant; default: in all'),
    why: z.string().trim().min(3).max(200).describe('Shown to callers that try'),
  }),
)

export const ProtectedAccount = z.lazy(() =>
  z.union([AccountPattern, PatternWithReason], {
    error: 'must be a pattern, or an object with match, why and optionally tenant',
  }),
)
export type ProtectedAccount = z.infer<typeof ProtectedAccount>

const MaxCount = z.int().min(1).max(10_000).optional()
const maxCount = (what: string) => MaxCount.describe(what)
/** Limits on the changes of a caller, or of several. */
const Ceiling = z.strictObject({
  changesPerHour: maxCount('Accounts changed in any hour'),
  changesPerDay: maxCount('Accounts changed in any 24 hours'),
  peoplePerHour: maxCount('Different people in any hour'),
  peoplePerDay: maxCount('Different people in any 24 hours'),
})
export type Ceiling = z.infer<typeof Ceiling>

export const ChangeLimits = z.strictObject({
  removesPerHour: z.int().min(1).default(20).describe('Removals in any hour, per caller and tenant'),
  changesPerHour: z.int().min(1).default(60).describe('Other changes in any hour, per caller and tenant'),
  runs: z
    .strictObject({
      people: z.int().min(1).max(10_000).default(2_000).describe('People of one run'),
      failures: z.int().min(1).default(20).describe('Failed changes after which a run waits for a person'),
      failureShare: z
        .number()
        .gt(0)
        .max(1)
        .default(0.2)
        .describe('Share of failed changes after which a run waits for a person'),
    })
    .prefault({})
    .describe('For runs, such as offboard; they count against no other limit'),
  perCaller: Ceiling.extend({
    changesPerDay: maxCount('Accounts changed in any 24 hours').default(5_000),
    peoplePerDay: maxCount('Different people in any 24 hours').default(2_000),
  })
    .prefault({})
    .describe(
      'For one caller, over all tenants; a caller that would exceed it is paused until a person lifts the pause',
    ),
  perAgent: Ceiling.prefault({}).describe(
    'For one agent, for all callers that it works for; pauses the caller that would exceed it',
  ),
  perTenant: Ceiling.prefault({}).describe(
    'In one tenant, for all callers; a change that would exceed it is refused',
  ),
  overall: Ceiling.prefault({}).describe(
    'For all callers in all tenants; a change that would exceed it is refused',
  ),
})
