import type { ListPosition, RequestContext } from '../../domain/operations.ts'
import { refusesFilter } from '../http/classify.ts'
import { asList, field } from '../http/values.ts'
import { listing } from './listing.ts'
import { listRefusal, type ScimApp } from './request.ts'

const REFUSES_EXCLUDING_KEY = 'scim.refusesExcluding'
const REFUSES_EXCLUDING_TTL_MS = 24 * 60 * 60_000

/**
 * Groups without their members, where the app can leave them out: a few large groups can be too much for one answer
 * (databrickslabs/ucx#638, wso2/product-is#8876). Where it is not known to leave them out, no more groups are asked for at
 * once than are wanted.
 */
export function groupList(
  app: ScimApp,
  context: RequestContext,
  { limit = Number.POSITIVE_INFINITY, at }: { limit?: number; at?: ListPosition | undefined } = {},
) {
  const isLight = app.omitsMembers || app.known?.now.listsMembers === false
  const pageSize = isLight ? app.settings.pageSize : Math.min(app.settings.pageSize, limit)
  const sized = { ...app, settings: { ...app.settings, pageSize } }
  const whole = listing(sized, 'Groups', {}, context, at)
  const lean = listing(sized, 'Groups', { excludedAttributes: 'members' }, context, at)
  let isLean: boolean | undefined = app.omitsMembers ? false : undefined
  return {
    async fetch(start: number, cursor?: string) {
      isLean ??= !(await app.memory.get<boolean>(REFUSES_EXCLUDING_KEY))
      let list = await (isLean ? lean : whole)(start, cursor)
      if ('failure' in list && isLean && start === 1 && refusesFilter(list.failure)) {
        isLean = false
        list = await whole(start, cursor)
        // An app that fails either way has not refused the parameter.
        if (!('failure' in list)) await app.memory.set(REFUSES_EXCLUDING_KEY, true, REFUSES_EXCLUDING_TTL_MS)
      }
      if ('failure' in list) throw await listRefusal(app, list.failure, 'Groups', context)
      await learn(app, list.rows)
      return list
    },
    pageSize,
    maxPages: app.settings.maxPages,
  }
}

/** Whether members come along, by the groups of a page: once they did, a page without any proves nothing. */
async function learn({ known }: ScimApp, rows: readonly unknown[]): Promise<void> {
  const { listsMembers } = known?.now ?? {}
  if (listsMembers || rows.length === 0) return
  const now = rows.some((row) => (asList(field(row, 'members')) ?? []).length > 0)
  if (now !== listsMembers) await known?.note({ listsMembers: now })
}
