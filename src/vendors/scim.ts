import * as z from 'zod'
import type { SettingsParts } from '../config/schema.ts'
import type { Facts } from '../domain/facts.ts'
import { Unsupported } from '../errors.ts'
import type { Secret } from '../secret.ts'
import { defineVendor, tenantSettings } from './define.ts'
import { extraHeaders } from './http/extra-headers.ts'
import {
  fetchedTokenSettings,
  fetchedTokenSlots,
  fetchedTokens,
  fetchingSlots,
  tokenProblems,
} from './http/token-settings.ts'
import { withFetched } from './http/token-source.ts'
import { asText, field } from './http/values.ts'
import { hiddenText } from './scim/behaviour.ts'
import { behaviourSettings } from './scim/behaviour-settings.ts'
import { capabilitiesOf } from './scim/capabilities.ts'
import { checkScimToken } from './scim/check-token.ts'
import type { Edit } from './scim/edits.ts'
import { type FieldMapping, fieldsTaken } from './scim/fields.ts'
import { insteadAt, lacking, scimOperations } from './scim/operations.ts'
import { connect } from './scim/profiles/connect.ts'
import { fillIn } from './scim/profiles/fill-in.ts'
import { appSettings, checkBlanks } from './scim/profiles/settings.ts'
import type { ScimApp } from './scim/request.ts'
import { collectionPaths, scimSettings } from './scim/settings.ts'
import { about, setup } from './setup-guide.ts'

/** An attribute of an extension: the URN of its schema, a colon, and its name (RFC 7644 §3.10). */
const ExtensionAttribute = z
  .string()
  .regex(/^urn:[\w.:-]+:\w+$/i, 'must be an attribute with its schema, such as urn:example:2.0:User:badge')
  .refine((name) => !/^urn:ietf:params:scim:schemas:core:/i.test(name), 'must not be in the core schema')

const settings = (parts: SettingsParts) =>
  z
    .strictObject({
      ...tenantSettings,
      vendor: z.literal('scim').describe('Any app with SCIM 2.0'),
      ...appSettings(),
      tokens: z
        .strictObject({
          scim: parts.Secret.optional().describe('The SCIM token, if it is not fetched'),
          ...fetchedTokenSlots(parts),
        })
        .describe('The token, or the secret that fetches tokens, as env:NAME, file:/path or keychain:NAME'),
      ...fetchedTokenSettings(),
      headers: extraHeaders(parts),
      paths: collectionPaths(),
      authHeader: z
        .string()
        .regex(
          /^(?!(host|content-|connection|transfer-|cookie))[A-Za-z][\w-]*(: ?[\w-]+)?$/i,
          'must be a header and its scheme, such as Authorization: Bearer, or only a header, such as X-Api-Key',
        )
        .default('Authorization: Bearer')
        .describe('Header that carries the token, and its scheme'),
      userAgent: z
        .string()
        .regex(/^[\x20-\x7e]{1,200}$/, 'must be printable ASCII')
        .optional()
        .describe('User-Agent header. Default: identity-mcp/VERSION'),
      ...scimSettings({ pageSize: 100, memberRemoveShape: 'filter' }),
      ...behaviourSettings(),
      // PagerDuty deletes, GitHub suspends, Atlassian unlinks: SCIM does not define it.
      deactivateMeans: z
        .enum(['reversible', 'deletes', 'unknown'])
        .default('unknown')
        .describe(
          'What the app does when an account becomes inactive; unless it is `reversible`, a deactivation needs the ' +
            'confirmation of a deletion',
        ),
      deleteMeans: z
        .enum(['hard', 'soft', 'deactivates', 'unlinks', 'unknown'])
        .default('unknown')
        .describe('What the app does when an account is deleted'),
      endsSessions: z
        .enum(['yes', 'no', 'unknown'])
        .default('unknown')
        .describe('Whether a deactivation signs the person out immediately'),
      customAttributes: z
        .record(z.string().regex(/^[A-Za-z][\w.-]{0,63}$/, 'must be a name'), ExtensionAttribute)
        .default({})
        .describe('Custom attributes of the app that may be read and set, each under a name that you choose'),
    })
    .superRefine(checkBlanks)
    .superRefine((given, context) => {
      for (const problem of [...tokenProblems(given, 'scim'), ...takenHeaders(given)]) {
        context.addIssue({ code: 'custom', ...problem })
      }
    })

type AnyScimSettings = z.infer<ReturnType<typeof settings>>

