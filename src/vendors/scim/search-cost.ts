import type { SurfaceCheck } from '../../domain/operations.ts'
import type { Paying } from '../http/client.ts'
import { MINUTE_MS } from './scan-budget.ts'
import { LIFE_MS } from './shared-scan.ts'

/** What a look-up costs at an app that does not filter. */
export interface SearchCost {
  /** Whether every look-up can be paid for, and whether one can without a pause. */
  fits: 'always' | 'with pauses' | 'never'
  words: string
}

/** How a list of users is read. */
interface ListReading {
  paying: Paying | undefined
  pageSize: number
  maxPages: number
}

/** What a look-up among so many users costs at an app that does not filter; undefined where it has no budget. */
export function searchCost(
  { paying, pageSize, maxPages }: ListReading,
  total: number | undefined,
): SearchCost | undefined {
  if (total === undefined || !paying) return undefined
  const [needs, inMinute, inLife] = [
    Math.ceil(total / pageSize),
    paying.most(MINUTE_MS),
    paying.most(LIFE_MS),
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

/** What a check of tokens says of look-ups that a budget does not simply pay for. */
export function searchCheck(surface: string, cost: SearchCost | undefined): SurfaceCheck[] {
  if (!cost || cost.fits === 'always') return []
  const isPaid = cost.fits !== 'never'
  const hint = 'Until then, only users whose id is known can be found.'
  return [{ surface, ok: isPaid, meaning: `${upperFirst(cost.words)}.`, ...(!isPaid && { hint }) }]
}

const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
