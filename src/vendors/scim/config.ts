import type { RequestContext } from '../../domain/operations.ts'
import { IdentityError } from '../../errors.ts'
import type { ApiRequest } from '../http/client.ts'
import { asBoolean, asList, asNumber, asText, definedOnly, field } from '../http/values.ts'
import type { LearnedCapabilities } from './capabilities.ts'
import { ask, type ScimApp } from './request.ts'

const FEATURES = ['patch', 'filter', 'etag', 'bulk', 'sort', 'changePassword'] as const
type Feature = (typeof FEATURES)[number]

/** What an app says of itself (RFC 7643 §5, RFC 9865 §4). A missing value means unknown, not unsupported. */
interface AppConfig {
  supports: Partial<Record<Feature, boolean>>
  pages: { cursor?: boolean; index?: boolean }
  /** The most rows that it sends at once. */
  most?: number
  /** The kinds of its tokens. */
  schemes: readonly string[]
}

/** Undefined if the app does not tell. */
export async function readConfig(app: ScimApp, context: RequestContext): Promise<AppConfig | undefined> {
  const body = await readBody(app, { path: '/ServiceProviderConfig' }, context)
  if (body === undefined) return undefined
  const supported = FEATURES.map((name) => [name, asBoolean(field(field(body, name), 'supported'))] as const)
  const pagination = field(body, 'pagination')
  const most = [field(field(body, 'filter'), 'maxResults'), field(pagination, 'maxPageSize')]
    .map(asNumber)
    .filter((one): one is number => one !== undefined && one > 0)
  return {
    supports: Object.fromEntries(supported.filter(([, value]) => value !== undefined)),
    pages: definedOnly({
      cursor: asBoolean(field(pagination, 'cursor')),
      index: asBoolean(field(pagination, 'index')),
    }),
    ...(most.length > 0 && { most: Math.min(...most) }),
    schemes: (asList(field(body, 'authenticationSchemes')) ?? []).flatMap(
      (scheme) => asText(field(scheme, 'type'), 64) ?? [],
    ),
  }
}

/** What later requests can use of it. */
export const learnedFrom = ({ supports, pages, most }: AppConfig, pageSize: number): LearnedCapabilities => ({
  etag: supports.etag === true,
  ...definedOnly({ patch: supports.patch }),
  ...(most !== undefined && most < pageSize && { pageMaximum: most }),
  ...(pages.cursor === true && pages.index === false && { paging: 'cursor' }),
})

/** Keeps what the app says of itself. An app that does not tell, or fails, changes nothing. */
export async function learnConfig(app: ScimApp, context: RequestContext): Promise<void> {
  const config = await readConfig(app, context)
  if (config) await app.known?.note(learnedFrom(config, app.settings.pageSize))
}

/** Whether the app says that it pages by cursor. */
export const pagesByCursor = async (app: ScimApp, context: RequestContext): Promise<boolean> =>
  (await readConfig(app, context))?.pages.cursor === true

/** The body of an answer; undefined on a failure. */
export async function readBody(app: ScimApp, request: ApiRequest, context: RequestContext): Promise<unknown> {
  try {
    const answer = await ask(app, request, context)
    return answer.ok ? answer.body : undefined
  } catch (error) {
    // What an app says of itself is only a help.
    if (error instanceof IdentityError && error.code !== 'rate_limited') return undefined
    throw error
  }
}