export default defineVendor<AnyScimSettings>({
  name: 'scim',
  title: 'SCIM 2.0',
  connect,
  settings,
  fillIn,
  about,
  setup,
  facts: ({ deactivateMeans, deleteMeans, endsSessions, freesSeat, customAttributes, ...settings }) => ({
    // Whatever the app does with `active`, a DELETE counts as one.
    deactivate: settings.deactivateBy === 'delete' ? 'deletes' : deactivateMeans,
    delete: deleteMeans,
    endsSessions,
    freesSeat,
    audit: 'none',
    ...caveatsOf(settings),
    ...(Object.keys(customAttributes).length > 0 && { attributes: customAttributes }),
  }),
  // The app is unknown: start low and learn.
  budget: { perMinute: 60, atOnce: 2 },
  operations(settings, app) {
    const { url, tokens, userAgent } = settings
    const known = capabilitiesOf(app.memory)
    const custom = placesOf(settings.customAttributes)
    const fetched = fetchedTokens(app, settings, whereToMake(settings))
    const secret = tokens.scim ?? fetched?.secret
    if (!secret) throw new TypeError('the settings name no token')
    const carry = (token: Secret) => authorization(settings.authHeader, token)
    const open = (token?: Secret) =>
      app.open({
        base: new URL(url),
        token: secret,
        alsoSecret: Object.values(settings.headers).filter((value) => typeof value !== 'string'),
        headers: {
          ...lowerCased(settings.headers),
          ...(token && carry(token)),
          ...(userAgent !== undefined && { 'user-agent': userAgent }),
        },
      })
    const scim: ScimApp = {
      tenant: app.tenant,
      vendor: 'scim',
      client: fetched ? withFetched(open(), fetched.source, carry) : open(secret),
      settings,
      memory: app.memory,
      known,
      mapping: mappingWith(custom, settings.takes),
      attributeNames: [...custom.keys()],
      isGeneric: true,
      more: readingFrom(custom),
    }
    const checked = {
      secret,
      ...(fetched && { slots: fetchingSlots(settings), source: fetched.source }),
      whereToMake: whereToMake(settings),
      left: app.left,
    }
    return {
      ...scimOperations(scim),
      lacks: lacking(known, settings),
      insteadOf: insteadAt(settings),
      checkTokens: async (_, context) => [await checkScimToken(scim, checked, context)],
    }
  },
})

/** What is written of the app, and whom it hides. */
function caveatsOf({ caveats, hides }: Pick<AnyScimSettings, 'caveats' | 'hides'>): Pick<Facts, 'caveats'> {
  const hidden = caveats?.hides ?? hiddenText({ hides })
  return caveats || hidden ? { caveats: { ...caveats, ...(hidden && { hides: hidden }) } } : {}
}

/** Extra headers that others already carry. */
const takenHeaders = ({ headers, authHeader }: Pick<AnyScimSettings, 'headers' | 'authHeader'>) =>
  Object.keys(headers)
    .filter((name) => name.toLowerCase() === authHeader.split(':')[0]?.toLowerCase())
    .map((name) => ({ path: ['headers', name], message: 'carries the token, as `authHeader` says' }))

const lowerCased = <Value>(headers: Readonly<Record<string, Value>>): Record<string, Value> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

const whereToMake = ({
  tokenMade,
  caveats,
  tokens,
}: Pick<AnyScimSettings, 'tokenMade' | 'caveats' | 'tokens'>): string =>
  [
    tokenMade ??
      'Create a token for SCIM provisioning in the app’s console, with permission to read and change users and groups.',
    caveats?.token,
    tokens.scim
      ? 'Put it in `scim`. If the token is right, check `authHeader`.'
      : 'Put its id in `clientId`, and its secret, key or refresh token in `tokens`.',
  ]
    .filter((text) => text)
    .join(' ')

function authorization(form: string, token: Secret): Record<string, Secret> {
  const [header = '', scheme] = form.split(/: ?/)
  return { [header.toLowerCase()]: scheme ? token.after(`${scheme} `) : token }
}

/** Where the custom attributes of the settings are in a record, by their names. */
type Places = ReadonlyMap<string, Edit['at']>

function placesOf(attributes: Readonly<Record<string, string>>): Places {
  const placeOf = (attribute: string): Edit['at'] => {
    const colon = attribute.lastIndexOf(':')
    return [attribute.slice(0, colon), attribute.slice(colon + 1)]
  }
  return new Map(Object.entries(attributes).map(([name, attribute]) => [name, placeOf(attribute)]))
}

/** Accepts the fields of RFC 7643 that the app has, and the custom attributes. */
function mappingWith(places: Places, taken: AnyScimSettings['takes']): FieldMapping {
  const { takes, fixed } = fieldsTaken(taken)
  return {
    takes: [...takes, ...(places.size > 0 ? (['custom'] as const) : [])],
    fixed,
    write: ({ custom = {} }) =>
      Object.entries(custom).map(([name, value]) => {
        const at = places.get(name)
        if (at) return { at, value }
        throw new Unsupported(
          `This tenant has no custom attribute "${name}".`,
          `It has: ${[...places.keys()].join(', ')}.`,
        )
      }),
  }
}

/** Reads the custom attributes. */
const readingFrom =
  (places: Places): NonNullable<ScimApp['more']> =>
  (raw) => {
    const found = [...places].flatMap(([name, [schema, attribute = '']]) => {
      const value = toCustom(field(field(raw, schema), attribute))
      return value === undefined ? [] : [[name, value] as const]
    })
    return found.length > 0 ? { custom: Object.fromEntries(found) } : {}
  }

function toCustom(value: unknown): string | boolean | string[] | undefined {
  if (Array.isArray(value)) return value.flatMap((one) => asText(one, 320) ?? [])
  return typeof value === 'boolean' ? value : asText(value, 1_000)
}
