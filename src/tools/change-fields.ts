import * as z from 'zod'
import type { Account } from '../domain/account.ts'
import type { AccountFields, Target } from '../domain/operations.ts'
import {
  AccountTexts,
  ChangeMade,
  Code,
  PendingApproval,
  Reason,
  shownWhole,
  Text,
  UserRef,
} from './fields.ts'

const attribute = z
  .string()
  .regex(/^[A-Za-z][\w.-]{0,63}$/, 'must be the name of an attribute')
  // A password would stay in the agent's conversation.
  .refine((name) => !/passw|pwd/i.test(name), 'must not be a password')

/** Whether it is the name of a zone in the IANA database, which RFC 7643 §4.1.1 wants; an offset is none. */
function isTimeZone(name: string): boolean {
  if (!/^[a-z]/i.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== ''
  } catch {
    return false
  }
}

/** The fields of an account that tools set. Status and groups have tools of their own. */
export const Fields = z.lazy(() =>
  z.strictObject({
    ...AccountTexts,
    displayName: Text.optional(),
    manager: Text.optional().describe('Id or user name'),
    locale: Text.regex(/^[a-z]{2,8}([-_][a-z\d]{1,8})*$/i, 'must be a locale such as en-US')
      .optional()
      .describe('en-US'),
    timezone: Text.refine(isTimeZone, 'must be an IANA time zone such as Europe/Stockholm')
      .optional()
      .describe('Europe/Stockholm'),
    phone: Text.optional(),
    admin: z.boolean().optional(),
    custom: z
      .record(
        attribute,
        z.union([
          shownWhole(z.string().max(1_000)),
          z.boolean(),
          z.array(shownWhole(z.string().max(320))).max(100),
        ]),
      )
      .refine((custom) => Object.keys(custom).length <= 50, 'must name 50 attributes at most')
      .optional()
      .describe('Others, as JSON: {"costCenter":"42"}'),
  }),
)

/** Those that a new account can have besides what every one has. */
export const MoreFields = z.lazy(() =>
  Fields.unwrap().omit({ email: true, givenName: true, familyName: true }),
)

/** The fields that were given; an absent field is not changed. */
export const givenFields = (fields: z.infer<typeof Fields>): AccountFields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

/** Users to add to a group or to remove from it. */
export const Users = z.array(UserRef).min(1).max(100).optional()
export const targetOf = ({ id, userName }: Account): Target => ({ id, userName })

export const OptionalReason = Reason.optional().describe('Why')

const FieldValue = z.union([z.string(), z.boolean(), z.array(z.string())]).nullable()
/** What the app changed besides, although nobody asked for it. */
export const AlsoChanged = z.lazy(() =>
  z
    .array(z.object({ field: z.string(), before: FieldValue, after: FieldValue }))
    .readonly()
    .optional(),
)

/** The status of any call that changes something. */
export const ChangeStatus = z.enum(['done', 'unchanged', 'partial', 'failed', 'approval_required'])

/** How one change went, besides its status, outcome and subject. */
export const RESULT_OF_ONE = {
  verified: z.boolean().default(false),
  code: Code.optional(),
  note: z.string().optional(),
  change: ChangeMade,
  approval: PendingApproval.optional(),
}

/** The status of a call that makes one change. */
export const statusOfOne = (
  outcome: 'done' | 'failed' | 'unknown',
  verified: boolean,
): 'done' | 'partial' | 'failed' => (outcome !== 'done' ? 'failed' : verified ? 'done' : 'partial')
