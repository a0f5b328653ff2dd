import { type Incoming, isObject, parseJson, type Reply } from '../http-types.ts'
import { uuidOf } from '../people.ts'
import { ScimError } from './schema.ts'
import type { Collection, Traits } from './traits.ts'

/** Thrown by a write that is answered without being made. */
export class Answered extends Error {
  readonly reply: Reply
  constructor(reply: Reply) {
    super('answered')
    this.reply = reply
  }
}

/** Throws a `ScimError` for a write that the app does not take. */
export function checkWrite(traits: Traits, collection: Collection, incoming: Incoming): void {
  const { method, headers, text } = incoming
  const { userMethods, contentType } = traits
  if (collection === 'Users' && userMethods && !userMethods.includes(method))
    throw new ScimError(501, `${method} is not supported`)
  const body = parseJson(text)
  if (!isObject(body)) return
  if (contentType && headers['content-type']?.split(';')[0] !== contentType)
    throw new ScimError(415, `The body must be ${contentType}`)
  const operations = operationsIn(body)
  if (operations.length > (traits.operationsPerPatch ?? Number.POSITIVE_INFINITY))
    throw new ScimError(400, `At most ${traits.operationsPerPatch} operations`, 'tooMany')
  if (collection === 'Users') checkUser(traits, method, body, text)
  else checkMembers(traits, body)
}

function checkUser(
  { requires = [], hides = [], deactivation, patchForm }: Traits,
  method: string,
  body: Record<string, unknown>,
  text: string,
): void {
  if (method === 'POST') {
    const missing = requires.find((name) => !hasValue(body, name.split('.')))
    if (missing) throw new ScimError(400, `Required attribute ${missing} is missing`, 'invalidValue')
    if (hides.some((name) => name === body.userName))
      throw new ScimError(409, 'User already exists', 'uniqueness')
    return
  }
  if (deactivation === 'refused' && /"active"/.test(text))
    throw new ScimError(400, 'active cannot be changed', 'mutability')
  if (patchForm === 'path' && operationsIn(body).some(({ path }) => typeof path !== 'string'))
    throw new ScimError(400, 'An operation needs a path', 'invalidPath')
}

function checkMembers({ membersPerPatch, memberRemoval }: Traits, body: Record<string, unknown>): void {
  const operations = operationsIn(body)
  const most = membersPerPatch ?? Number.POSITIVE_INFINITY
  const members = operations.flatMap(({ path, value }) =>
    Array.isArray(value) ? value : isOneMember(path) ? [path] : [],
  )
  const created = Array.isArray(body.members) ? body.members.length : 0
  if (Math.max(members.length, created) > most)
    throw new ScimError(400, `At most ${most} members in a request`, 'tooMany')
  const other = operations.some(
    ({ op, path }) => op === 'remove' && isOneMember(path) === (memberRemoval === 'array'),
  )
  if (memberRemoval && other)
    throw new ScimError(400, `Members cannot be removed in this form`, 'invalidPath')
}

/** The write as the app makes it. Throws `Answered` where it makes nothing of it. */
export function asWritten(
  { changes, staysActive = [] }: Traits,
  collection: Collection,
  incoming: Incoming,
  id: string,
): Incoming {
  if (collection !== 'Users' || !['PATCH', 'PUT'].includes(incoming.method)) return incoming
  const stays = staysActive.some((email) => uuidOf(`scim user ${email}`) === id)
  const asked: Incoming = stays
    ? { ...incoming, quirks: new Set([...(incoming.quirks ?? []), 'active-ignored' as const]) }
    : incoming
  const body = parseJson(asked.text)
  if (!changes || asked.method !== 'PATCH' || !isObject(body)) return asked
  const operations = operationsIn(body)
  const made = operations.filter((one) => namesIn(one).every((name) => changes.paths.includes(name)))
  if (made.length === operations.length) return asked
  if (changes.others === 'refused') throw new ScimError(400, 'This change is not supported', 'mutability')
  if (made.length === 0) throw new Answered({ status: 204 })
  return { ...asked, text: JSON.stringify({ ...body, Operations: made }) }
}

const operationsIn = ({ Operations: operations }: Record<string, unknown>): Record<string, unknown>[] =>
  Array.isArray(operations) ? operations.filter(isObject) : []

/** The attributes that an operation sets. */
const namesIn = ({ path, value }: Record<string, unknown>): string[] =>
  typeof path === 'string' ? [path] : isObject(value) ? Object.keys(value) : []

const isOneMember = (path: unknown): boolean => typeof path === 'string' && path.startsWith('members[')

function hasValue(value: unknown, [name, ...rest]: readonly string[]): boolean {
  if (name === undefined) return value !== undefined && value !== null && value !== ''
  if (Array.isArray(value)) return value.some((one) => hasValue(one, [name, ...rest]))
  // Names of extensions have dots.
  return isObject(value) && (hasValue(value[name], rest) || hasValue(value[[name, ...rest].join('.')], []))
}
