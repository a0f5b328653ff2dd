import type { Directory, Records } from './directory.ts'
import type { Incoming, Reply, Route } from './exchange.ts'
import { serviceProviderConfig } from './scim/config.ts'
import { groupKind, type Held, type Kind, userKind } from './scim/kinds.ts'
import { type ListDetails, listPage } from './scim/list.ts'
import { patched, readOperations } from './scim/patch.ts'
import { bodyOf, errorReply, scimReply } from './scim/reply.ts'
import { ID, ScimError, type Shape, take } from './scim/schema.ts'

/** How one app's SCIM differs from the next one's. */
export interface ScimDetails extends ListDetails {
  /** Where it is, for instance `/api/v2/scim`. */
  base: string
  /** What the app knows of a user; it drops the rest. */
  user: Shape
  /** Media type of errors. */
  errorType: string
  patchReply: 'empty' | 'resource'
  /** Told of every change that was made. */
  onChange(change: Change, incoming: Incoming): void
}

export interface Change {
  done: 'created' | 'replaced' | 'updated' | 'deleted'
  what: Kind['what']
  /** User name, or name of the group. */
  name: string
}

/** The routes of a SCIM 2.0 service (RFC 7644) over `directory`. */
export function scimRoutes(directory: Directory, details: ScimDetails): Route[] {
  const describe = () => scimReply(200, serviceProviderConfig(details.largestCount))
  return [
    ...kindRoutes(userKind(directory, details.user), directory, details),
    ...kindRoutes(groupKind(directory), directory, details),
    { method: 'GET', path: `${details.base}/ServiceProviderConfig`, run: describe },
  ]
}

function kindRoutes(kind: Kind, directory: Directory, details: ScimDetails): Route[] {
  const { what, shape, unique } = kind

  const show = (record: Held, incoming: Incoming, records: Records = directory) => ({
    schemas: schemasOf(what, record),
    ...kind.show(record, incoming, records),
    meta: { resourceType: what },
  })

  const get = (id: string, records: Records = directory): Held => {
    const record = kind.all(records).get(id)
    if (!record) throw new ScimError(404, `Resource ${id} not found`)
    return record
  }

  const save = (record: Held, done: Change['done'], incoming: Incoming) => {
    for (const other of kind.all(directory).values()) {
      if (other.id !== record.id && fold(other[unique]) === fold(record[unique])) {
        throw new ScimError(409, `${what} already exists`, 'uniqueness')
      }
    }
    kind.check?.(record)
    kind.put(record)
    details.onChange({ done, what, name: String(record[unique]) }, incoming)
    return show(record, incoming)
  }

  const list = (incoming: Incoming) => {
    const records = seen(directory, incoming)
    const rows = [...kind.all(records).values()]
    const page = listPage(incoming.query, rows, { ...shape, id: ID }, details, (row) =>
      show(row, incoming, records),
    )
    return scimReply(200, page)
  }
  const read = (incoming: Incoming, id: string) => {
    const records = seen(directory, incoming)
    return scimReply(200, show(get(id, records), incoming, records))
  }
  const create = (incoming: Incoming) => {
    const given = take(shape, bodyOf(incoming), what)
    return scimReply(201, save({ id: crypto.randomUUID(), ...kind.fresh, ...given }, 'created', incoming))
  }
  const replace = (incoming: Incoming, id: string) => {
    get(id)
    return scimReply(200, save({ id, ...take(shape, bodyOf(incoming), what) }, 'replaced', incoming))
  }
  const patch = (incoming: Incoming, id: string) => {
    const record = { ...patched(shape, get(id), readOperations(bodyOf(incoming))), id }
    const shown = save(record, 'updated', incoming)
    return details.patchReply === 'empty' ? { status: 204 } : scimReply(200, shown)
  }
  const remove = (incoming: Incoming, id: string) => {
    const name = String(get(id)[unique])
    kind.remove(id)
    details.onChange({ done: 'deleted', what, name }, incoming)
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
  return routes.map((route) => ({ ...route, run: inScim(route.run, details.errorType) }))
}

const fold = (value: unknown) => String(value).toLowerCase()

/** The records as this request is to see them. */
const seen = (directory: Directory, { asOf }: Incoming): Records =>
  asOf === undefined ? directory : directory.asOf(asOf)

const schemasOf = (what: Kind['what'], record: Held) => [
  `urn:ietf:params:scim:schemas:core:2.0:${what}`,
  ...Object.keys(record).filter((name) => name.startsWith('urn:')),
]

const inScim =
  (run: Route['run'], errorType: string) =>
  (incoming: Incoming, id: string): Reply => {
    try {
      return run(incoming, id)
    } catch (error) {
      if (error instanceof ScimError) return errorReply(error, errorType)
      throw error
    }
  }
