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
  const [id = '', ...more] = route?.ids ?? []
  return { allow, id, more, run: route?.run }
}

/** The values of the segments that the pattern gives as `:id`; `undefined` if the path does not match. */
function idsIn(pattern: string, path: string): string[] | undefined {
  const wanted = pattern.split('/')
  const segments = path.split('/')
  if (wanted.length !== segments.length) return undefined
  const ids: string[] = []
  for (const [place, name] of wanted.entries()) {
    const segment = segments[place] ?? ''
    if (name !== ':id') {
      if (name !== segment) return undefined
      continue
    }
    const id = decoded(segment)
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
