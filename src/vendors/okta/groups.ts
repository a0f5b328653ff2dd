import type { Group } from '../../domain/account.ts'
import type { ListPosition, Page, RequestContext } from '../../domain/operations.ts'
import { cautionOf } from '../../text/confusables.ts'
import { plainText, sameText } from '../../text/text.ts'
import { path } from '../http/client.ts'
import { collect, MAX_PAGES_PER_CALL } from '../http/collect.ts'
import type { RecentPages } from '../http/recent-pages.ts'
import { asId, asText, asWord, definedOnly, field, isRecord, type Rec } from '../http/values.ts'
import { byCursor, everyRow, recordIn } from '../records/reads.ts'
import { oneCalled } from '../scim/one-called.ts'
import { ask, pagesOf } from './api.ts'
import { anyOf } from './search.ts'
import type { OktaApp } from './users.ts'

/** The pages that Okta recommends (developer.okta.com, "List all groups", "List all member users"). */
const GROUPS_PER_PAGE = 200
const MEMBERS_PER_PAGE = 200
const MAX_PAGES = 500

const nameIn = (raw: unknown): string | undefined => asWord(field(field(raw, 'profile'), 'name'))

function toGroup(raw: unknown): Group | undefined {
  const id = asId(field(raw, 'id'))
  if (id === undefined) return undefined
  const name = nameIn(raw)
  return {
    id,
    name: asText(name) ?? plainText(id),
    ...definedOnly({ caution: name === undefined ? undefined : cautionOf({ name }) }),
  }
}

export function listGroups(
  app: OktaApp,
  pages: RecentPages,
  { limit, at }: { limit: number; at?: ListPosition },
  context: RequestContext,
): Promise<Page<Group, ListPosition>> {
  const first = { path: '/groups', query: { limit: GROUPS_PER_PAGE } }
  return collect<Group>({
    fetch: byCursor(pages.over('groups', pagesOf(app, 'okta.groups.read', first, context), at !== undefined)),
    read(row) {
      const group = toGroup(row)
      return group && { id: group.id, item: group }
    },
    pageSize: GROUPS_PER_PAGE,
    maxPages: MAX_PAGES_PER_CALL,
    limit,
    at,
  })
}

/** The group with this id, or with this name or id, with its members; undefined if there is none. */
export async function readGroup(
  app: OktaApp,
  asked: { id: string } | { group: string },
  context: RequestContext,
): Promise<Group | undefined> {
  const raw =
    'id' in asked
      ? await groupById(app, asked.id, context)
      : ((await groupNamed(app, asked.group, context)) ?? (await groupById(app, asked.group, context)))
  const group = toGroup(raw)
  if (!group) return undefined
  const first = { path: path`/groups/${group.id}/users`, query: { limit: MEMBERS_PER_PAGE } }
  const members = await everyRow({
    fetch: pagesOf(app, 'okta.groups.read', first, context),
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

/** The record of the group with this id; undefined if there is none. */
export async function groupById(app: OktaApp, id: string, context: RequestContext): Promise<Rec | undefined> {
  if (!/^[\w-]{1,64}$/.test(id)) return undefined
  const group = recordIn(await ask(app, 'okta.groups.read', { path: path`/groups/${id}` }, context))
  return group?.id === id ? group : undefined
}

/** A group of an app can have the name of one of Okta's own. */
async function groupNamed(app: OktaApp, name: string, context: RequestContext): Promise<Rec | undefined> {
  const query = { search: anyOf(['profile.name'], [name]), limit: GROUPS_PER_PAGE }
  const rows = await everyRow<Rec>({
    fetch: pagesOf(app, 'okta.groups.read', { path: '/groups', query }, context),
    read: (row) => (isRecord(row) && asId(row.id) ? { id: String(row.id), item: row } : undefined),
    pageSize: GROUPS_PER_PAGE,
    maxPages: MAX_PAGES,
  })
  return oneCalled(app.tenant, name, { found: rows.filter((row) => sameText(nameIn(row), name)), toGroup })
}
