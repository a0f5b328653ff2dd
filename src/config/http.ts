import * as z from 'zod'
import { BaseUrl, SafeUrl } from './address.ts'
import { SCOPES } from './scopes.ts'

/** Which access tokens are accepted, and the claims that they need. */
export const JwtAuth = z.strictObject({
  issuer: BaseUrl.describe('The authorization server, exactly as in the claim `iss`'),
  audience: z
    .string()
    .min(1)
    .describe('The `aud` of tokens for this server: ideally its own address, that of `/mcp`'),
  jwksUri: SafeUrl.optional().describe("Where the issuer's keys are; default: from the issuer's metadata"),
  nameClaims: z
    .array(z.string().min(1).max(200))
    .min(1)
    .max(10)
    .default(['email', 'preferred_username', 'upn'])
    .describe(
      'Claims that name the caller as accounts and approvers are named, the best first; `email` only where ' +
        '`email_verified` is true. Default: email, preferred_username, upn',
    ),
  scopes: z
    .array(z.enum(SCOPES))
    .min(1)
    .optional()
    .describe(
      'The scopes that a client without a token is told to request. Default: all that the server has tools for',
    ),
  tenantsClaim: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Claim that lists the tenants a caller may see; a caller whose token lacks it sees none. Default: the claim ' +
        '`tenants`, if the token has it',
    ),
})
export type JwtAuth = z.infer<typeof JwtAuth>

/** How callers over HTTP authenticate. */
export const Auth = z
  .union(
    [
      z.literal('none'),
      z
        .strictObject({
          tokens: z.boolean().default(false).describe('Tokens made by `identity-mcp tokens create`'),
          jwt: JwtAuth.optional().describe('Access tokens of an OAuth 2.1 authorization server'),
        })
        .refine(({ tokens, jwt }) => tokens || jwt, 'must name tokens, jwt or both'),
    ],
    'must be "none", or an object with tokens, jwt or both',
  )
  .describe('How callers over HTTP authenticate; `none` only on loopback addresses')
export type Auth = z.infer<typeof Auth>

export const HttpSettings = z
  .strictObject({
    url: BaseUrl.refine((text) => new URL(text).pathname === '/', 'must not hold a path')
      .optional()
      .describe('Public address of the server, for instance that of the proxy in front of it'),
    perMinute: z.int().min(1).default(3000).describe('Requests in any minute, per caller'),
    atOnce: z.int().min(1).max(1000).default(32).describe('Requests in flight at the same time, per caller'),
  })
  .prefault({})
  .describe('Serving over HTTP')
export type HttpSettings = z.infer<typeof HttpSettings>
