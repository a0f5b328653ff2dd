import type { Group } from '../../domain/account.ts'
import type { ListPosition, Page, RequestContext, Target } from '../../domain/operations.ts'
import { IdentityError, Refused, UnknownOutcome } from '../../errors.ts'
import { fold, inQuotes, plainText } from '../../text/text.ts'
import { path } from '../http/client.ts'
import { collect, MAX_PAGES_PER_CALL } from '../http/collect.ts'
import { asId, asText, asWord, field, isRecord, type Rec } from '../http/values.ts'
import { everyRow } from '../records/reads.ts'
import { ask, mustAsk, type OktaApi, pageOf } from './api.ts'
import { anyOf } from './profile.ts'
import { ifAllowed } from './users.ts'

/** Largest pages of groups and of members (developer.okta.com, "List all groups", "List all member users"). */
const GROUPS_PER_PAGE = 200
const MEMBERS_PER_PAGE = 1_000
const MAX_PAGES = 100

function toGroup(raw: unknown): Group | undefined {
  const id = asId(field(raw, 'id'))
  if (id === undefined) return undefined
  return { id, name: asText(field(field(raw, 'profile'), 'name')) ?? plainText(id) }
}

const readRow = (row: unknown) => {
  const group = toGroup(row)
  return group && { id: group.id, item: group }
}

export function listGroups(
  api: OktaApi,
  { limit, at }: { limit: number; at?: ListPosition },
  context: RequestContext,
): Promise<Page<Group, ListPosition>> {
  const first = { path: '/groups', query: { limit: GROUPS_PER_PAGE } }
  return collect<Group>({
    fetch: (_, cursor) => pageOf(api, 'okta.groups.read', { first, cursor }, context),
    read: readRow,
    pageSize: GROUPS_PER_PAGE,
    maxPages: MAX_PAGES_PER_CALL,
    limit,
    at,
  })
}

/** The group with this id, or with this id or name, with its members; undefined if there is none. */
export async function readGroup(
  api: OktaApi,
  asked: { id: string } | { group: string },
  context: RequestContext,
): Promise<Group | undefined> {
  const raw =
    'id' in asked ? await groupById(api, asked.id, context) : await groupNamed(api, asked.group, context)
  const group = raw && toGroup(raw)
  if (!group) return undefined
  const first = { path: path`/groups/${group.id}/users`, query: { limit: MEMBERS_PER_PAGE } }
  const members = await everyRow({
    fetch: (_, cursor) => pageOf(api, 'okta.groups.read', { first, cursor }, context),
    read(row) {
      const id = asId(field(row, 'id'))
      const userName = asText(field(field(row, 'profile'), 'login'), 320)
      return id === undefined ? undefined : { id, item: { id, ...(userName && { userName }) } }
    },
    pageSize: MEMBERS_PER_PAGE,
    maxPages: MAX_PAGES,
  })
  return { ...group, memberCount: members.length, members }
}

async function groupById(api: OktaApi, id: string, context: RequestContext): Promise<Rec | undefined> {
  if (asId(id) === undefined) return undefined
  const body = (await ask(api, 'okta.groups.read', { path: path`/groups/${id}` }, context))?.body
  return isRecord(body) && body.id === id ? body : undefined
}

async function groupNamed(api: OktaApi, name: string, context: RequestContext): Promise<Rec | undefined> {
  const first = {
    path: '/groups',
    query: { search: anyOf(['profile.name'], name), limit: GROUPS_PER_PAGE },
  }
  const rows = await everyRow<Rec>({
    fetch: (_, cursor) => pageOf(api, 'okta.groups.read', { first, cursor }, context),
    read: (row) => (isRecord(row) && asId(row.id) ? { id: String(row.id), item: row } : undefined),
    pageSize: GROUPS_PER_PAGE,
    maxPages: MAX_PAGES,
  })
  const same = rows.filter((row) => fold(asWord(field(row.profile, 'name')) ?? '') === fold(name))
  if (same.length > 1) {
    throw new Refused(
      `Okta has ${same.length} groups called ${inQuotes(name)}.`,
      `Name it by its id: ${same.map((row) => String(row.id)).join(', ')}.`,
    )
  }
  return same[0] ?? groupById(api, name, context)
}

