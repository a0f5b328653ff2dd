import type { Group } from '../../domain/account.ts'
import type { ListPosition, Page, RequestContext, Target } from '../../domain/operations.ts'
import { spellingsOf } from '../../domain/same.ts'
import { Conflict } from '../../errors.ts'
import { cautionOf } from '../../text/confusables.ts'
import { plainText, sameText } from '../../text/text.ts'
import { path } from '../http/client.ts'
import { collect, MAX_PAGES_PER_CALL } from '../http/collect.ts'
import type { RecentPages } from '../http/recent-pages.ts'
import { asId, asNumber, asText, asWord, definedOnly, field, isRecord, type Rec } from '../http/values.ts'
import { recordIn } from '../records/reads.ts'
import { inSteps } from '../records/steps.ts'
import { oneCalled } from '../scim/one-called.ts'
import { ask, CUSTOMER, DIRECTORY, everyRowOf, type GoogleApi, type List, mustAsk, pageOf } from './api.ts'
import { memberId, membersOf } from './members.ts'
import { quoted } from './users.ts'

/** The most that a page can have (developers.google.com, "groups.list"). */
const PER_PAGE = 200

type Member = NonNullable<Group['members']>[number]

const groupsBy = (query?: string): List => ({
  scope: 'admin.directory.group.readonly',
  path: `${DIRECTORY}/groups`,
  query: { customer: CUSTOMER, query },
  rows: 'groups',
  pageSize: PER_PAGE,
})

function toGroup(raw: unknown): Group | undefined {
  const id = asId(field(raw, 'id'))
  if (id === undefined) return undefined
  const name = field(raw, 'name')
  return {
    id,
    name: asText(name) ?? asText(field(raw, 'email'), 320) ?? plainText(id),
    ...definedOnly({
      memberCount: asNumber(field(raw, 'directMembersCount')),
      caution: typeof name === 'string' ? cautionOf({ name }) : undefined,
    }),
  }
}

export function listGroups(
  api: GoogleApi,
  pages: RecentPages,
  { limit, at }: { limit: number; at?: ListPosition },
  context: RequestContext,
): Promise<Page<Group, ListPosition>> {
  const fetch = (_: number, cursor?: string) => pageOf(api, groupsBy(), cursor, context)
  return collect<Group>({
    fetch: pages.over('groups', fetch, at !== undefined),
    read(row) {
      const group = toGroup(row)
      return group && { id: group.id, item: group }
    },
    pageSize: PER_PAGE,
    maxPages: MAX_PAGES_PER_CALL,
    limit,
    at,
  })
}

/** Where the groups of a tenant are read. */
interface GoogleGroups extends GoogleApi {
  tenant: string
}

/** The group with this id, or with this id, address or name, with its members; undefined if there is none. */
export async function readGroup(
  api: GoogleGroups,
  asked: { id: string } | { group: string },
  context: RequestContext,
): Promise<Group | undefined> {
  const raw = 'id' in asked ? await byKey(api, asked.id, context) : await byName(api, asked.group, context)
  const group = raw && toGroup(raw)
  if (!group || ('id' in asked && group.id !== asked.id)) return undefined
  const rows = await membersOf(api, group.id, { derived: false }, context)
  const members = rows.flatMap((row) => toMember(row) ?? [])
  return { ...group, memberCount: members.length, members }
}

function toMember(row: unknown): Member | undefined {
  const id = memberId(row)
  if (id === undefined) return undefined
  const email = asText(field(row, 'email'), 320)
  const type = asWord(field(row, 'type'))
  if (type === 'GROUP') return { id, type: 'group', ...definedOnly({ name: email }) }
  if (type === 'CUSTOMER') return { id, type: 'group', name: 'everybody in the Workspace' }
  return { id, ...definedOnly({ userName: email }) }
}

/** A group by its id, address or alias. */
async function byKey(api: GoogleApi, key: string, context: RequestContext): Promise<Rec | undefined> {
  if (asId(key) === undefined || /\s/.test(key)) return undefined
  const request = { path: path`/admin/directory/v1/groups/${key}` }
  return recordIn(await ask(api, 'admin.directory.group.readonly', request, context))
}

async function byName(api: GoogleGroups, name: string, context: RequestContext): Promise<Rec | undefined> {
  if (name.includes('@')) return byKey(api, name, context)
  const idOf = (row: unknown) => asId(field(row, 'id'))
  const rows = await Promise.all(
    spellingsOf(name).map((spelled) => everyRowOf(api, groupsBy(`name=${quoted(spelled)}`), idOf, context)),
  )
  const same = rows
    .flat()
    .filter(isRecord)
    .filter((row) => sameText(asWord(row.name), name))
  // Either spelling can bring the same group.
  const found = [...new Map(same.map((row) => [idOf(row), row])).values()]
  return oneCalled(api.tenant, name, { found, toGroup }) ?? byKey(api, name, context)
}

const SCOPE = 'admin.directory.group.member'

/** Puts users into a group and takes others out, one request each. Whoever is in or out already is no failure. */
export async function updateMembers(
  api: GoogleApi,
  { group, add, remove }: { group: { id: string }; add: readonly Target[]; remove: readonly Target[] },
  context: RequestContext,
): Promise<void> {
  const put =
    ({ id }: Target) =>
    () =>
      unlessThere(
        mustAsk(
          api,
          SCOPE,
          {
            method: 'POST',
            path: path`/admin/directory/v1/groups/${group.id}/members`,
            body: { id, role: 'MEMBER' },
          },
          context,
        ),
      )
  const take =
    ({ id }: Target) =>
    () =>
      ask(
        api,
        SCOPE,
        { method: 'DELETE', path: path`/admin/directory/v1/groups/${group.id}/members/${id}` },
        context,
      )
  await inSteps([...add.map(put), ...remove.map(take)], {
    app: 'Google',
    look: 'Look at the members of the group before you do anything else.',
  })
}

async function unlessThere(adding: Promise<unknown>): Promise<void> {
  try {
    await adding
  } catch (error) {
    if (!(error instanceof Conflict)) throw error
  }
}
