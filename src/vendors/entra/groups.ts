import type { Group } from '../../domain/account.ts'
import type { ListPosition, Page, RequestContext, Target } from '../../domain/operations.ts'
import { spellingsOf, UUID } from '../../domain/same.ts'
import { Refused } from '../../errors.ts'
import { cautionOf } from '../../text/confusables.ts'
import { inQuotes, plainText, sameText } from '../../text/text.ts'
import { path } from '../http/client.ts'
import { collect, MAX_PAGES_PER_CALL } from '../http/collect.ts'
import type { RecentPages } from '../http/recent-pages.ts'
import { asId, asText, asWord, definedOnly, field, type Rec } from '../http/values.ts'
import { byCursor } from '../records/reads.ts'
import { inSteps } from '../records/steps.ts'
import { oneCalled } from '../scim/one-called.ts'
import { ask, mustAsk, pageOf, quoted } from './api.ts'
import { API_PATH, type Connection } from './clients.ts'
import { allRows } from './rows.ts'

const SELECT =
  'id,displayName,groupTypes,mailEnabled,securityEnabled,onPremisesSyncEnabled,onPremisesDomainName,isAssignableToRole'

function toGroup(raw: unknown): Group | undefined {
  const id = asId(field(raw, 'id'))
  if (id === undefined) return undefined
  const name = asWord(field(raw, 'displayName'))
  return {
    id,
    name: asText(name) ?? plainText(id),
    ...definedOnly({ caution: name === undefined ? undefined : cautionOf({ name }) }),
  }
}

export function listGroups(
  connection: Connection,
  pages: RecentPages,
  { limit, at }: { limit: number; at?: ListPosition },
  context: RequestContext,
): Promise<Page<Group, ListPosition>> {
  const query = { $select: SELECT, $top: connection.pageSize }
  const first = { path: '/groups', query, right: 'groups' } as const
  const fetch = (_: number, cursor?: string) => pageOf(connection, { first, cursor }, context)
  return collect<Group>({
    fetch: byCursor(pages.over('groups', fetch, at !== undefined)),
    read(row) {
      const group = toGroup(row)
      return group && { id: group.id, item: group }
    },
    pageSize: connection.pageSize,
    maxPages: MAX_PAGES_PER_CALL,
    limit,
    at,
  })
}

/** Where the groups of a tenant are read. */
interface EntraGroups {
  connection: Connection
  tenant: string
}

/** The group with this id, or with this id or name, with its members; undefined if there is none. */
export async function readGroup(
  { connection, tenant }: EntraGroups,
  asked: { id: string } | { group: string },
  context: RequestContext,
): Promise<Group | undefined> {
  const raw =
    'id' in asked
      ? await groupById(connection, asked.id, context)
      : await groupNamed({ connection, tenant }, asked.group, context)
  const group = raw && toGroup(raw)
  if (!group) return undefined
  const query = { $select: 'id,userPrincipalName,displayName', $top: connection.pageSize }
  const rows = await allRows(
    connection,
    { path: path`/groups/${group.id}/members`, query, right: 'groups' },
    context,
  )
  const members = rows.map(toMember)
  return { ...group, memberCount: members.length, members }
}

/** Members are users, groups, devices, apps and contacts; Graph says which by `@odata.type`. */
function toMember(row: Rec): NonNullable<Group['members']>[number] {
  const id = String(row.id)
  const name = asText(row.displayName)
  if (row['@odata.type'] === '#microsoft.graph.group') {
    return { id, type: 'group', ...definedOnly({ name }) }
  }
  return { id, ...definedOnly({ userName: asText(row.userPrincipalName, 320), name }) }
}

async function groupById(
  connection: Connection,
  id: string,
  context: RequestContext,
): Promise<Rec | undefined> {
  if (!UUID.test(id)) return undefined
  return ask(connection, groupRequest(id), context)
}

async function groupNamed(
  { connection, tenant }: EntraGroups,
  name: string,
  context: RequestContext,
): Promise<Rec | undefined> {
  const $filter = spellingsOf(name)
    .map((spelled) => `displayName eq ${quoted(spelled)}`)
    .join(' or ')
  const query = { $filter, $select: SELECT, $top: connection.pageSize }
  const rows = await allRows(connection, { path: '/groups', query, right: 'groups' }, context)
  const found = rows.filter(({ displayName }) => sameText(asWord(displayName), name))
  return oneCalled(tenant, name, { found, toGroup }) ?? groupById(connection, name, context)
}

/** What a person should know before the members of a group change, in sentences. Throws unless they change by hand. */
export const checkGroup = async (
  connection: Connection,
  id: string,
  context: RequestContext,
): Promise<string[]> => mustBeByHand(await mustAsk(connection, groupRequest(id), context))

function mustBeByHand(raw: Rec): string[] {
  const types = Array.isArray(raw.groupTypes) ? raw.groupTypes : []
  if (types.includes('DynamicMembership')) {
    throw new Refused(
      'A rule keeps who is in this group.',
      'Change the rule, or the property of the user that it goes by: Entra admin centre > Groups > the group > Dynamic ' +
        'membership rules.',
    )
  }
  if (raw.onPremisesSyncEnabled === true) {
    throw new Refused(
      `The group is synchronised from ${domainOf(raw)}.`,
      'Change its members in Active Directory there; the next synchronisation brings the change to Entra ID.',
    )
  }
  // learn.microsoft.com/graph/api/resources/groups-overview: these are read-only through Graph.
  if (raw.mailEnabled === true && !types.includes('Unified')) {
    throw new Refused(
      'Exchange keeps who is in this group: it is a distribution list or a mail-enabled security group.',
      'Change it in the Exchange admin centre > Recipients > Groups.',
    )
  }
  return raw.isAssignableToRole === true
    ? ['The group can have directory roles: who is in it can become an administrator.']
    : []
}

/** Where synchronised objects come from, in words. */
export function domainOf(raw: unknown): string {
  const domain = asText(field(raw, 'onPremisesDomainName'))
  return domain === undefined ? 'the on-premises directory' : `the on-premises directory ${inQuotes(domain)}`
}

/** Adds users to a group and removes others, one request each. */
export async function updateMembers(
  connection: Connection,
  { group, add, remove }: { group: { id: string }; add: readonly Target[]; remove: readonly Target[] },
  context: RequestContext,
): Promise<void> {
  await checkGroup(connection, group.id, context)
  const directory = new URL(`${API_PATH}/directoryObjects/`, connection.base).href
  const requests = [
    ...add.map(({ id }) => ({
      method: 'POST' as const,
      path: `${path`/groups/${group.id}/members`}/$ref`,
      body: { '@odata.id': directory + encodeURIComponent(id) },
    })),
    // Without `$ref` Graph would delete the user (learn.microsoft.com/graph/api/group-delete-members).
    ...remove.map(({ id }) => ({
      method: 'DELETE' as const,
      path: `${path`/groups/${group.id}/members/${id}`}/$ref`,
    })),
  ]
  await inSteps(
    requests.map((request) => () => mustAsk(connection, { ...request, right: 'members' }, context)),
    { app: 'Entra ID', look: 'Look at the members of the group before you do anything else.' },
  )
}

const groupRequest = (id: string) =>
  ({ path: path`/groups/${id}`, query: { $select: SELECT }, right: 'groups' }) as const
