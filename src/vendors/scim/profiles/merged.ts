/** Both objects as one; what `over` says wins. Objects in both are merged key by key. */
export function merged<Whole extends object>(under: Whole, over: object): Whole {
  const both = { ...under, ...over } as Record<string, unknown>
  for (const [key, value] of Object.entries(under)) {
    const other = (over as Record<string, unknown>)[key]
    if (isObject(value) && isObject(other)) both[key] = { ...value, ...other }
  }
  // Only keys of `Whole` and those that the schema of the settings checks.
  return both as Whole
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
