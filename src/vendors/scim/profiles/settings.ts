import * as z from 'zod'
import { BaseUrl } from '../../../config/address.ts'
import { plainText } from '../../../text/text.ts'
import { blanksIn } from './fill-in.ts'
import { isAppName, profileOf } from './index.ts'
import { nearApps } from './near.ts'

const WholeUrl = BaseUrl.refine((url) => blanksIn(url).length === 0, {
  error: ({ input }) =>
    `has blanks: fill in ${blanksIn(String(input)).join(' and ')} by \`at\`, or write the whole address`,
})

/** An address, which the tenant's `app` may have given. */
const url = () =>
  WholeUrl.optional().transform((url, context) => {
    if (url !== undefined) return url
    context.addIssue('is missing, and not known from `app`')
    return z.NEVER
  })

const sentences = () => z.string().trim().min(1).max(400).optional()

/** The keys of the settings schema that name an app and say what is known of it. */
export const appSettings = () => ({
  app: z
    .string()
    .refine(isAppName, { error: ({ input }) => unknownApp(String(input)) })
    .optional()
    .describe(
      'Name of a known app, such as `slack`: what is known of it is used where nothing is written here (apps.md)',
    ),
  at: z
    .record(z.string(), z.string().regex(/^\w[\w.-]{0,252}$/, 'must be letters, digits, dots and dashes'))
    .optional()
    .describe('Values for the blanks of the address of `app`, such as `{ "enterprise": "acme" }`'),
  title: z
    .string()
    .regex(/^\P{C}{1,60}$/u, 'must be one line of 60 characters at most')
    .optional()
    .describe('Name of the app in questions, plans and pages; default: SCIM 2.0'),
  url: url().describe(
    'Base URL of the SCIM service with its path, such as https://api.zoom.us/scim2; `app` may know it',
  ),
  tokenUrl: WholeUrl.optional().describe(
    'Complete address of the token endpoint, if tokens are fetched; `app` may know it. No answer of the app changes it',
  ),
  tokenMade: sentences().describe('Where the token is made'),
  caveats: z
    .strictObject({
      deactivate: sentences().describe('What to know of a deactivation'),
      delete: sentences().describe('What to know of a deletion'),
      hides: sentences().describe('Whom the app does not show, such as `guests`'),
      token: sentences().describe('When the token ends, and with whom'),
      more: sentences().describe('What else to know'),
    })
    .optional()
    .describe(
      'What approvers and agents should know of the app, in sentences; shown in plans and by `list_tenants`',
    ),
})

/** Refuses values for blanks that the address of the app does not have. */
export function checkBlanks(
  { app, at = {} }: { app?: string | undefined; at?: Readonly<Record<string, string>> | undefined },
  context: z.RefinementCtx,
): void {
  const blanks = isAppName(app) ? Object.keys(profileOf(app).at ?? {}) : []
  for (const name of Object.keys(at)) {
    if (blanks.includes(name)) continue
    const message = blanks.length > 0 ? `the blanks are: ${blanks.join(', ')}` : 'there are no blanks'
    context.addIssue({ code: 'custom', path: ['at', name], message })
  }
}

function unknownApp(name: string): string {
  const near = nearApps(name)
  const shown = `no app "${plainText(name, 64)}" is known`
  return near.length > 0
    ? `${shown}; did you mean ${near.join(' or ')}?`
    : `${shown}: leave it out and write \`url\`; docs/apps.md lists the known apps`
}
