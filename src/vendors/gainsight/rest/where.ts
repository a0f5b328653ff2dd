/** One field that must equal a value. */
interface Condition {
  name: string
  value: string | boolean
}
/** Conditions of which at least one must hold. */
export type AnyOf = readonly Condition[]

/** A condition for each letter case that an app may keep a name in. */
export const anyCase = (name: string, value: string): AnyOf =>
  [...new Set([value, value.toLowerCase()])].map((one) => ({ name, value: one }))

/** The `where` clause of support.gainsight.com, "User Management APIs": all of `conditions` must hold. */
export function where(conditions: readonly AnyOf[]): { where?: unknown } {
  if (conditions.length === 0) return {}
  let used = 0
  const named = conditions.map((either) =>
    either.map(({ name, value }) => ({
      name,
      alias: String.fromCharCode(65 + used++),
      operator: 'EQ',
      value: [value],
    })),
  )
  const aliases = named.map((either) => either.map(({ alias }) => alias).join(' OR '))
  return {
    where: {
      conditions: named.flat(),
      expression: aliases.length === 1 ? aliases[0] : aliases.map((text) => `(${text})`).join(' AND '),
    },
  }
}
