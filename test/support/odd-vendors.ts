import fc from 'fast-check'
import { startGoogle } from '../../src/sandbox/google.ts'
import { definedOnly } from '../../src/vendors/http/values.ts'
import google from '../fixtures/google.json' with { type: 'json' }
import { type CannedReply, type ReceivedRequest, serveCanned } from './canned.ts'
import type { WriteHabits } from './odd-app.ts'

/** Ada's account, in words of no app. */
export interface OddPerson extends Record<string, unknown> {
  active: boolean
  title: string
  name: string
  externalId: string
}

const MAIL = 'ada@x.example'
const BESIDES: Readonly<Record<string, Partial<OddPerson>>> = {
  title: { title: 'Nobody' },
  name: { name: 'Ava' },
  externalId: { externalId: 'other' },
}
const LATER_MS = 200

/** How an app of a vendor serves one person, and what of a request is a change of the account. */
interface Form {
  id: string
  settings(url: string): Record<string, unknown>
  /** Answers to all but a change; `write` makes one, and answers as the app's habits are. */
  answer(asked: ReceivedRequest, ada: OddPerson, write: (set: Partial<OddPerson>) => CannedReply): CannedReply
  record(ada: OddPerson): unknown
}

const list = (key: string, rows: unknown[], more: object = {}): CannedReply => ({
  body: { [key]: rows, ...more },
})

const OKTA_ID = '00uada'
const okta: Form = {
  id: OKTA_ID,
  settings: (url) => ({ vendor: 'okta', url, tokens: { api: 'env:T' }, allowWrites: true }),
  record: ({ active, title, name, externalId }) => ({
    id: OKTA_ID,
    status: active ? 'ACTIVE' : 'SUSPENDED',
    profile: {
      login: MAIL,
      email: MAIL,
      secondEmail: null,
      firstName: name,
      lastName: 'L',
      title,
      externalId,
    },
  }),
  answer({ method, path, headers, body }, ada, write) {
    const rest = path.replace('/api/v1/users', '')
    const { profile } = (body ?? {}) as { profile?: { title: string } }
    if (method === 'POST') return write(profile ?? { active: rest.endsWith('unsuspend') })
    if (method === 'DELETE') return { status: 204 }
    if (rest === '') {
      const link = `<http://${headers.host}${path}>; rel="self"`
      return { headers: { link }, body: [okta.record(ada)] }
    }
    if (rest.split('/').length > 2) return { body: [] }
    return { body: okta.record(ada) }
  },
}

const ENTRA_ID = 'aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb'
const entra: Form = {
  id: ENTRA_ID,
  settings: (url) => ({
    vendor: 'entra',
    url,
    loginUrl: url,
    directory: 'acme.onmicrosoft.com',
    clientId: '11111111-2222-4333-8444-555555555555',
    tokens: { clientSecret: 'env:T' },
    allowWrites: true,
  }),
  record: ({ active, title, name, externalId }) => ({
    id: ENTRA_ID,
    userPrincipalName: MAIL,
    mail: MAIL,
    accountEnabled: active,
    jobTitle: title,
    givenName: name,
    employeeId: externalId,
    userType: 'Member',
  }),
  answer({ method, path, body }, ada, write) {
    if (path.endsWith('/token'))
      return { body: { access_token: 'e30.e30.c2ln', expires_in: 3599, token_type: 'Bearer' } }
    if (method === 'PATCH') {
      const { accountEnabled: active, jobTitle: title } = body as {
        accountEnabled?: boolean
        jobTitle?: string
      }
      return write(definedOnly({ active, title }))
    }
    if (method === 'POST') return { body: { value: true } }
    if (path === '/v1.0/users') return list('value', [entra.record(ada)])
    if (/^\/v1\.0\/users\/[^/]+$/.test(path)) return { body: entra.record(ada) }
    return list('value', [])
  },
}

