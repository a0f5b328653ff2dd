import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Directory, Records } from '../directory.ts'
import type { Incoming } from '../http-types.ts'
import type { Held, Kind } from './kinds.ts'
import { type Operation, patched, type UnknownPaths, withPaths } from './patch.ts'
import type { Quirk } from './quirks.ts'
import { ScimError, take, type Values } from './schema.ts'

/** A completed change. */
export interface Change {
  done: 'created' | 'replaced' | 'updated' | 'deleted'
  what: Kind['what']
  /** User name or group name. */
  name: string
}

/** How the records of apps differ. */
export interface RecordDetails {
  /** The paths that a user PATCH supports; default: all; empty: no PATCH. */
  patchable?: readonly string[]
  /** What happens to an operation on an unknown attribute; default: `refused`. */
  unknownPaths?: UnknownPaths
  /** What DELETE does to a user; default: `removes`. */
  deletes?: 'removes' | 'deactivates'
  /** Records have versions, and writes support `If-Match`. */
  etags?: boolean
  /** Supports `attributes` and `excludedAttributes`. */
  projects?: boolean
  newId?: () => string
  /** Called after every change. */
  onChange?(change: Change, incoming: Incoming): void
}

/** Shows and changes the records of one kind. Each function throws a `ScimError` on failure. */
export function openRecords(kind: Kind, directory: Directory, details: RecordDetails) {
  const { what, shape, unique } = kind

  const show = (record: Held, incoming: Incoming, records: Records = directory): Values => {
    const shown = { schemas: schemasOf(what, record), ...kind.show(record, incoming, records) }
    const meta = { resourceType: what, ...(details.etags && { version: versionOf(record) }) }
    return projected({ ...shown, meta }, details.projects ? incoming.query : NO_QUERY)
  }

  const get = (id: string, records: Records = directory): Held => {
    const record = kind.all(records).get(id)
    if (!record) throw new ScimError(404, `Resource ${id} not found`)
    return record
  }

  const twinOf = (record: Values & { id?: string }) =>
    [...kind.all(directory).values()].find(
      (other) => other.id !== record.id && fold(other[unique]) === fold(record[unique]),
    )

  const save = (given: Held, done: Change['done'], incoming: Incoming): Held => {
    const before = kind.all(directory).get(given.id)
    const record = (kind.complete ?? ((one) => one))(withWriteQuirks(given, before, incoming))
    if (twinOf(record)) throw new ScimError(409, `${what} already exists`, 'uniqueness')
    kind.check?.(record)
    const deactivating = before?.active === true && record.active === false
    if (deactivating) guardOwner(record.id, incoming)
    if (deactivating && hasQuirk(incoming, 'deactivation-renames'))
      Object.assign(record, { userName: `gone-${record.id}`, emails: [] })
    if (hasQuirk(incoming, 'create-not-kept') && done === 'created') return record
    kind.put(record)
    if (deactivating && hasQuirk(incoming, 'deactivation-deletes')) kind.remove(record.id)
    details.onChange?.({ done, what, name: String(record[unique]) }, incoming)
    return record
  }

  /** Saves two more members, and then refuses the rest. */
  const saveMembers = (before: Held, group: Held, incoming: Incoming): Held => {
    const [held, members]: unknown[][] = [before.members, group.members].map((one) =>
      Array.isArray(one) ? one : [],
    )
    const most = (held ?? []).length + 2
    if ((members ?? []).length <= most) return save(group, 'updated', incoming)
    save({ ...group, members: (members ?? []).slice(0, most) }, 'updated', incoming)
    throw new ScimError(400, 'The member cannot be added', 'invalidValue')
  }

  // LaunchDarkly refuses to deactivate the owner of an account.
  const guardOwner = (id: string, incoming: Incoming) => {
    const [owner] = directory.users.keys()
    if (what === 'User' && id === owner && hasQuirk(incoming, 'owner-protected'))
      throw new ScimError(400, 'The owner of the account cannot be deactivated')
  }

  const checkVersion = ({ headers }: Incoming, record: Held) => {
    const wanted = headers['if-match']
    if (details.etags && wanted !== undefined && wanted !== '*' && wanted !== versionOf(record))
      throw new ScimError(412, 'Version mismatch')
  }

  return {
    show,
    get,
    create(incoming: Incoming, body: unknown): { record: Held; existed: boolean } {
      const given = take(shape, body, what)
      const twin = twinOf(given)
      if (twin && hasQuirk(incoming, 'create-upsert')) return { record: twin, existed: true }
      const id = details.newId?.() ?? crypto.randomUUID()
      return { record: save({ id, ...kind.fresh, ...given }, 'created', incoming), existed: false }
    },
    replace(incoming: Incoming, id: string, body: unknown): Held {
      checkVersion(incoming, get(id))
      return save({ id, ...take(shape, body, what) }, 'replaced', incoming)
    },
    patch(incoming: Incoming, id: string, operations: readonly Operation[]): Held {
      const before = get(id)
      checkVersion(incoming, before)
      if (what === 'User') refuseUnpatchable(details.patchable, operations)
      const unknown = hasQuirk(incoming, 'patch-path-ignored') ? 'ignored' : details.unknownPaths
      const base = hasQuirk(incoming, 'patch-replaces-objects') ? emptied(shape, before, operations) : before
      const after: Held = { ...patched(shape, base, operations, unknown), id }
      if (hasQuirk(incoming, 'patch-no-op-refused') && isDeepStrictEqual(after, { ...before }))
        throw new ScimError(400, 'No change in request', 'invalidValue')
      const adds = operations.some(({ op, path }) => op === 'add' && path?.toLowerCase() === 'members')
      if (adds && hasQuirk(incoming, 'member-add-drops'))
        after.members = firstHundred(before.members, after.members)
      if (hasQuirk(incoming, 'members-one-by-one')) return saveMembers(before, after, incoming)
      return save(after, 'updated', incoming)
    },
    remove(incoming: Incoming, id: string): void {
      const record = get(id)
      checkVersion(incoming, record)
      guardOwner(id, incoming)
      const softDeletes = details.deletes === 'deactivates' || hasQuirk(incoming, 'delete-deactivates')
      if (what === 'User' && softDeletes) {
        save({ ...record, active: false }, 'updated', incoming)
        return
      }
      kind.remove(id)
      details.onChange?.({ done: 'deleted', what, name: String(record[unique]) }, incoming)
    },
  }
}

