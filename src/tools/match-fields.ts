import * as z from 'zod'
import { AccountTexts, Text } from './fields.ts'

/** Equality on all given fields, ignoring case. */
export const Matched = z.lazy(() =>
  z.strictObject({
    ...AccountTexts,
    userType: Text.optional(),
    location: Text.optional(),
    manager: Text.optional().describe('Id or user name'),
    status: z.enum(['active', 'inactive']).optional(),
    group: Text.optional().describe('Id or name'),
    admin: z.boolean().optional(),
  }),
)

/** Whom a run is about: what tells groups of people apart, since one person is named. `list_users` describes the fields. */
export const MatchedPeople = z.lazy(() =>
  Matched.unwrap()
    .pick({
      title: true,
      department: true,
      role: true,
      licence: true,
      userType: true,
      location: true,
      status: true,
    })
    .extend({ manager: Text.optional(), group: Text.optional() }),
)
