import {
  type SandboxOptions,
  type ScimApp,
  type ScimAppOptions,
  startSandbox,
} from '../../src/sandbox/index.ts'
import type { SCIM_FAULTS } from '../../src/sandbox/scim/faults.ts'

export interface Answer {
  status: number
  headers: Headers
  text: string
  /** The body, where it is a JSON object. */
  json: Record<string, unknown>
}

export interface Asking {
  /** Name of the token to bear; the one of the endpoint when left out. */
  token?: 'scim' | 'rest'
  headers?: Record<string, string>
  body?: unknown
  timeout?: number
}

/** A sandbox of its own for one test, and a way to ask it over HTTP. */
export async function openSandbox(options: Omit<SandboxOptions, 'apps'> = {}) {
  const sandbox = await startSandbox({ events: 50, ...options, apps: ['netskope'] })
  const netskope = sandbox.tenants['acme-netskope']

  const ask = (method: string, path: string, { token, ...asking }: Asking = {}): Promise<Answer> => {
    const slot = token ?? (path.startsWith('/api/v2/events') ? 'rest' : 'scim')
    return request(method, sandbox.url + path, { 'netskope-api-token': netskope.tokens[slot].value }, asking)
  }

  return {
    ...sandbox,
    netskope,
    ask,
    scim: (method: string, path: string, asking?: Asking) => ask(method, `/api/v2/scim${path}`, asking),
    patch: (path: string, ...operations: unknown[]) =>
      ask('PATCH', `/api/v2/scim${path}`, { body: { schemas: [PATCH], Operations: operations } }),
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

/** One request over HTTP; `headers` are those that every request of the kind bears. */
export async function request(
  method: string,
  url: string,
  headers: Record<string, string>,
  { body, timeout = 5_000, ...asking }: Omit<Asking, 'token'> = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...headers,
      ...(body !== undefined && { 'content-type': 'application/scim+json;charset=utf-8' }),
      ...asking.headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(timeout),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') && text !== ''
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : {} }
}

/** Ways to ask a SCIM service at `url` with that token. */
export function scimAt(url: string, token: () => string) {
  const scim = (method: string, path: string, asking?: Asking) =>
    request(method, url + path, { authorization: `Bearer ${token()}` }, asking)
  return {
    scim,
    patch: (path: string, ...operations: unknown[]) =>
      scim('PATCH', path, { body: { schemas: [PATCH], Operations: operations } }),
  }
}

/** Any SCIM app for one test, and ways to ask it over HTTP. */
export async function openScimApp(options: ScimAppOptions = {}) {
  const sandbox = await startSandbox({ apps: ['scim'], scim: options })
  const app: ScimApp = sandbox.tenants['acme-scim']
  return {
    app,
    ...scimAt(app.scimUrl, () => app.tokens.scim.value),
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

/** The faults that are tried on any SCIM app; the rest are tried on Netskope. */
export type ScimQuirk = Exclude<keyof typeof SCIM_FAULTS, (typeof TRIED_ON_NETSKOPE)[number]>
const TRIED_ON_NETSKOPE = [
  'patch-unsupported',
  'patch-path-only',
  'patch-pathless-only',
  'patch-status-object',
  'patch-ignored',
  'filter-ignored',
  'filter-refused',
  'paging-ignored',
  'eventual',
  'sso-inactive',
  'string-booleans',
  'members-hidden',
  'duplicate-user',
  'echo-token',
] as const

export const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
export const AUDIT = '/api/v2/events/data/audit'

/** The rows of a list. */
export const rows = ({ json }: Answer) => (json.Resources ?? []) as Record<string, unknown>[]

export const filtered = (filter: string) => `?filter=${encodeURIComponent(filter)}`
