import type { Directory, Records } from './directory.ts'
import type { Incoming, Reply, Route } from './http-types.ts'
import { serviceProviderConfig } from './scim/config.ts'
import { resourceTypes, schemasOf } from './scim/discovery.ts'
import { groupKind, type Kind, type MembersShown, type UserDetails, userKind } from './scim/kinds.ts'
import { type ListDetails, listPage } from './scim/list.ts'
import { readOperations } from './scim/patch.ts'
import { openRecords, type RecordDetails } from './scim/records.ts'
import { bodyOf, errorReply, scimReply } from './scim/reply.ts'
import { ID, ScimError, type Values } from './scim/schema.ts'
import type { Traits } from './scim/traits.ts'

/** How the SCIM services of apps differ. */
export interface ScimDetails extends ListDetails, UserDetails, RecordDetails {
  /** The base path, for instance `/api/v2/scim`. */
  base: string
  /** The media type of errors. */
  errorType: string
  patchReply: Record<Kind['what'], 'empty' | 'resource'>
  /** The methods that groups support; default: all. */
  groups?: readonly Method[]
  /** When groups show their members; default: `asked`. */
  members?: MembersShown
  /** How it says that it pages; default: it says nothing. */
  paging?: Traits['paging']
  /** Whether it has `Schemas` and `ResourceTypes`. */
  discovery?: boolean
  /** The answer if the name is taken; default: a SCIM error. */
  conflict?: Reply
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
export type Method = (typeof METHODS)[number]

/** The routes of a SCIM 2.0 service (RFC 7644) over `directory`. */
export function scimRoutes(directory: Directory, details: ScimDetails): Route[] {
  const { base, etags = false, groups = METHODS, patchable, members = 'asked' } = details
  const config = serviceProviderConfig(details.largestCount, {
    patch: patchable?.length !== 0,
    etag: etags,
    paging: details.paging,
  })
  const groupRoutes = kindRoutes(groupKind(directory, members), directory, details)
  return [
    ...kindRoutes(userKind(directory, details), directory, details),
    ...groupRoutes.filter(({ method }) => groups.some((known) => known === method)),
    { method: 'GET', path: `${base}/ServiceProviderConfig`, run: () => scimReply(200, config) },
    ...(details.discovery ? discoveryRoutes(details, groups.length > 0) : []),
  ]
}

function kindRoutes(kind: Kind, directory: Directory, details: ScimDetails): Route[] {
  const { show, ...records } = openRecords(kind, directory, details)
  const shown = (status: number, record: Parameters<typeof show>[0], incoming: Incoming, seen?: Records) =>
    versioned(scimReply(status, show(record, incoming, seen)))

  const list = (incoming: Incoming) => {
    const seen = seenBy(directory, incoming)
    const all = [...kind.all(seen).values()]
    const rows = incoming.quirks?.has('inactive-unlisted')
      ? all.filter(({ active }) => active !== false)
      : all
    const page = listPage(incoming.query, rows, { ...kind.shape, id: ID }, details, (row) =>
      show(row, incoming, seen),
    )
    return scimReply(200, page)
  }
  const read = (incoming: Incoming, id: string) => {
    const seen = seenBy(directory, incoming)
    return shown(200, records.get(id, seen), incoming, seen)
  }
  const create = (incoming: Incoming) => {
    const { record, existed } = records.create(incoming, bodyOf(incoming))
    return shown(existed ? 200 : 201, record, incoming)
  }
  const replace = (incoming: Incoming, id: string) => {
    records.get(id)
    return shown(200, records.replace(incoming, id, bodyOf(incoming)), incoming)
  }
  const patch = (incoming: Incoming, id: string) => {
    const record = records.patch(incoming, id, readOperations(bodyOf(incoming)))
    return details.patchReply[kind.what] === 'empty' ? { status: 204 } : shown(200, record, incoming)
  }
  const remove = (incoming: Incoming, id: string) => {
    records.remove(incoming, id)
    return { status: 204 }
  }

  const all = details.base + kind.path
  const one = `${all}/:id`
  const routes: Route[] = [
    { method: 'GET', path: all, run: list },
    { method: 'POST', path: all, run: create },
    { method: 'GET', path: one, run: read },
    { method: 'PUT', path: one, run: replace },
    { method: 'PATCH', path: one, run: patch },
    { method: 'DELETE', path: one, run: remove },
  ]
  return routes.map((route) => ({ ...route, run: withScimErrors(route.run, details) }))
}

function discoveryRoutes({ base, user, errorType }: ScimDetails, groups: boolean): Route[] {
  const whole = { defaultCount: 100, largestCount: 100, startIndexAsText: false, leavesOutEmpty: false }
  const resources = { Schemas: schemasOf(user), ResourceTypes: resourceTypes(user, groups) }
  return Object.entries(resources).flatMap(([name, rows]): Route[] => [
    {
      method: 'GET',
      path: `${base}/${name}`,
      run: () =>
        scimReply(
          200,
          listPage(new URLSearchParams(), rows, {}, whole, (row) => row),
        ),
    },
    {
      method: 'GET',
      path: `${base}/${name}/:id`,
      run(_, id) {
        const found = rows.find((row) => row.id === id)
        return found
          ? scimReply(200, found)
          : errorReply(new ScimError(404, `Resource ${id} not found`), errorType)
      },
    },
  ])
}

/** The records that this request sees: current ones, or past ones for `asOf`. */
const seenBy = (directory: Directory, { asOf }: Incoming): Records =>
  asOf === undefined ? directory : directory.asOf(asOf)

/** Adds the `ETag` header if the resource has a version. */
function versioned(reply: Reply & { body?: Values }): Reply {
  const { meta } = (reply.body ?? {}) as { meta?: { version?: string } } // `show` made the body
  return meta?.version === undefined ? reply : { ...reply, headers: { etag: meta.version } }
}

const withScimErrors =
  (run: Route['run'], { errorType, conflict }: ScimDetails) =>
  (incoming: Incoming, id: string): Reply => {
    try {
      return run(incoming, id)
    } catch (error) {
      if (error instanceof ScimError)
        return (error.status === 409 && conflict) || errorReply(error, errorType)
      throw error
    }
  }
