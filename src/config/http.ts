import * as z from 'zod'
import { BaseUrl, SafeUrl } from './address.ts'

/** Whose access tokens are taken, and what must stand in them. */
export const JwtAuth = z.strictObject({
  issuer: BaseUrl.describe('The authorization server, exactly as it writes itself in `iss`'),
  audience: z
    .string()
    .min(1)
    .describe('What stands in `aud` of tokens for this server: best its own address, that of `/mcp`'),
  jwksUri: SafeUrl.optional().describe(
    "Where the issuer's keys are; found out from the issuer when left out",
  ),
  tenantsClaim: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Claim that lists the tenants a caller may see; without it in a token it sees none. When left out, the claim ' +
        '`tenants` is followed where a token has it',
    ),
})
export type JwtAuth = z.infer<typeof JwtAuth>

/** How callers over HTTP show who they are. */
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
  .describe('How callers over HTTP show who they are; `none` is for loopback addresses alone')
export type Auth = z.infer<typeof Auth>

export const HttpSettings = z
  .strictObject({
    url: BaseUrl.refine((text) => new URL(text).pathname === '/', 'must not hold a path')
      .optional()
      .describe(
        'Address that people and clients reach the server by, such as that of the proxy in front of it',
      ),
    perMinute: z.int().min(1).default(3000).describe('Requests in any minute, per caller'),
    atOnce: z
      .int()
      .min(1)
      .max(1000)
      .default(32)
      .describe('Requests under way at the same moment, per caller'),
  })
  .prefault({})
  .describe('Serving over HTTP')
export type HttpSettings = z.infer<typeof HttpSettings>
