import type { Account } from '../domain/account.ts'
import { membershipIn } from '../domain/membership.ts'
import type { ListPosition } from '../domain/operations.ts'
import { bare } from '../domain/quoting.ts'
import { onlyOne } from '../domain/resolve-one.ts'
import { type Ask, mustOffer } from '../engine/ask.ts'
import { findPerson, hiddenAt, type PersonAt } from '../engine/find-person.ts'
import type { Tenant } from '../engine/tenants.ts'
import { IdentityError, Unavailable } from '../errors.ts'

export interface Group {
  id: string
  name: string
}

/** The groups of a colleague in each tenant, and what is not known of them, in sentences. */
interface ColleaguesGroups {
  groups: Map<string, Group[]>
  gaps: string[]
}

/** Groups that are looked through where an app does not show the groups of an account. */
const MAX_GROUPS = 1_000

export async function groupsOf(
  like: string | undefined,
  tenants: readonly Tenant[],
  { ask }: { ask: Ask },
): Promise<ColleaguesGroups> {
  const known: ColleaguesGroups = { groups: new Map(), gaps: [] }
  if (like === undefined) return known
  const names = tenants.map(({ name }) => name)
  for (const place of await findPerson(ask, like, names)) {
    const { name } = place.tenant
    try {
      known.groups.set(name, await groupsAt(place, like, ask))
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error
      known.gaps.push(`Without the groups of ${bare(like)} in ${name}: ${error.message}`)
    }
  }
  return known
}

/** Throws unless all of them are known. */
async function groupsAt(place: PersonAt, like: string, ask: Ask): Promise<Group[]> {
  const { tenant, accounts, gap } = place
  const { name } = tenant
  const row = onlyOne(accounts, like)
  if (!row) throw gap ?? notKnown(`Not found there. ${hiddenAt(place) ?? ''}`.trim())
  const account = (await ask.one(name, 'readAccount', { id: row.id })) ?? row
  const shown = account.groups ?? row.groups
  if (!shown || account.moreGroups) return groupsByMembers(tenant, account, ask)
  const read = await Promise.all(shown.map((group) => ask.one(name, 'readGroup', { group })))
  if (read.some((group) => !group)) throw notKnown('Not every one of them can be looked up.')
  return read.flatMap((group) => (group ? [{ id: group.id, name: group.name }] : []))
}

/** Looks an account up among the members of every group. */
async function groupsByMembers(tenant: Tenant, account: Account, ask: Ask): Promise<Group[]> {
  const { name } = tenant
  mustOffer(tenant, 'listGroups')
  mustOffer(tenant, 'readGroup')
  const found: Group[] = []
  let at: ListPosition | undefined
  let looked = 0
  do {
    const page = await ask.one(name, 'listGroups', { limit: MAX_GROUPS, ...(at && { at }) })
    looked += page.items.length
    if (looked > MAX_GROUPS) throw notKnown(`There are more than ${MAX_GROUPS} groups to look through.`)
    for (const group of page.items) {
      const read = group.members ? group : await ask.one(name, 'readGroup', { id: group.id })
      const isIn = read && membershipIn(read)(account)
      if (isIn === undefined) throw notKnown('The app does not show the members of every group.')
      if (isIn) found.push({ id: group.id, name: group.name })
    }
    at = page.next
    if (!at && !page.complete) throw notKnown('The list of groups is not whole.')
  } while (at)
  return found
}

const notKnown = (why: string): Unavailable => new Unavailable(why, 'Add them with update_group_members.')
