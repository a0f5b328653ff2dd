/**
 * Groups tenants by the app that they lead to: the same host, and one address at or below the other. Answers with the
 * name of the group that a tenant is in, which is that of its first tenant.
 */
export function appsOf(tenants: Readonly<Record<string, { url: string }>>): (tenant: string) => string {
  const groups = sameApps(tenants)
  return (tenant) => groups.find((group) => group.includes(tenant))?.[0] ?? tenant
}

/** The tenants that lead to one app, in groups; those without an address are in none. */
export function sameApps(tenants: Readonly<Record<string, { url: string }>>): string[][] {
  const places = Object.entries(tenants).flatMap(([name, { url }]) =>
    url === '' ? [] : [{ name, ...placeOf(url) }],
  )
  const groups: (typeof places)[] = []
  for (const place of places) {
    const near = groups.filter((group) => group.some((other) => isSame(place, other)))
    for (const group of near) groups.splice(groups.indexOf(group), 1)
    groups.push([...near.flat(), place])
  }
  return groups.map((group) => group.map(({ name }) => name))
}

interface Place {
  host: string
  path: string
}

function placeOf(url: string): Place {
  const { host, pathname } = new URL(url)
  return { host: host.replace(/\.$/, ''), path: `${pathname.replace(/\/+$/, '')}/` }
}

const isSame = (a: Place, b: Place): boolean =>
  a.host === b.host && (a.path.startsWith(b.path) || b.path.startsWith(a.path))
