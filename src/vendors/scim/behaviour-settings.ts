import * as z from 'zod'
import { FILTER_FIELDS, HIDDEN, type Hidden } from './behaviour.ts'
import { STANDARD_FIELDS } from './fields.ts'

const Field = z.enum(STANDARD_FIELDS.filter((name) => name !== 'status'))

/** An attribute path, with a value filter where one is needed, such as `emails[type eq "work"].value`. */
const FilterPath = z
  .string()
  .regex(
    /^[A-Za-z][\w$:.-]{0,200}(\[[A-Za-z]\w* eq "[\w-]{1,64}"\](\.[A-Za-z]\w*)?)?$/,
    'must be an attribute, such as emails.value, or false',
  )

/** The keys of a settings schema that make up `AppBehaviour`. */
export const behaviourSettings = () => ({
  filters: z
    .partialRecord(z.enum(FILTER_FIELDS), z.union([z.literal(false), FilterPath]))
    .optional()
    .describe(
      'How the app spells each attribute in a filter, such as `{ "email": "emails" }`; `false` where it cannot filter by ' +
        'it, so that users or groups are compared here; default: as in RFC 7643, tested first',
    ),
  joinsFilters: z
    .boolean()
    .optional()
    .describe('Whether filters can be joined with `or` and `and`; default: tested first'),
  hides: z
    .array(z.enum(Object.keys(HIDDEN) as Hidden[])) // the type above names its keys
    .optional()
    .describe('Whom the app does not show, which is said wherever nobody is found'),
  takes: z
    .strictObject({
      fields: z.array(Field).optional().describe('Account fields that the app has; others are refused'),
      changes: z
        .array(Field)
        .optional()
        .describe('Account fields that can be changed later; others are refused'),
      membersPerPatch: z.int().min(1).max(10_000).optional().describe('Members in one request; default: 100'),
      operationsPerPatch: z
        .int()
        .min(1)
        .max(10_000)
        .optional()
        .describe('Operations in one PATCH request of a group'),
    })
    .optional()
    .describe('What the app takes'),
  createNeeds: z
    .array(z.string().regex(/^[A-Za-z][\w.-]{0,63}$/, 'must be a field of an account or a custom attribute'))
    .optional()
    .describe(
      'Fields that a new account must have; a call without them is refused before anybody is asked; default: as the app’s schemas say',
    ),
  deactivateBy: z
    .enum(['active', 'delete', 'none'])
    .default('active')
    .describe(
      'How an account is switched off: `active` becomes false; `delete` deletes it, which needs the confirmation of a ' +
        'deletion; with `none` the app cannot do it over SCIM',
    ),
  freesSeat: z
    .enum(['yes', 'no', 'unknown'])
    .default('unknown')
    .describe('Whether a deactivation gives the seat back that the account takes'),
})
