import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import type { Tenant, Tenants } from '../../src/engine/tenants.ts'
import { appGuidesOf } from '../../src/mcp/resources.ts'
import { IDPS, type Idp, type SetupGuide, titleOf, type Vendor } from '../../src/vendors/define.ts'
import { settings as gainsightSettings } from '../../src/vendors/gainsight/settings.ts'
import * as gainsight from '../../src/vendors/gainsight/setup.ts'
import gainsightVendor from '../../src/vendors/gainsight.ts'
import * as mindtickleSetup from '../../src/vendors/mindtickle/setup.ts'
import mindtickle from '../../src/vendors/mindtickle.ts'
import netskope from '../../src/vendors/netskope.ts'
import scim from '../../src/vendors/scim.ts'
import * as scimSetup from '../../src/vendors/setup-guide.ts'
import { SECRETS } from '../support/secrets.ts'

const SECRET = 'a-token-that-must-not-be-seen'
const parse = <Settings>(schema: z.ZodType<Settings>, settings: unknown): Settings => schema.parse(settings)

const GAINSIGHT = {
  vendor: 'gainsight',
  url: 'https://acme.gainsightcloud.com',
  tokens: { accessKey: SECRET, scim: SECRET },
}
const gainsightGuide = (idp: Idp, more: Record<string, unknown> = {}) =>
  gainsight.setup(parse(gainsightSettings(SECRETS), { ...GAINSIGHT, ...more }), idp)

const NETSKOPE = { vendor: 'netskope', url: 'https://acme.eu.goskope.com', tokens: { scim: SECRET } }
const netskopeGuide = (idp: Idp, more: Record<string, unknown> = {}) =>
  netskope.setup?.(parse(netskope.settings(SECRETS), { ...NETSKOPE, ...more }), idp) as SetupGuide

const mindtickleGuide = (idp: Idp, url = 'https://acme.mindtickle.com/scim/v2/') =>
  mindtickleSetup.setup(
    parse(mindtickle.settings(SECRETS), { vendor: 'mindtickle', url, tokens: { scim: SECRET } }),
    idp,
  )

const scimGuide = (idp: Idp, more: Record<string, unknown> = {}) => {
  const settings = { vendor: 'scim', url: 'https://api.zoom.us/scim2', tokens: { scim: SECRET }, ...more }
  // The vendor's own schema parsed them.
  return scimSetup.setup(
    parse(scim.settings(SECRETS), settings) as Parameters<typeof scimSetup.setup>[0],
    idp,
  )
}

const GUIDES: [vendor: string, guide: (idp: Idp) => SetupGuide, base: string][] = [
  ['gainsight', gainsightGuide, 'https://acme.gainsightcloud.com/v1/users/services/scim'],
  ['netskope', netskopeGuide, 'https://acme.eu.goskope.com/api/v2/scim'],
  ['mindtickle', mindtickleGuide, 'https://acme.mindtickle.com/scim/v2'],
  ['scim', scimGuide, 'https://api.zoom.us/scim2'],
]
const BASE_LABELS = /^(SCIM connector base URL|Base URL|Tenant URL)$/i

/** What a form's field is to be filled with. */
const typedInto = ({ steps }: SetupGuide, label: string | RegExp): string | undefined =>
  steps
    .flatMap(({ fields = [] }) => fields)
    .find((field) => (typeof label === 'string' ? field.label === label : label.test(field.label)))?.value

describe.each(GUIDES)('the guide for %s', (_, guide, base) => {
  test.each(IDPS)('is whole for %s', (idp) => {
    for (const [part, lines] of Object.entries(guide(idp))) expect(lines, part).not.toHaveLength(0)
  })

  test.each(IDPS)('has the address of the tenant where %s asks for it', (idp) => {
    expect(typedInto(guide(idp), BASE_LABELS)).toBe(base)
  })

  test.each(IDPS)('says of %s that accounts are matched by user name', (idp) => {
    expect(guide(idp).attributes).toContainEqual(
      expect.objectContaining({ name: 'userName', means: expect.stringContaining('matches accounts') }),
    )
  })

  test.each(IDPS)('gives no secret away to %s', (idp) => {
    expect(JSON.stringify(guide(idp))).not.toContain(SECRET)
  })

  test.each(IDPS)('says nothing to %s that its forms have no place for', (idp) => {
    const text = JSON.stringify(guide(idp).steps)
    expect(text).not.toMatch(idp === 'okta' ? /Entra|Tenant URL/ : /Okta|Push Groups/)
  })
})

