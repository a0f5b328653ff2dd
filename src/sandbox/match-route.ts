import type { Incoming, Route } from './http-types.ts'

/** The route of a request and the id in its path; without `run` if the path supports only other methods. */
export function matchRoute(routes: readonly Route[], { method, path }: Incoming) {
  const here = routes.flatMap((route) => {
    const id = idIn(route.path, path)
    return id === undefined ? [] : [{ ...route, id }]
  })
  if (here.length === 0) return undefined
  const allow = here.map((route) => route.method).join(', ')
  const route = here.find((route) => route.method === method)
  return { allow, id: route?.id ?? '', run: route?.run }
}

/** The value of `:id` in the path, empty without `:id`; `undefined` if the path does not match. */
function idIn(pattern: string, path: string): string | undefined {
  if (!pattern.endsWith('/:id')) return path === pattern ? '' : undefined
  const start = pattern.slice(0, -':id'.length)
  const rest = path.slice(start.length)
  if (!path.startsWith(start) || !/^[^/]+$/.test(rest)) return undefined
  try {
    return decodeURIComponent(rest)
  } catch {
    return undefined
  }
}
