import type { Incoming, Reply } from '../http-types.ts'
import { graphError } from './graph-error.ts'

const WINDOW_MS = 10_000

/** The resource units of a request (learn.microsoft.com/graph/throttling-limits, "Identity and access"). */
function costOf({ method, query }: Incoming): number {
  if (method !== 'GET') return 1
  const small = Number(query.get('$top') ?? 100) < 20
  return Math.max(1, 2 - (query.has('$select') ? 1 : 0) - (small ? 1 : 0))
}

/** Counts resource units in any ten seconds, and refuses what goes beyond them. */
export function openUnits(limit: number) {
  let spent: { at: number; cost: number }[] = []
  return {
    arrive(incoming: Incoming): Reply | undefined {
      const { at } = incoming
      spent = spent.filter((one) => one.at > at - WINDOW_MS)
      const used = spent.reduce((sum, { cost }) => sum + cost, 0)
      if (used + costOf(incoming) <= limit) {
        spent.push({ at, cost: costOf(incoming) })
        return undefined
      }
      const wait = Math.ceil(((spent[0]?.at ?? at) + WINDOW_MS - at) / 1_000)
      return {
        ...graphError(429, 'TooManyRequests', 'Too many requests.'),
        headers: {
          date: new Date(at).toUTCString(),
          'retry-after': String(Math.max(1, wait)),
          'x-ms-throttle-scope': 'Tenant_Application/ReadWrite',
          'x-ms-throttle-limit-percentage': '1.0',
        },
      }
    },
  }
}