describe('Gainsight', () => {
  const OKTA = gainsightGuide('okta')

  test('wants two applications and SAML sign-on first', () => {
    expect(OKTA.first.join(' ')).toMatch(/SAML single sign-on.*Two separate applications/)
  })

  test('is typed into Okta as its own article has it', () => {
    expect(typedInto(OKTA, 'SCIM Connector Base URL')).toBe(
      'https://acme.gainsightcloud.com/v1/users/services/scim',
    )
    expect(typedInto(OKTA, 'Unique Identifier Field for Users')).toBe('userName')
    expect(typedInto(OKTA, 'Supported Provisioning Actions')).toBe(
      'Import New Users and Profile Updates, Push New Users, Push Profile Updates',
    )
    expect(typedInto(OKTA, 'Access Token Endpoint URI')).toBe(
      'https://acme.gainsightcloud.com/v1/users/oauth/access/token',
    )
    expect(typedInto(OKTA, 'Authorization Endpoint URI')).toBe(
      'https://acme.gainsightcloud.com/v1/authorize?clientId=<client id of the OAuth app>&redirectUri=' +
        'https://system-admin.okta.com/admin/app/cpc/<name of the Okta application>/oauth/callback&scopes=read_write',
    )
    expect(typedInto(OKTA, 'External namespace')).toBe(
      'urn:ietf:params:scim:schemas:extension:gainsight:2.0:User',
    )
  })

  test('has its attributes, the licences and what comes without one', () => {
    const text = JSON.stringify(OKTA.attributes)
    expect(text).toContain('2.0:User:LicenseType')
    expect(text).toContain('exactly one of Full, Viewer, Viewer_Analytics.')
    expect(text).toContain('Internal Collaborator')
    expect(text).toContain('2.0:User:IsSuperAdmin')
    expect(text).toContain('Multi-Picklist')
  })

  test('says what the priority of groups does in Okta', () => {
    expect(JSON.stringify(OKTA.steps)).toContain('the group with the highest priority')
    expect(JSON.stringify(gainsightGuide('entra'))).not.toContain('priority')
  })

  const OAUTH = { clientId: 'client-1234', clientSecret: SECRET, refreshToken: SECRET }

  test('has the client id of its OAuth app in place for Okta, and no secret', () => {
    const guide = gainsightGuide('okta', { tokens: OAUTH })
    expect(typedInto(guide, 'Authorization Endpoint URI')).toContain('/v1/authorize?clientId=client-1234&')
    expect(typedInto(guide, 'Client ID')).toBe('client-1234')
    expect(JSON.stringify(guide)).not.toContain(SECRET)
  })

  test('has the client id of its M2M key in place for Entra ID, and not in Okta, where it is of no use', () => {
    const tokens = { clientId: 'client-1234', clientSecret: SECRET }
    const entra = gainsightGuide('entra', { tokens })
    expect(typedInto(entra, 'Client Identifier')).toBe('client-1234')
    expect(typedInto(entra, 'Token Endpoint')).toBe(
      'https://acme.gainsightcloud.com/v1/users/m2m/oauth/token',
    )
    expect(JSON.stringify(entra)).not.toContain(SECRET)
    expect(JSON.stringify(gainsightGuide('okta', { tokens }))).not.toContain('client-1234')
  })

  test('follows the settings', () => {
    const guide = gainsightGuide('okta', {
      url: 'https://acme.us2.gainsightcloud.com/',
      scimBasePath: '/scim/v2',
      tokens: OAUTH,
      auth: { tokenUrl: 'https://acme.us2.gainsightcloud.com/v1/users/oauth/token' },
      licenseTypes: ['Internal_Collaborator'],
    })
    expect(typedInto(guide, 'SCIM Connector Base URL')).toBe('https://acme.us2.gainsightcloud.com/scim/v2')
    expect(typedInto(guide, 'Access Token Endpoint URI')).toBe(
      'https://acme.us2.gainsightcloud.com/v1/users/oauth/token',
    )
    expect(guide.caveats[0]).toContain('https://acme.us2.gainsightcloud.com/v1/users/services/scim')
    expect(JSON.stringify(guide.attributes)).toContain('Viewer_Analytics, Internal_Collaborator')
  })
})

