import type { Incoming, Route } from './http-types.ts'

/** The route of a request and the ids in its path; without `run` if the path supports only other methods. */
export function matchRoute(routes: readonly Route[], { method, path }: Incoming) {
  const here = routes.flatMap((route) => {
    const ids = idsIn(route.path, path)
    return ids === undefined ? [] : [{ ...route, ids }]
  })
  if (here.length === 0) return undefined
  const allow = here.map((route) => route.method).join(', ')
  const route = here.find((route) => route.method === method)
  const [id = '', other = ''] = route?.ids ?? []
  return { allow, id, other, run: route?.run }
}

/** The values of each `:id` in the path; `undefined` if the path does not match. */
function idsIn(pattern: string, path: string): string[] | undefined {
  const [wanted, given] = [pattern.split('/'), path.split('/')]
  if (wanted.length !== given.length) return undefined
  const ids: string[] = []
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? ''
    if (segment !== ':id') {
      if (segment !== value) return undefined
      continue
    }
    const id = decoded(value)
    if (!id) return undefined
    ids.push(id)
  }
  return ids
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
