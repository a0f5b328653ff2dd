import { createHash } from 'node:crypto'
import type { Incoming, Reply } from '../http-types.ts'
import { parseFilter, parseSearch } from './filter.ts'
import { badRequest, Refusal, unsupportedQuery } from './graph-error.ts'

type Row = Record<string, unknown>

interface ListOptions {
  /** Default and largest page. */
  pageSize: number
  largest: number
  /** Whether the list itself is an advanced query, such as one with a cast. */
  isAdvanced?: boolean
  /** What is sent of a row without `$select`. */
  standard?: readonly string[]
  orderBy?: string
}

/** Whether a request has what an advanced query needs (learn.microsoft.com/graph/aad-advanced-queries). */
const asksForAdvanced = ({ headers, query }: Incoming) =>
  headers.consistencylevel === 'eventual' && query.get('$count') === 'true'

/** A list as Graph answers it: filtered, searched, projected and in pages. */
export function listReply(rows: readonly Row[], incoming: Incoming, options: ListOptions): Reply {
  const { query, headers, path } = incoming
  const advanced = asksForAdvanced(incoming)
  if (options.isAdvanced && !advanced) throw new Refusal(unsupportedQuery(NEEDS_ADVANCED))
  const top = Number(query.get('$top') ?? options.pageSize)
  if (!Number.isInteger(top) || top < 1 || top > options.largest) {
    throw new Refusal(
      badRequest(
        `Invalid page size specified: '${query.get('$top')}'. Must be between 1 and ${options.largest} inclusive.`,
      ),
    )
  }
  const [filter, search] = [query.get('$filter'), query.get('$search')]
  if (search !== null && headers.consistencylevel !== 'eventual') throw new Refusal(badRequest(NEEDS_HEADER))
  const tests = [
    ...(filter === null ? [] : [parseFilter(filter, { advanced })]),
    ...(search === null ? [] : [parseSearch(search)]),
  ]
  const kept = sorted(
    rows.filter((row) => tests.every((test) => test(row))),
    query.get('$orderby') ?? options.orderBy,
  )
  const start = startOf(query.get('$skiptoken'))
  const value = kept.slice(start, start + top).map((row) => projected(row, incoming, options.standard))
  const more = start + top < kept.length
  return {
    status: 200,
    body: {
      '@odata.context': `http://${headers.host}/v1.0/$metadata#${path.split('/')[2]}`,
      ...(advanced && { '@odata.count': kept.length }),
      ...(more && { '@odata.nextLink': nextLink(incoming, start + top) }),
      value,
    },
  }
}

const NEEDS_ADVANCED =
  "The request uses an advanced query that needs the header 'ConsistencyLevel: eventual' and the parameter '$count=true'."
const NEEDS_HEADER =
  "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'"

/** The token says where the page starts; nobody but this service reads it. Real ones are some hundred characters long. */
const tokenOf = (start: number) =>
  Buffer.from(['page', start, ...[1, 2, 3].map((part) => digest(`${start}/${part}`))].join(':')).toString(
    'base64url',
  )
const digest = (text: string) => createHash('sha512').update(text).digest('hex')

function startOf(token: string | null): number {
  if (token === null) return 0
  const [, start] = /^page:(\d+):/.exec(Buffer.from(token, 'base64url').toString()) ?? []
  if (start === undefined) throw new Refusal(badRequest('The skip token is invalid.'))
  return Number(start)
}

function nextLink({ headers, path, query }: Incoming, start: number): string {
  const next = new URL(`http://${headers.host}${path}`)
  for (const [name, value] of query) if (name !== '$skiptoken') next.searchParams.set(name, value)
  next.searchParams.set('$skiptoken', tokenOf(start))
  return next.href
}

function sorted(rows: readonly Row[], order: string | undefined): readonly Row[] {
  const [property = '', direction] = order?.split(' ') ?? []
  if (property === '') return rows
  const sign = direction === 'desc' ? -1 : 1
  return rows.toSorted((a, b) => sign * String(a[property]).localeCompare(String(b[property])))
}

/** The row with what `$select` names. */
export function projected(row: Row, { query }: Incoming, standard?: readonly string[]): Row {
  const names = query.get('$select')?.split(',') ?? standard
  if (!names) return row
  const chosen = new Set(names.map((name) => name.trim()))
  return Object.fromEntries(
    Object.entries(row).filter(([name]) => chosen.has(name) || name === '@odata.type' || name === 'manager'),
  )
}
