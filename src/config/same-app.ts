/** What of a tenant's settings tells which app it leads to. */
interface Leads {
  url: string
  /** Which of the many directories at one address. */
  directory?: string | undefined
  /** Which of the many Workspaces at one address, by its primary domain. */
  domain?: string | undefined
  /** The administrator of that Workspace for whom the server acts. */
  admin?: string | undefined
}

/**
 * Groups tenants by the app that they lead to: the same host, one address at or below the other, and neither two
 * directories nor two Workspaces that are known to differ. Answers with the name of the group that a tenant is in, which is
 * that of its first tenant.
 */
export function appsOf(tenants: Readonly<Record<string, Leads>>): (tenant: string) => string {
  const groups = sameApps(tenants)
  return (tenant) => groups.find((group) => group.includes(tenant))?.[0] ?? tenant
}

/** The tenants that lead to one app, in groups; those without an address are in none. */
export function sameApps(tenants: Readonly<Record<string, Leads>>): string[][] {
  const places = Object.entries(tenants).flatMap(([name, { url, ...within }]) =>
    url === '' ? [] : [{ name, ...within, ...placeOf(url) }],
  )
  const groups: (typeof places)[] = []
  for (const place of places) {
    const near = groups.filter((group) => group.some((other) => isSame(place, other)))
    for (const group of near) groups.splice(groups.indexOf(group), 1)
    groups.push([...near.flat(), place])
  }
  return groups.map((group) => group.map(({ name }) => name))
}

interface Place extends Omit<Leads, 'url'> {
  host: string
  path: string
}

function placeOf(url: string): Pick<Place, 'host' | 'path'> {
  const { host, pathname } = new URL(url)
  return { host: host.replace(/\.$/, ''), path: `${pathname.replace(/\/+$/, '')}/` }
}

const isSame = (a: Place, b: Place): boolean =>
  a.host === b.host &&
  (a.path.startsWith(b.path) || b.path.startsWith(a.path)) &&
  !differ(a.directory, b.directory) &&
  !areTwoWorkspaces(a, b)

/** Whether two names stand for different directories: one can have several domains, besides its id. */
function differ(a: string | undefined, b: string | undefined): boolean {
  const forms = [DIRECTORY_ID, INITIAL_DOMAIN]
  return (
    a !== undefined &&
    b !== undefined &&
    a.toLowerCase() !== b.toLowerCase() &&
    forms.some((form) => form.test(a) && form.test(b))
  )
}

const DIRECTORY_ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i
/** The domain that every directory of Entra ID begins with (learn.microsoft.com, "Managing custom domain names"). */
const INITIAL_DOMAIN = /^[^.]+\.onmicrosoft\.com$/i

/**
 * Whether two primary domains stand for different Workspaces. A Workspace has one, and other domains beside it: where an
 * administrator is of the other domain, one of the two may be no primary one.
 */
function areTwoWorkspaces(a: Place, b: Place): boolean {
  if (a.domain === undefined || b.domain === undefined) return false
  const [one, other] = [a.domain.toLowerCase(), b.domain.toLowerCase()]
  return one !== other && !isOf(a.admin, other) && !isOf(b.admin, one)
}

const isOf = (address: string | undefined, domain: string): boolean =>
  address?.toLowerCase().endsWith(`@${domain}`) ?? false
