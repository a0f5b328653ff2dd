import { describe, expect, test } from 'vitest'
import { startGoogle } from '../../src/sandbox/google.ts'
import { type CannedReply, context, type ReceivedRequest, serveCanned } from '../support/canned.ts'
import { scimAt } from './scim/scim-at.ts'
import { vendorAt } from './vendor-at.ts'

interface OwnGroup {
  id: string
  name: string
}

/** How an app compares the names that it is asked for. */
const COMPARES = {
  'letter by letter': (name: string) => name,
  'without letter case': (name: string) => name.toLowerCase(),
  'without accents': (name: string) => name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase(),
  'in either form of an accent': (name: string) => name.normalize('NFC').toLowerCase(),
} as const
type Compares = keyof typeof COMPARES

/** The names that a filter or search asks for, in JSON's quotes, Graph's, Google's or none. */
const asked = (expression: string): string[] =>
  [...expression.matchAll(/(?:eq |name=)(?:("(?:[^"\\]|\\.)*")|'((?:[^'\\]|''|\\.)*)'|(\S+))/g)].map(
    ([, json, quoted, bare]) =>
      json === undefined ? (bare ?? quoted ?? '').replace(/''|\\'/g, "'") : JSON.parse(json),
  )

type Find = (expression: string) => OwnGroup[]
type Form = (
  find: Find,
  id: (id: string) => OwnGroup | undefined,
) => (arrived: ReceivedRequest) => CannedReply

const NOT_FOUND: CannedReply = { status: 404, body: {} }

const okta: Form =
  (find, byId) =>
  ({ path, query, headers }) => {
    const toRow = ({ id, name }: OwnGroup) => ({ id, type: 'OKTA_GROUP', profile: { name } })
    const link = `<http://${headers.host}${path}>; rel="self"`
    if (path === '/api/v1/groups') return { headers: { link }, body: find(query.search ?? '').map(toRow) }
    if (path.endsWith('/users')) return { headers: { link }, body: [] }
    const found = byId(path.split('/').at(-1) ?? '')
    return found ? { body: toRow(found) } : { status: 404, body: { errorCode: 'E0000007' } }
  }

const entra: Form = (find, byId) => (arrived) => {
  const { path, query } = arrived
  if (path.endsWith('/token'))
    return { body: { access_token: 'e30.e30.c2ln', expires_in: 3599, token_type: 'Bearer' } }
  const toRow = ({ id, name }: OwnGroup) => ({ id, displayName: name, groupTypes: [], securityEnabled: true })
  if (path === '/v1.0/groups') return { body: { value: find(query.$filter ?? '').map(toRow) } }
  if (path.endsWith('/members')) return { body: { value: [] } }
  const found = byId(path.split('/').at(-1) ?? '')
  return found ? { body: toRow(found) } : NOT_FOUND
}

const google: Form =
  (find, byId) =>
  ({ path, query }) => {
    if (path === '/token') return { body: { access_token: 'canned', expires_in: 3599, token_type: 'Bearer' } }
    const toRow = ({ id, name }: OwnGroup) => ({
      kind: 'admin#directory#group',
      id,
      name,
      email: `${id}@x.example`,
    })
    const rows = find(query.query ?? '').map(toRow)
    if (path === '/admin/directory/v1/groups')
      return { body: { kind: 'admin#directory#groups', ...(rows.length > 0 && { groups: rows }) } }
    if (path.endsWith('/members')) return { body: { kind: 'admin#directory#members' } }
    const found = byId(path.split('/').at(-1) ?? '')
    return found
      ? { body: toRow(found) }
      : { status: 404, body: { error: { code: 404, errors: [{ reason: 'notFound' }] } } }
  }

const scim: Form =
  (find, byId) =>
  ({ path, query }) => {
    const toRow = ({ id, name }: OwnGroup) => ({ id, displayName: name, members: [] })
    if (path === '/Groups') {
      const all = query.filter === undefined ? ALL : find(query.filter)
      const from = Number(query.startIndex ?? 1) - 1
      const Resources = all.slice(from, from + Number(query.count ?? 100)).map(toRow)
      return { body: { totalResults: all.length, Resources } }
    }
    const found = byId(path.split('/').at(-1) ?? '')
    return found ? { body: toRow(found) } : NOT_FOUND
  }

const CAFE = 'Caf\u00e9'
const ALL: OwnGroup[] = [
  ...[1, 2, 3].map((one) => ({ id: `00000000-0000-4000-8000-00000000000${one}`, name: `Group ${one}` })),
  { id: '00000000-0000-4000-8000-00000000000c', name: CAFE.normalize('NFD') },
  { id: '00000000-0000-4000-8000-00000000000d', name: 'Cafe' },
  { id: '00000000-0000-4000-8000-00000000000e', name: "O'Hara" },
  { id: '00000000-0000-4000-8000-00000000000f', name: 'Twice' },
  { id: '00000000-0000-4000-8000-0000000000f0', name: 'twice' },
]
const CAFE_ID = '00000000-0000-4000-8000-00000000000c'
const PLAIN_ID = '00000000-0000-4000-8000-00000000000d'

const sandbox = await startGoogle()
const keyFile = sandbox.tokens.serviceAccount.value
await sandbox.close()
const VENDORS = {
  okta: { form: okta, at: (url: string) => vendorAt('okta', url, { tokens: { api: 'api-token' } }) },
  entra: {
    form: entra,
    at: (url: string) =>
      vendorAt('entra', url, {
        ...{ directory: 'acme.onmicrosoft.com', clientId: 'client-id', loginUrl: url },
        tokens: { clientSecret: 'client-secret-0' },
      }),
  },
  google: {
    form: google,
    at: (url: string) =>
      vendorAt('google', url, {
        ...{ domain: 'x.example', admin: 'admin@x.example', tokenUrl: `${url}/token` },
        tokens: { serviceAccount: keyFile },
      }),
  },
  scim: { form: scim, at: (url: string) => scimAt(url, { pageSize: 3 }) },
} as const

async function groupCalled(vendor: keyof typeof VENDORS, compares: Compares, name: string): Promise<unknown> {
  const { form, at } = VENDORS[vendor]
  const compared = COMPARES[compares]
  const find: Find = (expression) =>
    ALL.filter((group) => asked(expression).some((one) => compared(one) === compared(group.name)))
  await using app = await serveCanned(form(find, (id) => ALL.find((group) => group.id === id)))
  return await at(app.url)
    .readGroup({ group: name }, context())
    .then(
      (group) => group?.id,
      (error: { code: string; details: { candidates?: { id: string }[] } }) => ({
        code: error.code,
        candidates: error.details.candidates?.map(({ id }) => id),
      }),
    )
}

const twice = { code: 'ambiguous', candidates: ALL.slice(-2).map(({ id }) => id) }

describe.each(Object.keys(VENDORS) as (keyof typeof VENDORS)[])(
  'a group of %s is found by its name',
  (vendor) => {
    test.each<[title: string, compares: Compares, name: string, found: unknown]>([
      ['in the other form of its accent', 'letter by letter', CAFE, CAFE_ID],
      ['in the other form, where both are the same to the app', 'in either form of an accent', CAFE, CAFE_ID],
      ['and not one without its accent', 'without accents', CAFE, CAFE_ID],
      ['and not one with an accent', 'without accents', 'Cafe', PLAIN_ID],
      ['with a blank around it', 'without letter case', ' Cafe ', PLAIN_ID],
      ['with a quote in it', 'without letter case', "o'hara", ALL[5]?.id],
      ['if it is the only one', 'without letter case', 'TWICE', twice],
      ['or not at all', 'without letter case', 'Nothing', undefined],
    ])('%s', async (_, compares, name, found) => {
      expect(await groupCalled(vendor, compares, name)).toEqual(found)
    })
  },
)
