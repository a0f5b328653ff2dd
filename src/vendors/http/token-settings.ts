import * as z from 'zod'
import type { SettingsParts } from '../../config/schema.ts'
import { Secret } from '../../secret.ts'
import type { VendorContext } from '../define.ts'
import { isSigningKey } from './assertion.ts'
import {
  accountCredentials,
  type ClientAuthentication,
  clientCredentials,
  type Grant,
  jwtBearer,
  onlyNamed,
  refreshing,
  secretInBody,
  secretInHeader,
  signedByClient,
  unnamed,
} from './grants.ts'
import { type TokenSource, tokenSource } from './token-source.ts'

const GRANTS = ['client_credentials', 'account_credentials', 'refresh_token', 'jwt_bearer'] as const
type GrantName = (typeof GRANTS)[number]

const text = () => z.string().regex(/^[\x21-\x7e]{1,500}$/, 'must be printable ASCII without spaces')

/** The keys of a vendor's settings schema for tokens that are fetched. */
export const fetchedTokenSettings = () => ({
  clientId: text().optional().describe('Id of the OAuth client that fetches tokens'),
  clientAuth: z
    .enum(['basic', 'body'])
    .default('basic')
    .describe('Where `clientSecret` goes: into the header (HTTP basic authentication) or into the body'),
  grant: z
    .enum(GRANTS)
    .optional()
    .describe(
      'How tokens are fetched; when left out, with `refreshToken` if there is one, else by client credentials',
    ),
  scope: z
    .string()
    .regex(/^[\x21-\x7e]+( [\x21-\x7e]+)*$/, 'must be scopes with single spaces between')
    .max(1_000)
    .optional()
    .describe('Scopes to ask for'),
  accountId: text().optional().describe('The account, for the grant account_credentials'),
  subject: text().optional().describe('Whom the token is to act for, for the grant jwt_bearer'),
  audience: text()
    .optional()
    .describe('Audience of what `privateKey` signs; the address of the token endpoint when left out'),
  keyId: text().optional().describe('Name of `privateKey` at the app (`kid`)'),
})

/** The slots of `tokens` for tokens that are fetched. */
export const fetchedTokenSlots = ({ Secret, SecretText }: SettingsParts) => ({
  clientSecret: Secret.optional().describe('Secret of the OAuth client'),
  privateKey: SecretText.refine(
    isSigningKey,
    'is not a private key in PEM form or a JWK: RSA from 2048 bits, or P-256',
  )
    .optional()
    .describe(
      'Private key of the OAuth client, instead of a secret (private_key_jwt): a file in PEM form or a JWK, RSA or P-256',
    ),
  refreshToken: Secret.optional().describe(
    'Refresh token. If the app replaces it, the new one stays in memory only: a restart uses this one again, and where ' +
      'the app refuses it by then, a new one must be put here',
  ),
})

interface FetchedTokenSettings {
  tokenUrl?: string | undefined
  clientId?: string | undefined
  clientAuth: 'basic' | 'body'
  grant?: GrantName | undefined
  scope?: string | undefined
  accountId?: string | undefined
  subject?: string | undefined
  audience?: string | undefined
  keyId?: string | undefined
  tokens: {
    clientSecret?: Secret | undefined
    privateKey?: Secret | undefined
    refreshToken?: Secret | undefined
  }
}

/** The secrets that fetch tokens; the first is what the budget counts by. */
const SLOTS = ['clientSecret', 'privateKey', 'refreshToken'] as const

/** The slots of `tokens` that fetch tokens, of those that are set. */
export const fetchingSlots = ({ tokens }: Pick<FetchedTokenSettings, 'tokens'>): string[] =>
  SLOTS.filter((slot) => tokens[slot])

const grantOf = ({ grant, tokens }: FetchedTokenSettings): GrantName =>
  // A profile's grant is for those who have no refresh token.
  grant ?? (tokens.refreshToken ? 'refresh_token' : 'client_credentials')

interface Problem {
  path: string[]
  message: string
}

/** What does not fit together, each with its key and the way out. `fixed` is the slot of a token that is not fetched. */
export function tokenProblems(
  given: FetchedTokenSettings & { tokens: Readonly<Record<string, Secret | undefined>> },
  fixed: string,
): Problem[] {
  const slots = fetchingSlots(given)
  const [first] = slots
  const problem = (key: string, message: string): Problem => ({ path: key.split('.'), message })
  if (given.tokens[fixed]) {
    const idle = (['clientId', 'accountId', 'subject', 'audience', 'keyId'] as const).filter(
      (key) => given[key],
    )
    return [
      ...slots.map((slot) =>
        problem(`tokens.${slot}`, `fetches tokens, and \`${fixed}\` is one: leave one of them out`),
      ),
      ...idle.map((key) => problem(key, `is for tokens that are fetched, and \`tokens.${fixed}\` is not`)),
    ]
  }
  if (!first) {
    return [problem(`tokens.${fixed}`, `is missing; or set one of ${SLOTS.join(', ')}, which fetch tokens`)]
  }
  return [...missingIn(given, first), ...misfitsIn(given)].map(([key, message]) => problem(key, message))
}

