import { randomBytes } from 'node:crypto'
import type { Incoming, Reply } from '../http-types.ts'

/** Errors as Okta sends them: developer.okta.com, "Okta API error codes". */
const ERRORS = {
  E0000001: [400, 'Api validation failed: {0}'],
  E0000006: [403, 'You do not have permission to perform the requested action'],
  E0000007: [404, 'Not found: Resource not found: {0}'],
  E0000009: [500, 'Internal Server Error'],
  E0000011: [401, 'Invalid token provided'],
  E0000016: [403, 'Activation failed because the user is already active'],
  E0000031: [400, 'Invalid search criteria.'],
  E0000047: [429, 'API call exceeded rate limit due to too many requests.'],
} as const satisfies Record<string, readonly [number, string]>

/** An error; `causes` are the sentences of what is wrong in particular. */
export function fail(code: keyof typeof ERRORS, about = '', causes: readonly string[] = []): Reply {
  const [status, summary] = ERRORS[code]
  return {
    status,
    body: {
      errorCode: code,
      errorSummary: summary.replace('{0}', about),
      errorLink: code,
      errorId: `oae${randomBytes(12).toString('base64url')}`,
      errorCauses: causes.map((errorSummary) => ({ errorSummary })),
    },
  }
}

/** Okta names the missing scope in the header alone, and sends no body. */
export const lacksScope = ({ headers, path }: Incoming, scope: string): Reply => ({
  status: 403,
  headers: {
    'www-authenticate':
      `Bearer authorization_uri="http://${headers.host}/oauth2/v1/authorize", realm="http://${headers.host}", ` +
      `scope="${scope}", error="insufficient_scope", ` +
      `error_description="The access token provided does not contain the required scopes.", resource="${path}"`,
  },
})

/** The page of a list that comes after the item with the id `after`, with its links. */
export function paged<Item extends { id: string }>(
  incoming: Incoming,
  items: readonly Item[],
  { most, toBody }: { most: number; toBody: (item: Item) => unknown },
): Reply {
  const { query } = incoming
  const limit = Math.min(Number(query.get('limit') ?? most), most)
  const after = query.get('after')
  const start = after === null ? 0 : items.findIndex(({ id }) => id === after) + 1
  const page = items.slice(start, start + limit)
  const last = start + limit < items.length ? page.at(-1)?.id : undefined
  return { status: 200, headers: { link: links(incoming, last) }, body: page.map(toBody) }
}

/** The links of a page: to itself, and to the next one if there is one. */
export function links({ headers, path, query }: Incoming, after: string | undefined): string {
  const address = (words: URLSearchParams) => `<http://${headers.host}${path}?${words}>`
  const self = `${address(query)}; rel="self"`
  if (after === undefined) return self
  const next = new URLSearchParams(query)
  next.set('after', after)
  return `${self}, ${address(next)}; rel="next"`
}
