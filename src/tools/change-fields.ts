import * as z from 'zod'
import type { AccountFields } from '../identity/operations.ts'
import { plainText } from '../identity/text.ts'
import { Reason } from './fields.ts'

const text = z.string().trim().min(1).max(320).optional()
const attribute = z.string().regex(/^[A-Za-z][\w.-]{0,63}$/, 'must be the name of an attribute')

/** What may be said of an account. Whether it is active, and its groups, have tools of their own. */
export const Fields = z.strictObject({
  userName: text,
  email: text,
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
    .optional(),
})

/** The fields that were given; one that was left out is no wish. */
export const asked = (fields: z.infer<typeof Fields>): AccountFields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

export const OPTIONAL = { reason: Reason.optional().describe('Why') }

/** The status of a call that makes one change. */
export const statusOfOne = (
  outcome: 'done' | 'failed' | 'unknown',
  verified: boolean,
): 'done' | 'partial' | 'failed' => (outcome !== 'done' ? 'failed' : verified ? 'done' : 'partial')

/** From how many accounts on a change counts as bulk work. */
export const MANY = 20

export const MANAGED =
  'The account bears an external id: an identity provider may manage it, and will then write its own values back.'

/** What a field is and what it is to be, for a person to judge. */
export const step = (name: string, from: unknown, to: unknown): string =>
  `${name}: ${shown(from)} → ${shown(to)}`

const shown = (value: unknown): string =>
  value === null || value === undefined
    ? 'not known'
    : `"${plainText(typeof value === 'string' ? value : JSON.stringify(value), 200)}"`
