import { type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts'

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
export async function openSandbox(options: SandboxOptions = {}) {
  const sandbox = await startSandbox({ events: 50, ...options })
  const netskope = sandbox.tenants['acme-netskope']

  async function ask(
    method: string,
    path: string,
    { token, headers, body, timeout = 5_000 }: Asking = {},
  ): Promise<Answer> {
    const slot = token ?? (path.startsWith('/api/v2/events') ? 'rest' : 'scim')
    const response = await fetch(sandbox.url + path, {
      method,
      headers: {
        'netskope-api-token': netskope.tokens[slot].value,
        ...(body !== undefined && { 'content-type': 'application/scim+json;charset=utf-8' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeout),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') && text !== ''
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : {} }
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

export const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
export const AUDIT = '/api/v2/events/data/audit'

/** The rows of a list. */
export const rows = ({ json }: Answer) => (json.Resources ?? []) as Record<string, unknown>[]

export const filtered = (filter: string) => `?filter=${encodeURIComponent(filter)}`
