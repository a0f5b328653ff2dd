import type { Operations } from '../../src/domain/operations.ts'
import gainsight, { type GainsightSettings } from '../../src/vendors/gainsight.ts'
import type { CannedReply, ReceivedRequest } from '../support/canned.ts'
import { vendorContext } from '../support/canned.ts'
import { SECRETS } from '../support/secrets.ts'

/** Parses settings as the settings file would, with a literal where a reference to a secret would stand. */
export const parse = (settings: Record<string, unknown>) =>
  gainsight.settings(SECRETS).safeParse({ vendor: 'gainsight', ...settings })

/** Gainsight's operations over an app at `url`, by SCIM unless the settings name other tokens. */
export function gainsightAt(
  url: string,
  settings: Record<string, unknown> = {},
  memory = new Map<string, unknown>(),
): Required<Operations> {
  const parsed = parse({ url, tokens: { scim: 'scim-token' }, ...settings })
  if (!parsed.success) throw parsed.error
  const operations = gainsight.operations(parsed.data as GainsightSettings, vendorContext(memory))
  // A test that calls what is not offered fails by that.
  return operations as Required<Operations>
}

export const SCIM = '/v1/users/services/scim'
export const target = { id: '1P01EXAMPLE000001', userName: 'jane.poe@example.com' }

const NO_ROUTE: CannedReply = { status: 404, raw: '<html>no such page</html>' }

/** Answers by method and path, the longest name first; the rest is not there. */
export const serving =
  (replies: Record<string, CannedReply | ((arrived: ReceivedRequest) => CannedReply)>) =>
  (arrived: ReceivedRequest): CannedReply => {
    const reply = replies[`${arrived.method} ${arrived.path}`] ?? replies[arrived.path] ?? NO_ROUTE
    return typeof reply === 'function' ? reply(arrived) : reply
  }

/** What was asked, a line a request. */
export const lines = (asked: readonly ReceivedRequest[]) =>
  asked.map(({ method, path, query }) => {
    const text = new URLSearchParams(query).toString()
    return `${method} ${path}${text && `?${text}`}`
  })
