import * as z from 'zod'
import { cautionOf } from '../identity/caution.ts'
import type { AccountFields } from '../identity/operations.ts'
import { inQuotes } from '../identity/text.ts'
import { Reason, UserRef } from './fields.ts'

const text = z.string().trim().min(1).max(320).optional()
const attribute = z.string().regex(/^[A-Za-z][\w.-]{0,63}$/, 'must be the name of an attribute')

/** What may be said of an account. Whether it is active, and its groups, have tools of their own. */
export const Fields = z.strictObject({
  userName: UserRef.optional(),
  email: UserRef.optional(),
  givenName: text,
  familyName: text,
  title: text,
  department: text,
  role: text,
  licence: text,
  manager: text,
  externalId: text,
  locale: text,
  timezone: text,
  phone: text,
  admin: z.boolean().optional(),
  custom: z
    .record(attribute, z.union([z.string().max(1_000), z.boolean(), z.array(z.string().max(320)).max(100)]))
    .refine((custom) => Object.keys(custom).length <= 50, 'must name 50 attributes at most')
    .optional(),
})

/** The fields that were given; one that was left out is no wish. */
export const asked = (fields: z.infer<typeof Fields>): AccountFields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

/** Lines of a plan for what fields will say, beside what they say now where `before` is given. */
export function linesFor({ custom = {}, ...plain }: AccountFields, before?: AccountFields): string[] {
  const { custom: held = {}, ...now } = before ?? {}
  const line = ([name, value]: [string, unknown], told: object) =>
    `${name}: ${before ? `${shown(Object.entries(told).find(([one]) => one === name)?.[1])} → ` : ''}${shown(value)}`
  return [
    ...Object.entries(plain).map((one) => line(one, now)),
    ...Object.entries(custom).map((one) => line(one, held)),
  ]
}

/** What speaks against the names that an account is to bear. */
export const cautionFor = ({ userName, email, givenName, familyName }: AccountFields): string | undefined =>
  cautionOf({ 'user name': userName, email, name: [givenName, familyName].filter((part) => part).join(' ') })

/** Whole as far as a person can take it in; what is longer says so. */
function shown(value: unknown): string {
  if (value === null || value === undefined) return 'not known'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (!Array.isArray(value)) return inQuotes(String(value), 1_000)
  const texts = value.map((one) => inQuotes(String(one), 320))
  return texts.length > 20
    ? `${texts.slice(0, 20).join(', ')} and ${texts.length - 20} more`
    : texts.join(', ')
}

export const OPTIONAL = { reason: Reason.optional().describe('Why') }

/** The status of a call that makes one change. */
export const statusOfOne = (
  outcome: 'done' | 'failed' | 'unknown',
  verified: boolean,
): 'done' | 'partial' | 'failed' => (outcome !== 'done' ? 'failed' : verified ? 'done' : 'partial')