const hasQuirk = ({ quirks }: Incoming, quirk: Quirk): boolean => quirks?.has(quirk) ?? false

const fold = (value: unknown) => String(value).toLowerCase()

/** The record to save, after the quirks of this request. */
function withWriteQuirks(record: Held, before: Held | undefined, incoming: Incoming): Held {
  const lowered: Held =
    hasQuirk(incoming, 'lower-cases') && typeof record.userName === 'string'
      ? { ...record, userName: record.userName.toLowerCase() }
      : record
  const kept: Held = before && hasQuirk(incoming, 'title-lost') ? { ...lowered, title: undefined } : lowered
  return hasQuirk(incoming, 'active-ignored') && before ? { ...kept, active: before.active } : kept
}

/** Refuses paths that the app does not patch: stitchflow.com's Mindtickle guide calls its PATCH incomplete. */
function refuseUnpatchable(paths: readonly string[] | undefined, operations: readonly Operation[]): void {
  const other = operations.flatMap(withPaths).find(({ path }) => !(paths?.includes(path) ?? true))
  if (other) throw new ScimError(501, `PATCH of ${other.path} is not supported`)
}

/** The record without the objects that an operation without a path sets anew. */
function emptied(shape: Kind['shape'], record: Held, operations: readonly Operation[]): Held {
  const set = operations.filter(({ path }) => path === undefined).flatMap(withPaths)
  const objects = set.filter(({ path }) => shape[path]?.type === 'object').map(({ path }) => path)
  return { ...record, ...Object.fromEntries(objects.map((path) => [path, undefined])) }
}

// FusionAuth/fusionauth-issues#2784: an add kept only the first page of the existing members.
function firstHundred(before: unknown, after: unknown): unknown[] {
  const [held, all]: unknown[][] = [before, after].map((one) => (Array.isArray(one) ? one : []))
  const added = (all ?? []).slice((held ?? []).length)
  return [...(held ?? []).slice(0, 100), ...added]
}

const schemasOf = (what: Kind['what'], record: Held) => [
  `urn:ietf:params:scim:schemas:core:2.0:${what}`,
  ...Object.keys(record).filter((name) => name.startsWith('urn:')),
]

/** The version of a record (RFC 7643, 3.1): a hash of its content. */
const versionOf = (record: Held) =>
  `W/"${createHash('sha256').update(JSON.stringify(record)).digest('hex').slice(0, 16)}"`

const NO_QUERY = new URLSearchParams()

/** The record reduced by `attributes` and `excludedAttributes` (RFC 7644, 3.4.2.5). */
function projected(record: Values, query: URLSearchParams): Values {
  const list = (name: string) =>
    query
      .get(name)
      ?.split(',')
      .map((one) => fold(one.trim().split('.')[0]))
  const [wanted, unwanted] = [list('attributes'), list('excludedAttributes')]
  if (!wanted && !unwanted) return record
  const kept = Object.entries(record).filter(
    ([name]) =>
      name === 'id' ||
      name === 'schemas' ||
      ((wanted?.includes(fold(name)) ?? true) && !unwanted?.includes(fold(name))),
  )
  return Object.fromEntries(kept)
}
