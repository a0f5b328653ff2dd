import { homedir } from 'node:os'
import { resolve } from 'node:path'
import type { Io } from '../../app/io.ts'
import { isLoopback } from '../../config/address.ts'
import { TENANT_NAME } from '../../config/names.ts'
import { SecretReference, secretFrom } from '../../config/reference.ts'
import { filledIn } from '../../config/schema.ts'
import { Secret } from '../../secret.ts'
import type { ConnectField } from '../../vendors/define.ts'
import { vendors } from '../../vendors/index.ts'
import { addressIn } from '../../vendors/scim/profiles/fill-in.ts'
import { profileOf, settingsOf } from '../../vendors/scim/profiles/index.ts'
import type { KnownApp } from './apps.ts'
import { pastedAddress, pastedBlank } from './pasted.ts'

type Json = Record<string, unknown>

/** A tenant that is not written yet. */
export interface Draft {
  app: KnownApp
  /** As the settings file will have it, but for the secrets. */
  tenant: Json
  /** The secrets by their slots, which go to the keychain. */
  secrets: Readonly<Record<string, string>>
}

/** The value at a place such as `tokens.scim`. */
export const valueAt = (tenant: Json, at: string): unknown =>
  at.split('.').reduce<unknown>((value, key) => (value as Json | undefined)?.[key], tenant)

/** The same with another value at a place such as `tokens.scim`. */
export function withValue(tenant: Json, at: string, value: unknown): Json {
  const [key = '', ...rest] = at.split('.')
  const inner = rest.length === 0 ? value : withValue((tenant[key] ?? {}) as Json, rest.join('.'), value)
  return { ...tenant, [key]: inner }
}

export const slotOf = ({ at }: ConnectField): string => at.replace(/^tokens\./, '')

/** The draft without an answer yet. */
export const emptyDraft = (app: KnownApp): Draft => ({
  app,
  tenant: { vendor: app.vendor.name, ...(app.app && { app: app.app }) },
  secrets: {},
})

/** The draft with an answer; or what is wrong with it, in words. */
export function answeredIn(draft: Draft, field: ConnectField, answer: string, io: Io): Draft | string {
  if (field.form === 'secret') {
    const { error } = secretFrom({ IT: answer.trim() }).safeParse('env:IT')
    if (error) return 'This is no token: it has 8 or more printable characters, without spaces.'
    return { ...draft, secrets: { ...draft.secrets, [slotOf(field)]: answer.trim() } }
  }
  const value = settled(draft, field, answer, io)
  if (value === '') return 'This is needed.'
  const tenant = withValue(draft.tenant, field.at, value)
  const address = addressWith(draft, field.at)
  if (address && addressIn(address, tenant.at).includes(`{${blankOf(field.at)}}`))
    return `This does not fit into ${address}.`
  const problem = problemAt(field.at, tenant, io)
  return problem ?? { ...draft, tenant }
}

function settled(draft: Draft, { at, form, tidy }: ConnectField, answer: string, io: Io): string {
  if (form === 'file') return fileReference(answer, io)
  const address = addressWith(draft, at)
  if (form === 'text') return address ? pastedBlank(answer, blankOf(at), address) : answer.trim()
  const pasted = pastedAddress(answer, form === 'host' ? 'host' : 'address')
  return tidy ? tidy(pasted) : pasted
}

const blankOf = (at: string): string => /^at\.(\w+)$/.exec(at)?.[1] ?? ''

/** The address that has the blank which is asked for. */
function addressWith({ app }: Draft, at: string): string | undefined {
  if (app.app === undefined) return undefined
  const { url, tokenUrl } = settingsOf(profileOf(app.app))
  return [url, tokenUrl].find((one) => one?.includes(`{${blankOf(at)}}`))
}

function fileReference(answer: string, io: Io): string {
  const path = answer.trim().replace(/^["']|["']$/g, '')
  if (path === '') return ''
  return `file:${resolve(io.cwd, path.replace(/^~(?=[/\\])/, io.env.HOME ?? homedir()))}`
}

/** What the settings will say against the value at one place, as far as it does not come from what is missing still. */
function problemAt(at: string, tenant: Json, io: Io): string | undefined {
  const vendor = vendors.find(({ name }) => name === tenant.vendor)
  if (!vendor) return undefined
  const AnySecret = SecretReference.transform((reference) => new Secret(reference))
  const schema = vendor.settings({ Secret: AnySecret, SecretText: secretFrom(io.env, { form: 'text' }) })
  const { error } = schema.safeParse(filledIn(tenant, vendors))
  const issue = error?.issues.find(({ path }) => path.join('.').startsWith(at))
  return issue && `${issue.message.charAt(0).toUpperCase()}${issue.message.slice(1)}.`
}

/** A name for the workspace that is not taken: whose it is, and of which app. */
export function tenantNameFor({ app, tenant }: Draft, taken: readonly string[]): string {
  const whose = ownerIn(tenant)
  const plain = app.name.toLowerCase()
  const base = (whose === undefined || whose.includes(plain) ? (whose ?? plain) : `${whose}-${plain}`).slice(
    0,
    50,
  )
  const free = [base, ...Array.from({ length: 98 }, (_, at) => `${base}-${at + 2}`)]
  return free.find((name) => !taken.includes(name) && TENANT_NAME.test(name)) ?? plain
}

/** Labels of hosts that say nothing of whose they are. */
const COMMON = /^(www|api|app|admin|scim|login|sso|console|portal|identity|eu\d*|us\d*|\d+)$/

function ownerIn(tenant: Json): string | undefined {
  const { url, directory, domain, at } = tenant as Record<string, string | undefined> & { at?: Json }
  const host = url === undefined ? undefined : new URL(url).hostname
  const named = [domain, directory, ...Object.values(at ?? {}).map(String), host]
  const labels = named.flatMap((one) =>
    one === undefined || isLoopback(one) || /^[\da-f-]{36}$/i.test(one) ? [] : (one.split('.')[0] ?? []),
  )
  return labels
    .map((label) => label.toLowerCase().replace(/[^a-z\d-]/g, ''))
    .find((label) => label !== '' && !COMMON.test(label))
}
