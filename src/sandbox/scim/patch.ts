import { isObject } from '../http-types.ts'
import { scimFilter } from './filter.ts'
import { type Attribute, lookUp, ScimError, type Shape, take, takeValue, type Values } from './schema.ts'

/** An operation of a PATCH body (RFC 7644, 3.5.2). */
export interface Operation {
  op: 'add' | 'remove' | 'replace'
  path?: string
  value?: unknown
}

const PATCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

/** The operations of a PATCH body. `schemas` may be missing, as in stitchflow.com's Netskope API guide. */
export function readOperations(body: unknown): Operation[] {
  const { schemas, Operations: operations } = isObject(body) ? body : {}
  if (schemas !== undefined && !(Array.isArray(schemas) && schemas.includes(PATCH_SCHEMA))) {
    throw new ScimError(400, `schemas of a PATCH must hold ${PATCH_SCHEMA}`, 'invalidSyntax')
  }
  if (!Array.isArray(operations) || operations.length === 0 || !operations.every(isOperation)) {
    throw new ScimError(400, 'Operations must be a list of add, remove or replace', 'invalidSyntax')
  }
  return operations
}

const isOperation = (one: unknown): one is Operation =>
  isObject(one) &&
  (one.op === 'add' || one.op === 'remove' || one.op === 'replace') &&
  (one.path === undefined || typeof one.path === 'string') &&
  (one.op === 'remove' || one.value !== undefined)

export type UnknownPaths = 'refused' | 'ignored'

/** A copy of `record` with the operations applied: all of them, or none if one throws. */
export function patched(
  shape: Shape,
  record: Values,
  operations: readonly Operation[],
  unknown: UnknownPaths = 'refused',
): Values {
  const result = structuredClone(record)
  for (const { op, path, value } of operations.flatMap(withPaths)) {
    const target = locate(shape, path)
    if (!target) {
      if (unknown === 'refused') throw new ScimError(400, `Unsupported path: ${path}`, 'invalidPath')
    } else if ('select' in target) applySelected(result, op, target, value)
    else applyPlain(result, op, target, value)
  }
  return result
}

/** The same operation with a path; without one, it becomes one operation for each attribute of its value. */
export function withPaths({ op, path, value }: Operation): (Operation & { path: string })[] {
  if (path !== undefined) return [{ op, path, value }]
  if (op === 'remove') throw new ScimError(400, 'A remove needs a path', 'noTarget')
  if (!isObject(value)) throw new ScimError(400, 'Without a path the value must be an object', 'invalidValue')
  return Object.entries(value)
    .filter(([name]) => name !== 'schemas')
    .map(([name, part]) => ({ op, path: name, value: part }))
}

interface PlainTarget {
  /** Name of the object that contains the attribute; default: the record itself. */
  within?: string
  name: string
  attribute: Attribute
}
interface SelectedTarget {
  name: string
  of: Shape
  select: (item: Values) => boolean
  sub?: { name: string; attribute: Attribute }
}

/** Finds `attribute`, `attribute.sub`, `urn:…:User:attribute`, `list[filter]` or `list[filter].sub`. */
function locate(shape: Shape, path: string): PlainTarget | SelectedTarget | undefined {
  const [, list, filter, after] = /^([\w$]+)\[(.*)\](?:\.([\w$]+))?$/.exec(path) ?? []
  const [outer, inner] = splitPath(shape, path)
  const found = lookUp(shape, list ?? outer ?? '')
  if (!found) return undefined
  if (list !== undefined && filter !== undefined) {
    if (found.attribute.type !== 'list') return undefined
    const sub = after === undefined ? undefined : lookUp(found.attribute.of, after)
    if (after !== undefined && !sub) return undefined
    const { of } = found.attribute
    return { name: found.name, of, select: scimFilter(filter, of, true), ...(sub && { sub }) }
  }
  if (inner === undefined) return found
  const sub = found.attribute.type === 'object' ? lookUp(found.attribute.of, inner) : undefined
  return sub && { within: found.name, ...sub }
}

/** The attribute and, if any, the sub-attribute. Extension names contain dots and colons. */
function splitPath(shape: Shape, path: string): string[] {
  const extension = Object.keys(shape).find(
    (name) => name.startsWith('urn:') && path.toLowerCase().startsWith(`${name.toLowerCase()}:`),
  )
  if (extension !== undefined) return [extension, path.slice(extension.length + 1)]
  return path.startsWith('urn:') ? [path] : path.split('.', 2)
}

function applyPlain(record: Values, op: Operation['op'], target: PlainTarget, value: unknown): void {
  const { within } = target
  if (within === undefined) {
    setPlain(record, op, target, value)
    return
  }
  const part = isObject(record[within]) ? record[within] : {}
  setPlain(part, op, target, value)
  if (Object.keys(part).length > 0) record[within] = part
  else delete record[within]
}

function setPlain(held: Values, op: Operation['op'], { name, attribute }: PlainTarget, value: unknown): void {
  if (op === 'remove' && !(attribute.type === 'list' && value !== undefined)) {
    if (attribute.required) throw new ScimError(400, `${name} is required`, 'invalidValue')
    delete held[name]
    return
  }
  const given = takeValue(attribute, value, name)
  if (attribute.required && given === '') throw new ScimError(400, `${name} is required`, 'invalidValue')
  if (attribute.type === 'texts' && op === 'add') held[name] = union(held[name], given)
  else if (attribute.type === 'list') held[name] = combineItems(op, itemsOf(held[name]), itemsOf(given))
  else if (attribute.type === 'object' && isObject(held[name])) Object.assign(held[name], given)
  else held[name] = given
}

/** Netskope and Entra remove by a list of values, which RFC 7644 does not define. */
function combineItems(op: Operation['op'], held: Values[], given: Values[]): Values[] {
  if (op === 'replace') return given
  const others = held.filter((item) => !given.some(({ value }) => value === item.value))
  return op === 'remove' ? others : [...others, ...given]
}

function applySelected(
  record: Values,
  op: Operation['op'],
  { name, of, select, sub }: SelectedTarget,
  value: unknown,
): void {
  const items = itemsOf(record[name])
  if (op === 'remove') {
    if (sub) for (const item of items.filter(select)) delete item[sub.name]
    else record[name] = items.filter((item) => !select(item))
    return
  }
  if (!items.some(select)) throw new ScimError(400, `No item of ${name} is selected`, 'noTarget')
  record[name] = items.map((item) => {
    if (!select(item)) return item
    return sub ? { ...item, [sub.name]: takeValue(sub.attribute, value, sub.name) } : take(of, value, name)
  })
}

const itemsOf = (value: unknown): Values[] => (Array.isArray(value) ? value.filter(isObject) : [])

const union = (held: unknown, given: unknown) => [
  ...new Set([held, given].flatMap((texts) => (Array.isArray(texts) ? texts : []))),
]
