import * as z from 'zod'
import { AccountTexts, Text } from './fields.ts'

/** Equality on all given fields, ignoring case. */
export const Matched = z.lazy(() =>
  z.strictObject({
    ...AccountTexts,
    userType: Text.optional(),
    location: Text.optional(),
    manager: Text.optional(),
    status: z.enum(['active', 'inactive']).optional(),
    group: Text.optional(),
    admin: z.boolean().optional(),
  }),
)
