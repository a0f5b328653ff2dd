import type { Incoming, Route } from './http-types.ts'

/** The route of a request and the id in its path; without `run` where the path allows other methods only. */
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

/** What stands for `:id` in the path, nothing when there is none; `undefined` when the path is another. */
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
