import type { AccountFields, RequestContext } from '../../domain/operations.ts'
import { InvalidInput, Unsupported } from '../../errors.ts'
import { asBoolean, asList, asText, field } from '../http/values.ts'
import { readBody } from './config.ts'
import { withMadeNames } from './create.ts'
import { STANDARD_FIELDS } from './fields.ts'
import { CORE } from './read.ts'
import type { ScimApp } from './request.ts'

/**
 * Throws, naming each field, if a new account lacks what the app requires. The app's `/Schemas` are read for it at most
 * once a day; what they do not tell is left to the app.
 */
export async function checkNeeds(
  app: ScimApp,
  fields: AccountFields,
  context: RequestContext,
): Promise<void> {
  const needs = app.settings.createNeeds ?? (await declaredNeeds(app, context))
  const { custom, ...named } = withMadeNames(app, fields)
  const given: Readonly<Record<string, unknown>> = { ...custom, ...named }
  const isGiven = (name: string) => Object.hasOwn(given, name) && given[name] !== ''
  const missing = needs.filter((name) => !isGiven(name))
  const unknown = missing.filter((name) => !canBeGiven(app, name))
  if (unknown.length > 0) {
    throw new Unsupported(
      `The app makes no account without ${unknown.join(', ')}, which cannot be set here.`,
      'A person can create the account in the app’s console.',
    )
  }
  if (missing.length > 0) {
    throw new InvalidInput(
      `The app makes no account without: ${missing.join(', ')}.`,
      'Ask for the values and give them in `attributes`.',
    )
  }
}

/** Whether a new account can be given this field. */
export const canBeGiven = (
  { mapping, attributeNames = [] }: Pick<ScimApp, 'mapping' | 'attributeNames'>,
  name: string,
): boolean =>
  (mapping?.takes ?? STANDARD_FIELDS).some((one) => one === name && one !== 'custom') ||
  attributeNames.includes(name)

const KEY = 'scim.createNeeds'
const DAY_MS = 24 * 60 * 60_000

async function declaredNeeds(app: ScimApp, context: RequestContext): Promise<readonly string[]> {
  if (!app.isGeneric) return []
  const kept = await app.memory.get<string[]>(KEY)
  if (kept) return kept
  const schemas = await readBody(app, { path: '/Schemas' }, context)
  const needs = needsIn(schemas)
  await app.memory.set(KEY, needs, DAY_MS)
  return needs
}

/** The fields that the schema of users declares as required (RFC 7643 §7). */
export function needsIn(schemas: unknown): string[] {
  const all = asList(field(schemas, 'Resources')) ?? asList(schemas) ?? []
  const user = all.find((one) => asText(field(one, 'id'))?.toLowerCase() === CORE.toLowerCase())
  return [...new Set(requiredIn(field(user, 'attributes')).flatMap(fieldsFor))]
}

interface Required {
  name: string
  parts: readonly string[]
}

const requiredIn = (attributes: unknown): Required[] =>
  (asList(attributes) ?? []).flatMap((attribute) => {
    const name = asText(field(attribute, 'name'), 64)
    const isSet = asText(field(attribute, 'mutability'))?.toLowerCase() !== 'readonly'
    if (!name || !isSet || asBoolean(field(attribute, 'required')) !== true) return []
    return [{ name, parts: requiredIn(field(attribute, 'subAttributes')).map((part) => part.name) }]
  })

const FIELD_OF: ReadonlyMap<string, string> = new Map([
  ['emails', 'email'],
  ['phoneNumbers', 'phone'],
  ['roles', 'role'],
  ['active', 'status'],
  ['formatted', 'formattedName'],
])

/** The names here of a required attribute. A required name without required parts is made of the parts that are given. */
const fieldsFor = ({ name, parts }: Required): string[] =>
  (name === 'name' ? parts : [name]).map((one) => FIELD_OF.get(one) ?? one)
