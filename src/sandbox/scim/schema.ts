import { isObject } from '../http-types.ts'

/** A SCIM error (RFC 7644, 3.12). */
export class ScimError extends Error {
  readonly status: number
  readonly scimType: string | undefined

  constructor(status: number, detail: string, scimType?: string) {
    super(detail)
    this.status = status
    this.scimType = scimType
  }
}

/** An attribute or a sub-attribute of a record. */
export type Attribute = {
  required?: true
  /** Its name is case-sensitive. */
  exactName?: true
} & (
  | {
      type: 'string' | 'boolean'
      /** Lists support filters by it. */
      filter?: true
      /** Its value is case-sensitive. */
      exact?: true
      oneOf?: readonly string[] | undefined
    }
  | { type: 'texts'; oneOf?: readonly string[] | undefined }
  | { type: 'object' | 'list'; of: Shape }
)
export type Shape = Readonly<Record<string, Attribute>>
export type Values = Record<string, unknown>

export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

const TEXT = { type: 'string' } as const
export const ID = { type: 'string', filter: true, exact: true } as const

/** The user attributes of RFC 7643 that matter here. Each app uses a part of them. */
export const USER = {
  externalId: ID,
  userName: { type: 'string', filter: true, required: true },
  active: { type: 'boolean', filter: true },
  name: { type: 'object', of: { givenName: TEXT, familyName: TEXT } },
  displayName: { type: 'string', filter: true },
  title: TEXT,
  emails: {
    type: 'list',
    of: {
      type: TEXT,
      value: { type: 'string', filter: true, required: true },
      primary: { type: 'boolean' },
    },
  },
  phoneNumbers: { type: 'list', of: { type: TEXT, value: { type: 'string', required: true } } },
  userType: TEXT,
  timezone: TEXT,
  locale: TEXT,
  roles: { type: 'list', of: { value: { type: 'string', required: true }, display: TEXT } },
  [ENTERPRISE]: {
    type: 'object',
    of: { department: TEXT, manager: { type: 'object', of: { value: TEXT, displayName: TEXT } } },
  },
} as const satisfies Shape

export const GROUP = {
  externalId: ID,
  displayName: { type: 'string', filter: true, required: true },
  members: { type: 'list', of: { value: { type: 'string', exact: true, required: true } } },
} as const satisfies Shape

/** Finds an attribute by name, ignoring letter case (RFC 7643, 2.1) unless it has `exactName`. */
export function lookUp(shape: Shape, name: string): { name: string; attribute: Attribute } | undefined {
  const found = Object.entries(shape).find(
    ([known, { exactName }]) => known === name || (!exactName && known.toLowerCase() === name.toLowerCase()),
  )
  return found && { name: found[0], attribute: found[1] }
}

/** The attributes of `given` that are in `shape`; drops the rest, as SCIM servers do. */
export function take(shape: Shape, given: unknown, what: string): Values {
  const taken = takePart(shape, given, what)
  for (const [name, { required }] of Object.entries(shape)) {
    if (required && (taken[name] === undefined || taken[name] === ''))
      throw invalidValue(`${name} of ${what} is required`)
  }
  return taken
}

/** Like `take`, for a part of a record, where nothing is required. */
export function takePart(shape: Shape, given: unknown, what: string): Values {
  if (!isObject(given)) throw invalidValue(`${what} must be an object`)
  const taken: Values = {}
  for (const [key, value] of Object.entries(given)) {
    const known = lookUp(shape, key)
    if (known && value !== null) taken[known.name] = takeValue(known.attribute, value, known.name)
  }
  return taken
}

/** The checked value of an attribute. */
export function takeValue(attribute: Attribute, value: unknown, name: string): unknown {
  if ('of' in attribute) {
    if (attribute.type === 'object') return takePart(attribute.of, value, name)
    const items = Array.isArray(value) ? value : [value]
    return items.map((item: unknown) => take(attribute.of, item, name))
  }
  const { type, oneOf } = attribute
  const texts: unknown[] = type === 'texts' && Array.isArray(value) ? value : [value]
  const wanted = type === 'texts' ? 'string' : type
  if (!texts.every((text) => typeof text === wanted)) throw invalidValue(`${name} must be a ${wanted}`)
  if (oneOf && !texts.every((text) => oneOf.some((one) => one === text)))
    throw invalidValue(`${name} value is not valid`)
  return type === 'texts' ? texts : value
}

const invalidValue = (detail: string) => new ScimError(400, detail, 'invalidValue')
