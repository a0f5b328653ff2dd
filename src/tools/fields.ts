import * as z from 'zod'
import { ERROR_CODES } from '../errors.ts'
import { hidesText, showsOtherwise } from '../text/text.ts'

export const TenantName = z.string().min(1).max(63).describe('Tenant name')
export const TenantNames = z.array(TenantName).min(1).max(100)
/** What a person is shown must be what is written: text that hides something, or shows otherwise, is refused. */
export const shownWhole = (text: z.ZodString): z.ZodString =>
  text
    .refine((value) => !hidesText(value), 'contains invisible characters')
    .refine(
      (value) => !showsOtherwise(value),
      'has line breaks, blanks in a row, or marks on top of each other',
    )
/** Short text from a person: a name, an address, an id. */
export const Text = shownWhole(z.string().trim().min(1).max(320))
/** Identifies an account or a group. Invisible characters could imitate another name, so they are rejected. */
export const UserRef = Text
/** The one account that a change is about. */
export const OneUser = UserRef.describe('Email, user name or id')
/** The text fields of an account, for changes and for list filters. */
export const AccountTexts = {
  userName: UserRef.optional(),
  email: UserRef.optional(),
  givenName: Text.optional(),
  familyName: Text.optional(),
  title: Text.optional(),
  department: Text.optional(),
  role: Text.optional(),
  licence: Text.optional(),
  externalId: Text.optional().describe('Id in HR or IdP'),
}
export const Limit = (max: number, fallback: number) =>
  z.int().min(1).max(max).default(fallback).describe(`Default ${fallback}`)
export const Cursor = z.string().min(1).max(4096).optional().describe('Last `nextCursor`')
/** Instead of rows; a count that one call cannot finish goes on with the cursor. */
export const CountOnly = z.boolean().optional().describe('Only count')
export const COUNTED = { count: z.int().optional() }
export const Reason = z.string().trim().min(3).max(500).describe('Why')
export const ApprovalId = z.string().min(1).max(64).optional().describe('Approved `approval.id`')
/** Id of a call, in its answer if it changed something; the journal calls it `call`. */
export const ChangeMade = z.string().optional()
export const Code = z.enum(ERROR_CODES)

export const ComparisonId = z
  .string()
  .regex(/^cmp-[0-9a-f]{12}$/, 'must be a comparisonId')
  .describe('As compare_users answered it')

/** ISO 8601 with a time zone, epoch seconds to the thousandth. */
export const Instant = z.iso.datetime({ offset: true })

/** Part of an answer if a person outside the agent must decide first. */
export const PendingApproval = z.lazy(() =>
  z.object({
    id: z.string(),
    plan: z.array(z.string()),
    approveAt: z.string(),
    expiresAt: z.string(),
  }),
)
export type PendingApproval = z.infer<typeof PendingApproval>
