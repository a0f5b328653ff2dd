/** The trace id of a `traceparent` (W3C Trace Context §3.2), 32 hex digits, if it is valid. */
export function traceIn(traceparent: unknown): string | undefined {
  const [, version = 'ff', trace = '', parent = '', more] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/.exec(String(traceparent)) ?? []
  const known = version !== 'ff' && (version !== '00' || more === undefined)
  return known && /[^0]/.test(trace) && /[^0]/.test(parent) ? trace : undefined
}
