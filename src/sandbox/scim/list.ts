import { scimFilter } from './filter.ts'
import { ScimError, type Shape, type Values } from './schema.ts'

export interface ListDetails {
  defaultCount: number
  largestCount: number
  /** Pages after the first return `startIndex` as text. */
  startIndexAsText: boolean
  /** An empty list has no `Resources`. */
  leavesOutEmpty: boolean
}

const LIST_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'

/**
 * One page of `rows` (RFC 7644, 3.4.2.4): `startIndex` counts from 1, a `count` that is too large is silently clamped,
 * and a page past the end is empty.
 */
export function listPage<Row extends Values>(
  query: URLSearchParams,
  rows: Row[],
  shape: Shape,
  details: ListDetails,
  show: (row: Row) => Values,
) {
  const filter = query.get('filter')
  const found = filter === null ? rows : rows.filter(scimFilter(filter, shape))
  const start = Math.max(1, wholeNumber(query, 'startIndex', 1))
  const count = Math.min(Math.max(0, wholeNumber(query, 'count', details.defaultCount)), details.largestCount)
  const shown = found.slice(start - 1, start - 1 + count).map(show)
  return {
    schemas: [LIST_SCHEMA],
    totalResults: found.length,
    itemsPerPage: shown.length,
    startIndex: start > 1 && details.startIndexAsText ? String(start) : start,
    ...(!(found.length === 0 && details.leavesOutEmpty) && { Resources: shown }),
  }
}

function wholeNumber(query: URLSearchParams, name: string, fallback: number): number {
  const given = query.get(name)
  if (given === null) return fallback
  if (!/^-?\d{1,9}$/.test(given)) throw new ScimError(400, `${name} must be a whole number`, 'invalidValue')
  return Number(given)
}
