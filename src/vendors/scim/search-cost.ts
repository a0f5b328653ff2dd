import { canFilter } from './read-list.ts'
import type { ScimApp } from './request.ts'
import { LIFE_MS } from './shared-scan.ts'
import { MINUTE_MS } from './user-scan.ts'

/** What a look-up costs at an app that does not filter. */
interface SearchCost {
  /** Whether every look-up can be paid for, and whether one can without a pause. */
  fits: 'always' | 'with pauses' | 'never'
  words: string
}

/** What a look-up among so many users costs; undefined where the app filters, or has no budget. */
export function searchCost(app: ScimApp, total: number | undefined): SearchCost | undefined {
  const { client, settings } = app
  if (total === undefined || !client.paying || canFilter(app, 'userName')) return undefined
  const { pageSize, maxPages } = settings
  const [needs, inMinute, inLife] = [
    Math.ceil(total / pageSize),
    client.paying.most(MINUTE_MS),
    client.paying.most(LIFE_MS),
  ]
  const cost = `the app does not filter, and looking through its ${total} users needs ${needs} requests`
  const minutes = LIFE_MS / MINUTE_MS
  if (needs > maxPages) {
    return { fits: 'never', words: `${cost}; \`maxPages\` allows ${maxPages}. Raise it, or \`pageSize\`` }
  }
  if (needs > inLife) {
    const words = `${cost}; the budget gives ${inLife} in ${minutes} minutes. Raise \`budget\` or \`pageSize\``
    return { fits: 'never', words }
  }
  if (needs > inMinute) {
    const words = `${cost}; the budget gives ${inMinute} a minute, so the first look-up of ${minutes} minutes pauses`
    return { fits: 'with pauses', words }
  }
  return { fits: 'always', words: `${cost}, once in ${minutes} minutes` }
}