/** Throws unless people may change who is in this group: rules, apps and Okta itself keep the others. */
export async function mustBeByHand(api: OktaApi, id: string, context: RequestContext): Promise<void> {
  const raw = await groupById(api, id, context)
  const type = asWord(field(raw, 'type'))
  if (type !== undefined && type !== 'OKTA_GROUP') {
    throw new Refused(
      type === 'APP_GROUP'
        ? 'An app or a directory keeps who is in this group.'
        : 'Okta itself keeps who is in this group.',
      type === 'APP_GROUP'
        ? 'Change it in the app or directory that the group comes from.'
        : 'Nobody can change it by hand.',
    )
  }
  const rules = await ifAllowed(() =>
    everyRow<unknown>({
      fetch: (_, cursor) =>
        pageOf(
          api,
          'okta.groups.read',
          { first: { path: '/groups/rules', query: { limit: 50 } }, cursor },
          context,
        ),
      read: (row) => ({ id: asId(field(row, 'id')) ?? '', item: row }),
      pageSize: 50,
      maxPages: MAX_PAGES,
    }),
  )
  const rule = rules?.find((one) => field(one, 'status') === 'ACTIVE' && assigns(one, id))
  if (rule === undefined) return
  throw new Refused(
    `The rule ${inQuotes(asText(field(rule, 'name')) ?? 'without a name')} keeps who is in this group.`,
    'Change the rule, or what it goes by in the user’s profile: Okta Admin Console, Directory > Groups > Rules.',
  )
}

function assigns(rule: unknown, group: string): boolean {
  const ids = field(field(field(rule, 'actions'), 'assignUserToGroups'), 'groupIds')
  return Array.isArray(ids) && ids.includes(group)
}

/** Puts users into a group and takes others out, one request each. */
export async function updateMembers(
  api: OktaApi,
  { group, add, remove }: { group: { id: string }; add: readonly Target[]; remove: readonly Target[] },
  context: RequestContext,
): Promise<void> {
  await mustBeByHand(api, group.id, context)
  const changes = [
    ...add.map(({ id }) => ({ method: 'PUT' as const, id })),
    ...remove.map(({ id }) => ({ method: 'DELETE' as const, id })),
  ]
  for (const [done, { method, id }] of changes.entries()) {
    try {
      await mustAsk(
        api,
        'okta.groups.manage',
        { method, path: path`/groups/${group.id}/users/${id}` },
        context,
      )
    } catch (error) {
      if (done === 0 || !(error instanceof IdentityError) || error instanceof UnknownOutcome) throw error
      throw new UnknownOutcome(
        'Okta made a part of the change, but not the rest.',
        'Look at the members of the group before you do anything else.',
        { cause: error },
      )
    }
  }
}

/** Creates a group, then fills it. */
export async function createGroup(
  api: OktaApi,
  { name, members }: { name: string; members: readonly Target[] },
  context: RequestContext,
): Promise<{ id?: string }> {
  const { body } = await mustAsk(
    api,
    'okta.groups.manage',
    { method: 'POST', path: '/groups', body: { profile: { name } } },
    context,
  )
  const id = asId(field(body, 'id'))
  if (id === undefined || members.length === 0) return id === undefined ? {} : { id }
  try {
    await updateMembers(api, { group: { id }, add: members, remove: [] }, context)
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    throw new UnknownOutcome(
      'Okta made the group, but did not put everybody into it.',
      'Look at the group with list_groups before you do anything else.',
      { cause: error },
    )
  }
  return { id }
}
