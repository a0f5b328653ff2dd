import { startGoogle } from '../../../src/sandbox/google.ts'
import { serveCanned } from '../../support/canned.ts'
import type { Somebody } from '../../support/odd-directory/form.ts'
import { formOf } from '../../support/odd-directory/start.ts'
import { vendorAt } from '../vendor-at.ts'
import { type AnyTrouble, troubled } from './trouble.ts'

const keyFile = startGoogle({ people: [] }).then(async (sandbox) => {
  await sandbox.close()
  return sandbox.tokens.serviceAccount.value
})
const VENDORS = {
  scim: async () => ['scim', { tokens: { scim: 'scim-token-0' } }],
  okta: async () => ['okta', { tokens: { api: 'api-token' } }],
  entra: async (url) => [
    'entra',
    {
      ...{ directory: 'acme.onmicrosoft.com', clientId: 'client-id', loginUrl: url },
      tokens: { clientSecret: 'client-secret-0' },
    },
  ],
  google: async (url) => [
    'google',
    {
      ...{ domain: 'x.example', admin: 'admin@x.example', tokenUrl: `${url}/token` },
      tokens: { serviceAccount: await keyFile },
    },
  ],
  services: async () => ['gainsight', { tokens: { accessKey: 'access-key' }, restDialect: 'services' }],
  users: async () => ['gainsight', { tokens: { accessKey: 'access-key' }, restDialect: 'users' }],
} as const satisfies Record<string, (url: string) => Promise<readonly [string, Record<string, unknown>]>>

export type VendorName = keyof typeof VENDORS
export const VENDOR_NAMES = Object.keys(VENDORS) as VendorName[] // the object literal names its keys

/** The operations of a vendor over an app with these people. */
export async function directoryAt(name: VendorName, people: readonly Somebody[], trouble?: AnyTrouble) {
  const form = formOf(name)
  const none = { status: 404, body: {} }
  const directory = { people: () => people, members: () => [], create: () => none, move: () => none }
  const answer = troubled(
    (request: Parameters<typeof form.answer>[0]) => form.answer(request, directory),
    trouble,
    ({ path }) => !path.endsWith('/token'),
  )
  const app = await serveCanned(answer)
  const [vendor, settings] = await VENDORS[name](app.url)
  return { ...app, operations: vendorAt(vendor, app.url, settings) }
}
