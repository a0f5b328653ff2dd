import * as z from 'zod'
import { REFERENCE } from '../../config/reference.ts'
import type { SettingsParts } from '../../config/schema.ts'
import type { Secret } from '../../secret.ts'

/** Headers that are not a tenant's to set, and why. */
const REFUSED: readonly (readonly [RegExp, string])[] = [
  // RFC 9110 §7.6.1, and the older ones of RFC 2616 §13.5.1.
  [
    /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect)$/i,
    'is about the connection, not about the request',
  ],
  [/^(host|content-.*|accept-encoding)$/i, 'follows from the request'],
  [/^authorization$/i, 'carries the token: set `tokens` and `authHeader`'],
  [/^user-agent$/i, 'has a setting of its own: `userAgent`'],
  [/^(if-.*|accept)$/i, 'differs from request to request'],
  [/^x-(http-)?method(-override)?$/i, 'would turn a read into a change'],
]

const HeaderName = z
  .string()
  .regex(/^[A-Za-z][\w-]{0,100}$/, 'must be the name of a header, such as X-Account')
  .superRefine((name, context) => {
    const [, why] = REFUSED.find(([refused]) => refused.test(name)) ?? []
    if (why) context.addIssue({ code: 'custom', message: why })
  })

/** A fixed value, or a reference to a secret. */
const headerValue = ({ Secret }: SettingsParts) =>
  z
    .string()
    .regex(/^[\x21-\x7e]([\x20-\x7e]{0,1998}[\x21-\x7e])?$/, 'must be printable ASCII')
    .transform((text, context): string | Secret => {
      if (!REFERENCE.test(text)) return text
      const { data, error } = Secret.safeParse(text)
      for (const { message } of error?.issues ?? []) context.addIssue({ code: 'custom', message })
      return data ?? z.NEVER
    })

/** The setting `headers`: what each request of a tenant carries besides. */
export const extraHeaders = (parts: SettingsParts) =>
  z
    .record(HeaderName, headerValue(parts))
    .default({})
    .describe(
      'Further headers of each request, such as `{ "X-Account": "acme" }`; a value can be env:NAME, file:/path or keychain:NAME',
    )
