import { type Incoming, isObject, parseJson, type Reply, type Route } from '../http-types.ts'
import { parseFilter } from './filter.ts'
import { errorReply } from './reply.ts'
import { ScimError } from './schema.ts'

/** How an app that is documented differs from RFC 7644, each part as its documentation has it; default: not at all. */
export interface Traits {
  /** The attributes that filters of each collection can hold; default: all that the service knows. */
  filters?: { Users?: readonly string[]; Groups?: readonly string[] } | undefined
  /** What becomes of any other filter; default: `refused`. */
  otherFilters?: 'refused' | 'empty' | 'ignored' | undefined
  /** By which words filters can be joined; default: both. */
  joins?: readonly ('and' | 'or')[] | undefined
  /** `cursor` (RFC 9865) refuses an index, `cursor-only` ignores it, and `none` always sends the whole list. */
  paging?: 'index' | 'cursor' | 'cursor-only' | 'none' | undefined
  /** Attributes that a new user must have, as paths. */
  requires?: readonly string[] | undefined
  /** What becomes of a user whose `active` is set to false; default: they are inactive. */
  deactivation?: 'inactive' | 'ignored' | 'refused' | undefined
  /** The methods that users support; default: all. */
  userMethods?: readonly string[] | undefined
  membersPerPatch?: number | undefined
  operationsPerPatch?: number | undefined
}

/** The routes of an app with these traits. */
export const withTraits = (routes: readonly Route[], traits: Traits, errorType: string): Route[] =>
  routes.map((route) => ({
    ...route,
    run(incoming, id) {
      try {
        const collection = /\/(Users|Groups)(?:\/|$)/.exec(incoming.path)?.[1]
        if (collection !== 'Users' && collection !== 'Groups') return route.run(incoming, id)
        checkWrite(traits, collection, incoming)
        const isList = incoming.method === 'GET' && incoming.path.endsWith(collection)
        return isList
          ? listed(traits, collection, incoming, (one) => route.run(one, id))
          : route.run(incoming, id)
      } catch (error) {
        if (error instanceof ScimError) return errorReply(error, errorType)
        throw error
      }
    },
  }))

type Collection = 'Users' | 'Groups'

function listed(
  traits: Traits,
  collection: Collection,
  incoming: Incoming,
  run: (incoming: Incoming) => Reply,
): Reply {
  const filter = incoming.query.get('filter')
  const verdict = filter === null ? 'taken' : verdictOn(traits, collection, filter)
  if (verdict === 'refused') throw new ScimError(400, 'This filter is not supported', 'invalidFilter')
  const asked = verdict === 'ignored' ? without(incoming, 'filter') : incoming
  const reply = paged(traits, asked, run)
  return verdict === 'empty' ? altered(reply, (body) => ({ ...emptied(body) })) : reply
}

function verdictOn(
  { filters, otherFilters = 'refused', joins = ['and', 'or'] }: Traits,
  collection: Collection,
  text: string,
) {
  const known = filters?.[collection]
  const either = parseFilter(text)
  if (!either) return otherFilters
  const isJoined =
    (either.length > 1 && !joins.includes('or')) ||
    (either.some((all) => all.length > 1) && !joins.includes('and'))
  const isKnown = either
    .flat()
    .every(({ path }) => !known || known.some((one) => one.toLowerCase() === path.toLowerCase()))
  return isJoined || !isKnown ? otherFilters : 'taken'
}

/** A page, by the app's own way of paging. Its cursors are opaque: they say nothing to whoever reads them as a number. */
function paged({ paging = 'index' }: Traits, incoming: Incoming, run: (incoming: Incoming) => Reply): Reply {
  if (paging === 'index') return run(incoming)
  if (paging === 'none') return run(asking(asking(incoming, 'startIndex', '1'), 'count', '1000000'))
  const cursor = incoming.query.get('cursor')
  if (paging === 'cursor' && incoming.query.has('startIndex'))
    throw new ScimError(400, 'startIndex is not supported: page by cursor', 'invalidValue')
  const start = cursor ? startIn(cursor) : 1
  const reply = run(asking(without(incoming, 'cursor'), 'startIndex', String(start)))
  return altered(reply, ({ startIndex: _, ...body }) => {
    const next = start + (Array.isArray(body.Resources) ? body.Resources.length : 0)
    const isMore = next <= Number(body.totalResults)
    // One that pages by index or cursor tells a cursor only to those who begin with one.
    return {
      ...body,
      ...(isMore && (paging === 'cursor' || cursor !== null) && { nextCursor: cursorAt(next) }),
    }
  })
}

const cursorAt = (start: number): string => Buffer.from(`at ${start}`).toString('base64url')

function startIn(cursor: string): number {
  const [, start] = /^at (\d+)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (start === undefined) throw new ScimError(400, 'The cursor is not valid', 'invalidCursor')
  return Number(start)
}

function checkWrite(traits: Traits, collection: Collection, { method, path, text }: Incoming): void {
  const { requires = [], userMethods, membersPerPatch = Number.POSITIVE_INFINITY } = traits
  if (collection === 'Users' && userMethods && !userMethods.includes(method))
    throw new ScimError(501, `${method} is not supported`)
  const body = parseJson(text)
  if (!isObject(body)) return
  if (collection === 'Users' && method === 'POST' && path.endsWith('/Users')) {
    const missing = requires.find((name) => !hasValue(body, name.split('.')))
    if (missing) throw new ScimError(400, `Required attribute ${missing} is missing`, 'invalidValue')
  }
  if (
    collection === 'Users' &&
    traits.deactivation === 'refused' &&
    /"active"/.test(text) &&
    method !== 'POST'
  )
    throw new ScimError(400, 'active cannot be changed', 'mutability')
  const operations = Array.isArray(body.Operations) ? body.Operations.filter(isObject) : []
  if (operations.length > (traits.operationsPerPatch ?? Number.POSITIVE_INFINITY))
    throw new ScimError(400, `At most ${traits.operationsPerPatch} operations`, 'tooMany')
  const members = operations.flatMap(({ value }) => (Array.isArray(value) ? value : []))
  const created = Array.isArray(body.members) ? body.members.length : 0
  if (collection === 'Groups' && Math.max(members.length, created) > membersPerPatch)
    throw new ScimError(400, `At most ${membersPerPatch} members in a request`, 'tooMany')
}

function hasValue(value: unknown, [name, ...rest]: readonly string[]): boolean {
  if (name === undefined) return value !== undefined && value !== null && value !== ''
  if (Array.isArray(value)) return value.some((one) => hasValue(one, [name, ...rest]))
  // Names of extensions have dots.
  return isObject(value) && (hasValue(value[name], rest) || hasValue(value[[name, ...rest].join('.')], []))
}

const altered = (reply: Reply, alter: (body: Record<string, unknown>) => Record<string, unknown>): Reply =>
  isObject(reply.body) ? { ...reply, body: alter(reply.body) } : reply

const emptied = ({ schemas }: Record<string, unknown>) => ({
  schemas,
  totalResults: 0,
  itemsPerPage: 0,
  startIndex: 1,
  Resources: [],
})

function asking(incoming: Incoming, name: string, value: string): Incoming {
  const query = new URLSearchParams(incoming.query)
  query.set(name, value)
  return { ...incoming, query }
}

function without(incoming: Incoming, name: string): Incoming {
  const query = new URLSearchParams(incoming.query)
  query.delete(name)
  return { ...incoming, query }
}