type Keyed = readonly [key: string, message: string]

function missingIn(given: FetchedTokenSettings, slot: string): Keyed[] {
  const { tokens, accountId, subject, clientId, tokenUrl } = given
  const grant = grantOf(given)
  const needs: readonly (readonly [key: string, isThere: boolean, why: string])[] = [
    ['clientId', clientId !== undefined, `\`tokens.${slot}\``],
    ['tokenUrl', tokenUrl !== undefined, `\`tokens.${slot}\``],
    ['accountId', grant !== 'account_credentials' || accountId !== undefined, `the grant ${grant}`],
    ['subject', grant !== 'jwt_bearer' || subject !== undefined, `the grant ${grant}`],
    ['tokens.privateKey', grant !== 'jwt_bearer' || tokens.privateKey !== undefined, `the grant ${grant}`],
    [
      'tokens.refreshToken',
      grant !== 'refresh_token' || tokens.refreshToken !== undefined,
      `the grant ${grant}`,
    ],
  ]
  return needs.flatMap(([key, isThere, why]) =>
    isThere ? [] : [[key, `is missing: ${why} needs it`] as const],
  )
}

function misfitsIn(given: FetchedTokenSettings): Keyed[] {
  const { tokens, accountId, subject, audience, keyId } = given
  const grant = grantOf(given)
  const misfits: readonly (readonly [key: string, isMisfit: boolean, message: string])[] = [
    [
      'tokens.privateKey',
      tokens.privateKey !== undefined && tokens.clientSecret !== undefined,
      'proves who the client is, as `clientSecret` does: leave one of them out',
    ],
    [
      'tokens.refreshToken',
      tokens.refreshToken !== undefined && grant !== 'refresh_token',
      `is not for the grant ${grant}: leave it out, or set \`grant\` to refresh_token`,
    ],
    [
      'accountId',
      accountId !== undefined && grant !== 'account_credentials',
      'is for the grant account_credentials: set `grant`, or leave it out',
    ],
    [
      'subject',
      subject !== undefined && grant !== 'jwt_bearer',
      'is for the grant jwt_bearer: set `grant`, or leave it out',
    ],
    [
      'audience',
      audience !== undefined && !tokens.privateKey,
      'is of what `tokens.privateKey` signs: leave it out',
    ],
    ['keyId', keyId !== undefined && !tokens.privateKey, 'names `tokens.privateKey`: leave it out'],
  ]
  return misfits.flatMap(([key, isMisfit, message]) => (isMisfit ? [[key, message] as const] : []))
}

/** Tokens that are fetched, and the secret that their budget counts by. */
interface FetchedTokens {
  source: TokenSource
  secret: Secret
}

/** Fetches tokens as the settings say; undefined if they name none that is fetched. */
export function fetchedTokens(
  app: Pick<VendorContext, 'open'>,
  settings: FetchedTokenSettings,
  whereToMake: string,
): FetchedTokens | undefined {
  const { tokens, tokenUrl, scope } = settings
  const secret = tokens.clientSecret ?? tokens.privateKey ?? tokens.refreshToken
  if (!secret || tokenUrl === undefined) return undefined
  const source = tokenSource(app, {
    url: new URL(tokenUrl),
    authentication: authenticationOf(settings),
    grant: grantIn(settings),
    scope,
    budgetOf: secret,
    whereToMake,
  })
  return { source, secret }
}

function authenticationOf(settings: FetchedTokenSettings): ClientAuthentication {
  const { tokens, clientId = '', clientAuth, tokenUrl = '', audience = tokenUrl, keyId } = settings
  const { clientSecret, privateKey } = tokens
  if (clientSecret) {
    return clientAuth === 'body'
      ? secretInBody(clientId, clientSecret)
      : secretInHeader(new Secret(clientId), clientSecret)
  }
  if (!privateKey) return onlyNamed(clientId)
  if (grantOf(settings) === 'jwt_bearer') return unnamed
  return signedByClient(clientId, { privateKey, keyId }, audience)
}

function grantIn(settings: FetchedTokenSettings): Grant {
  const { tokens, clientId = '', accountId, subject, tokenUrl = '', audience = tokenUrl, keyId } = settings
  const { privateKey, refreshToken } = tokens
  const grant = grantOf(settings)
  if (grant === 'refresh_token' && refreshToken) return refreshing(refreshToken)
  if (grant === 'account_credentials' && accountId !== undefined) return accountCredentials(accountId)
  if (grant === 'jwt_bearer' && privateKey) {
    const claims = { iss: clientId, aud: audience, ...(subject !== undefined && { sub: subject }) }
    return jwtBearer({ privateKey, keyId }, claims)
  }
  return clientCredentials
}