test('Netskope says which endpoints its token needs, what comes first, and how long groups take', () => {
  const guide = netskopeGuide('okta', { scimBasePath: '/gate/scim', propagationMinutes: 7 })
  expect(typedInto(guide, 'Base URL')).toBe('https://acme.eu.goskope.com/gate/scim')
  expect(guide.first[0]).toContain('Single sign-on')
  expect(guide.tokens[0]?.made).toMatch(
    /Settings > Tools > REST API v2 > New Token.*\/gate\/scim\/Users and \/gate\/scim\/Groups/,
  )
  expect(guide.tokens[1]?.made).toContain('Settings > Security Cloud Platform > SCIM')
  expect(guide.caveats.join(' ')).toContain('7 minutes')
})

test('Mindtickle says where its token and its address come from, and that groups are not confirmed', () => {
  const guide = mindtickleGuide('entra')
  expect(guide.first[0]).toContain('Enterprise plan')
  expect(guide.tokens[0]?.made).toMatch(/Settings > Integrations > SCIM.*support/)
  expect(guide.caveats.join(' ')).toMatch(/admin\.mindtickle\.com\/scim.*Support for groups is not confirmed/)
  const shared = mindtickleGuide('entra', 'https://admin.mindtickle.com/scim')
  expect(shared.caveats[0]).toContain('All tenants share')
})

test('any other app is warned of by what its settings say', () => {
  const guide = scimGuide('entra', {
    deactivateMeans: 'deletes',
    authHeader: 'X-Api-Key',
    customAttributes: { badge: 'urn:example:2.0:User:badge' },
  })
  expect(guide.caveats[0]).toContain('DELETES')
  expect(guide.caveats[1]).toContain('X-Api-Key')
  expect(guide.attributes.at(-1)?.name).toBe('urn:example:2.0:User:badge')
  expect(scimGuide('okta').caveats.join(' ')).not.toContain('takes its token as')
})

describe('what an agent should know about an app', () => {
  const tenant = (name: string, vendor: Vendor, settings: object): Tenant => {
    const parsed = parse(vendor.settings(SECRETS), {
      vendor: vendor.name,
      tokens: { scim: SECRET },
      ...settings,
    })
    return {
      name,
      vendor,
      title: titleOf(vendor, parsed),
      settings: parsed,
      facts: vendor.facts(parsed),
      operations: {},
      namesPrivilege: () => false,
      offers: () => false,
      budgets: async () => [],
    }
  }
  const ZOOM = { url: 'https://api.zoom.us/scim2' }
  const anyScim = { ...scim, about: scimSetup.about }
  const all = [
    tenant('acme-gainsight', { ...gainsightVendor, about: gainsight.about }, GAINSIGHT),
    tenant('acme-netskope', netskope, NETSKOPE),
    tenant(
      'acme-mindtickle',
      { ...mindtickle, about: mindtickleSetup.about },
      { url: 'https://acme.mindtickle.com/scim' },
    ),
    tenant('acme-zoom', anyScim, ZOOM),
  ]
  // Only the list is read.
  const about = (name: string, tenants = all) =>
    appGuidesOf({ all: tenants } as unknown as Tenants).aboutVendor(name)

  test.each(all.map(({ vendor }) => vendor.name))('is short for %s', (name) => {
    expect(about(name).length).toBeLessThan(1_500)
    expect(about(name)).not.toContain(SECRET)
  })

  test.each([
    ['gainsight', /Deletion does not delete: it deactivates/],
    ['gainsight', /Audit: none/],
    ['gainsight', /Community \(inSided\), PX and Skilljar are separate products/],
    ['gainsight', /100 requests an hour and 1,000 a day/],
    ['mindtickle', /Audit: none/],
    ['mindtickle', /What a deletion does is not known/],
    ['netskope', /reactivate_user undoes it/],
    ['netskope', /Deletion cannot be undone/],
    ['netskope', /Sessions stay open: end them at the identity provider/],
    ['netskope', /40 minutes to be enforced/],
    ['netskope', /administrators did in the console/],
    ['scim', /Whether a deactivation can be undone is not known/],
  ])('says of %s: %s', (name, fact) => expect(about(name)).toMatch(fact))

  test('tells tenants apart where their settings differ', () => {
    const text = about('scim', [
      tenant('zoom', anyScim, { ...ZOOM, deactivateMeans: 'reversible' }),
      tenant('pager', anyScim, { ...ZOOM, deactivateMeans: 'deletes' }),
    ])
    expect(text).toContain('- zoom: Deactivation keeps')
    expect(text).toContain('- pager: Deactivation DELETES')
    expect(text.match(/Audit: none/g)).toHaveLength(1)
  })
})
