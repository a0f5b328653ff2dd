import * as z from 'zod'

/** How sure a change must be of a person: not asked, asked through the client, approved outside the agent's reach. */
export const ConfirmLevel = z.enum(['none', 'ask', 'approve'])
export type ConfirmLevel = z.infer<typeof ConfirmLevel>

/** What a tenant is to its company. */
export const Environment = z.enum(['production', 'staging', 'development'])
export type Environment = z.infer<typeof Environment>

const oneOf = <Item extends z.ZodType>(item: Item) => z.array(item).min(1).optional()

/** What a change must be like for a rule to hold for it: each condition that is named must be true of the same accounts. */
const When = z.strictObject({
  effects: oneOf(z.enum(['adds', 'changes', 'removes', 'deletes'])).describe('What is done to the account'),
  vendors: oneOf(z.string()).describe('Kinds of app'),
  tenants: oneOf(z.string()).describe('Tenants by name'),
  environments: oneOf(Environment).describe('What the tenant is, as its setting `environment` says'),
  administrator: z.literal(true).optional().describe('The account is an administrator, or is to become one'),
  atLeast: z.int().min(1).optional().describe('So many such accounts in one call'),
})

const ConfirmRule = z
  .strictObject({
    when: When.describe('Which changes; all of them when nothing is named'),
    level: ConfirmLevel.describe('What they need at least'),
    approvers: z.int().min(1).max(2).default(1).describe('How many people must approve'),
    fourEyes: z.boolean().default(false).describe('Whether the caller is no approver of its own request'),
  })
  .refine(
    ({ level, approvers, fourEyes }) => level === 'approve' || (approvers === 1 && !fourEyes),
    'two approvers and fourEyes take the level approve',
  )
export type ConfirmRule = z.infer<typeof ConfirmRule>

export const Confirm = z.strictObject({
  removes: ConfirmLevel.default('ask').describe('Taking access away from one person'),
  bulk: ConfirmLevel.default('approve').describe('Changing many accounts in one call'),
  deletes: ConfirmLevel.default('approve').describe('Deleting an account'),
  admins: ConfirmLevel.default('approve').describe('Any change to an administrator'),
  changes: ConfirmLevel.default('none').describe('Changing what an account says'),
  adds: ConfirmLevel.default('none').describe('Giving access'),
  rules: z
    .array(ConfirmRule)
    .default([])
    .describe(
      'More that must be; of all that holds for a change the strictest counts, so a rule only raises',
    ),
})

const Pattern = z.string().min(1).max(320)

/** An account that no tool may change, for a reason that is told to whoever tries. */
const Tagged = z.strictObject({
  match: Pattern.describe('User name, email or id; `*` stands for anything'),
  tenant: z.string().optional().describe('Only there; everywhere when left out'),
  why: z.string().trim().min(3).max(200).describe('Told to whoever tries'),
})

export const ProtectedAccount = z.union([Pattern, Tagged], {
  error: 'must be a pattern, or an object with match, why and perhaps tenant',
})
export type ProtectedAccount = z.infer<typeof ProtectedAccount>

const most = (what: string) => z.int().min(1).max(10_000).optional().describe(what)
/** Limits that pause the caller who would pass them. */
const Ceiling = z.strictObject({
  changesPerHour: most('Accounts changed in any hour'),
  changesPerDay: most('Accounts changed in any 24 hours'),
  peoplePerHour: most('Different people in any hour'),
  peoplePerDay: most('Different people in any 24 hours'),
})
export type Ceiling = z.infer<typeof Ceiling>

export const ChangeLimits = z.strictObject({
  removesPerHour: z.int().min(1).default(20).describe('Removals in any hour, per caller and tenant'),
  changesPerHour: z.int().min(1).default(60).describe('Other changes in any hour, per caller and tenant'),
  perCaller: Ceiling.extend({
    changesPerDay: most('Accounts changed in any 24 hours').default(5_000),
    peoplePerDay: most('Different people in any 24 hours').default(2_000),
  })
    .prefault({})
    .describe('By one caller, over all tenants; who would pass it is paused until a person lifts that'),
  perTenant: Ceiling.prefault({}).describe('In one tenant, by all callers; pauses who would pass it'),
  overall: Ceiling.prefault({}).describe('By all callers in all tenants; pauses who would pass it'),
})