const GOOGLE_ID = '114211199695002816249'
const DIRECTORY = '/admin/directory/v1'
const workspace = (keyFile: string): Form => {
  const form: Form = {
    id: GOOGLE_ID,
    settings: (url) => ({
      vendor: 'google',
      url,
      tokenUrl: `${url}/token`,
      domain: 'x.example',
      admin: 'admin@x.example',
      tokens: { serviceAccount: keyFile },
      allowWrites: true,
    }),
    record: ({ active, title, name, externalId }) => ({
      kind: 'admin#directory#user',
      id: GOOGLE_ID,
      primaryEmail: MAIL,
      name: { givenName: name, familyName: 'L' },
      suspended: !active,
      archived: false,
      isAdmin: false,
      isDelegatedAdmin: false,
      organizations: [{ title, primary: true }],
      externalIds: [{ type: 'organization', value: externalId }],
    }),
    answer({ method, path, body }, ada, write) {
      if (path === '/token') return google.token
      if (method === 'PATCH') {
        const { suspended, organizations } = body as {
          suspended?: boolean
          organizations?: [{ title: string }]
        }
        const active = suspended === undefined ? undefined : !suspended
        return write(definedOnly({ active, title: organizations?.[0].title }))
      }
      if (method !== 'GET') return { status: 204 }
      if (path === `${DIRECTORY}/users`)
        return list('users', [form.record(ada)], { kind: 'admin#directory#users' })
      if (new RegExp(`^${DIRECTORY}/users/[^/]+$`).test(path)) return { body: form.record(ada) }
      return list('items', [], { kind: 'admin#directory#list' })
    },
  }
  return form
}

const GSID = '1P01ADA00000000001'
const gainsight = (restDialect: 'services' | 'users') => (url: string) => ({
  vendor: 'gainsight',
  url,
  tokens: { accessKey: 'env:T' },
  restDialect,
})
const users: Form = {
  id: GSID,
  settings: gainsight('users'),
  record: ({ active, title, name, externalId }) => ({
    userId: GSID,
    email: MAIL,
    firstName: name,
    lastName: 'L',
    title,
    externalId,
    isActive: active,
  }),
  answer({ method, path, body }, ada, write) {
    if (method === 'PUT') {
      const { isActive, firstName, title, externalId } = body as Record<string, never>
      return write({ active: isActive, name: firstName, title, externalId })
    }
    return path === '/v1/users'
      ? { body: { result: true, data: [users.record(ada)], totalCount: 1 } }
      : { body: { result: true, data: users.record(ada) } }
  },
}
const services: Form = {
  id: GSID,
  settings: gainsight('services'),
  record: ({ active, title, name }) => ({
    Gsid: GSID,
    Email: MAIL,
    SFDCUserName: MAIL,
    FirstName: name,
    LastName: 'L',
    Title: title,
    IsActiveUser: active,
  }),
  answer({ method, path, query, body }, ada, write) {
    if (path.endsWith('/status')) return write({ active: query.status === 'true' })
    if (method === 'PUT') return write({ title: (body as { records: [{ Title: string }] }).records[0].Title })
    return { body: { result: true, data: { records: [services.record(ada)], totalRecords: 1 } } }
  },
}

const formsWith = (keyFile: string): Record<string, Form> => ({
  okta,
  entra,
  google: workspace(keyFile),
  users,
  services,
})
/** The form of each vendor, and the secrets that their settings refer to. */
export async function oddVendors() {
  // It makes a key as Google does.
  const sandbox = await startGoogle({ people: [] })
  await sandbox.close()
  return {
    forms: formsWith('env:G'),
    env: { T: 'canned-token-0', G: sandbox.tokens.serviceAccount.value },
  }
}

export const anyVendor = fc.constantFrom('okta', 'entra', 'google', 'users', 'services')

/** An app of a vendor with these habits, in which `ada@x.example` has an account. */
export async function startOddVendor(form: Form, habits: WriteHabits) {
  const ada: OddPerson = { active: habits.wasActive, title: 'Analyst', name: 'Ada', externalId: 'E-1' }
  const before = structuredClone(ada)
  let shown = before
  // An app without external ids changes none.
  const besides = form === services && habits.besides === 'externalId' ? {} : BESIDES[habits.besides]
  let writes = 0
  const show = () => {
    shown = structuredClone(ada)
  }
  const write = (set: Partial<OddPerson>): CannedReply => {
    writes += 1
    if (habits.path === 'refused') return { status: habits.refusal, body: { detail: 'no' } }
    if (habits.path === 'taken') {
      Object.assign(ada, set, besides)
      if (habits.shows === 'at once') show()
      if (habits.shows === 'later') setTimeout(show, LATER_MS)
    }
    if (habits.reply === 'lost') return { drop: true }
    if (habits.reply === 'an error') return { status: 500, body: { detail: 'oops' } }
    if (habits.reply === 'nothing') return { status: 204 }
    return { body: { result: true, ...(form.record(habits.reply === 'as it is' ? ada : before) as object) } }
  }
  const app = await serveCanned((asked) => form.answer(asked, shown, write))
  return { ...app, settings: form.settings(app.url), ada, before, writes: () => writes }
}
