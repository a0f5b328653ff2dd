import { type Incoming, isObject, type Reply, type Route } from '../http-types.ts'
import { parseFilter } from './filter.ts'
import { errorReply } from './reply.ts'
import { ScimError } from './schema.ts'
import type { Collection, Traits } from './traits.ts'
import { Answered, asWritten, checkWrite } from './write-traits.ts'

/** The routes of an app with these traits. */
export const withTraits = (routes: readonly Route[], traits: Traits, errorType: string): Route[] =>
  routes.map((route) => {
    const [, collection] = /\/(Users|Groups)(?:\/|$)/.exec(route.path) ?? []
    if (collection !== 'Users' && collection !== 'Groups') return route
    const isList = route.method === 'GET' && route.path.endsWith(collection)
    const run: Route['run'] = (incoming, id) => {
      checkWrite(traits, collection, incoming)
      const asked = asWritten(traits, collection, incoming, id)
      const reply = isList
        ? listed(traits, collection, asked, (one) => route.run(one, id))
        : route.run(asked, id)
      return traits.showsMembers === false && collection === 'Groups' ? withoutMembers(reply) : reply
    }
    const path = route.path.replace(`/${collection}`, traits.paths?.[collection] ?? `/${collection}`)
    return { ...route, path, run: (incoming, id) => answered(() => run(incoming, id), errorType) }
  })

/** The reply, or that of the error which stands in its place. */
function answered(run: () => Reply, errorType: string): Reply {
  try {
    return run()
  } catch (error) {
    if (error instanceof Answered) return error.reply
    if (error instanceof ScimError) return errorReply(error, errorType)
    throw error
  }
}

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

const altered = (reply: Reply, alter: (body: Record<string, unknown>) => Record<string, unknown>): Reply =>
  isObject(reply.body) ? { ...reply, body: alter(reply.body) } : reply

/** AWS IAM Identity Center shows groups without their members, one or a list of them. */
const withoutMembers = (reply: Reply): Reply =>
  altered(reply, ({ members: _, Resources: rows, ...body }) => ({
    ...body,
    ...(Array.isArray(rows) && { Resources: rows.map(({ members: _, ...row }) => row) }),
  }))

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
