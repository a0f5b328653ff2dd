import schema from '../domain/ocsf-schema.json' with { type: 'json' }

interface Attribute {
  required?: boolean
  type: string
  object?: string
  array?: boolean
  values?: number[]
}
interface Shape {
  attributes: Record<string, Attribute>
  constraints?: { at_least_one?: string[]; just_one?: string[] }
}

const classes = schema.classes as unknown as Record<string, Shape>
const objects = schema.objects as unknown as Record<string, Shape>
const TYPES: Record<string, (value: unknown) => boolean> = {
  string_t: (value) => typeof value === 'string',
  integer_t: Number.isInteger,
  long_t: Number.isInteger,
  boolean_t: (value) => typeof value === 'boolean',
  json_t: () => true,
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
}

/** What the published schema of OCSF says against an event: nothing, for a valid one. */
export function ocsfFaults(event: Record<string, unknown>): string[] {
  const { class_uid, activity_id, type_uid, metadata, time } = event as Record<string, number> & {
    metadata?: { version?: unknown }
  }
  const shape = classes[String(class_uid)]
  if (!shape) return [`there is no class ${class_uid}`]
  return [
    ...faultsIn(event, shape, ''),
    ...(type_uid === (class_uid ?? 0) * 100 + (activity_id ?? 0)
      ? []
      : ['type_uid: not of class and activity']),
    ...(metadata?.version === schema.version ? [] : ['metadata.version: another one']),
    // timestamp_t is in milliseconds since 1970.
    ...((time ?? 0) > 1e12 ? [] : ['time: no milliseconds']),
  ]
}

function faultsIn(value: Record<string, unknown>, { attributes, constraints }: Shape, at: string): string[] {
  const names = Object.keys(value)
  const { at_least_one: some } = constraints ?? {}
  return [
    ...Object.entries(attributes).flatMap(([name, { required }]) =>
      required && value[name] === undefined ? [`${at}${name}: missing`] : [],
    ),
    ...(some && !some.some((name) => names.includes(name)) ? [`${at}: none of ${some.join(', ')}`] : []),
    ...names.flatMap((name) => {
      const attribute = attributes[name]
      return attribute ? faultsOf(value[name], attribute, at + name) : [`${at}${name}: unknown`]
    }),
  ]
}

function faultsOf(
  value: unknown,
  { type, object = '', array = false, values }: Attribute,
  at: string,
): string[] {
  if (array) {
    if (!Array.isArray(value)) return [`${at}: no list`]
    return value.flatMap((one, index) =>
      faultsOf(one, { type, object, ...(values && { values }) }, `${at}[${index}]`),
    )
  }
  if (!TYPES[type]?.(value)) return [`${at}: not ${type}`]
  if (values && !values.includes(value as number)) return [`${at}: ${value} is no value of it`]
  const shape = objects[object]
  // Others that the schema has are not written.
  if (type === 'object' && object !== 'object' && !shape) return [`${at}: not checked`]
  return shape ? faultsIn(value as Record<string, unknown>, shape, `${at}.`) : []
}
