import type { ListPosition, RequestContext } from '../../domain/operations.ts'
import { refusesFilter } from '../http/classify.ts'
import { listing } from './listing.ts'
import { listRefusal, type ScimApp } from './request.ts'

const REFUSES_EXCLUDING_KEY = 'scim.refusesExcluding'
const REFUSES_EXCLUDING_TTL_MS = 24 * 60 * 60_000

/**
 * Groups without their members, where the app can leave them out: a few large groups can be too much for one answer
 * (databrickslabs/ucx#638, wso2/product-is#8876).
 */
export function groupList(app: ScimApp, context: RequestContext, at?: ListPosition) {
  const whole = listing(app, 'Groups', {}, context, at)
  const lean = listing(app, 'Groups', { excludedAttributes: 'members' }, context, at)
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
      return list
    },
    pageSize: app.settings.pageSize,
    maxPages: app.settings.maxPages,
  }
}
