import type { Account } from '../../../domain/account.ts'
import type { ListPosition, Match, Operations, Page, RequestContext } from '../../../domain/operations.ts'
import { collectAll, MAX_PAGES_PER_CALL } from '../../http/collect.ts'
import { collectFiltered, unfiltered } from '../../http/filtered.ts'
import { recentPages } from '../../http/recent-pages.ts'
import { asId, field } from '../../http/values.ts'
import { type FieldMapping, fieldsOf } from '../../scim/fields.ts'
import { isMeant, matcher } from '../../scim/match.ts'
import { type ScimUser, toUser } from '../../scim/read.ts'
import { accountsPage } from '../../scim/users.ts'
import { readExtension } from '../extension.ts'
import { checkFields } from '../rules.ts'
import type { Dialect } from './dialect.ts'
import { filterIn, restFilter } from './filter.ts'
import { dialectOf } from './find-dialect.ts'
import { byIndex } from './pages.ts'
import { asScim } from './records.ts'
import type { RestApp } from './request.ts'

/** Only for reading: a dialect names the fields that it takes. */
const mappingOf = ({ names }: Dialect): Pick<FieldMapping, 'takes'> => ({
  takes: names.displayName === undefined ? [] : ['displayName'],
})

/** The operations of Gainsight's REST API. It has no groups. */
export function restOperations(app: RestApp) {
  const { settings } = app
  const dialect = dialectOf(app)
  const origin = { tenant: app.tenant, vendor: 'gainsight', more: readExtension }
  const userIn = ({ names }: Dialect, raw: unknown): ScimUser | undefined =>
    toUser(origin, asScim(names, raw))

  const readUser = async (id: string, context: RequestContext): Promise<ScimUser | undefined> => {
    if (asId(id) === undefined) return undefined
    const spoken = await dialect(context)
    const user = userIn(spoken, await spoken.one(id, context))
    return user?.account.id === id ? user : undefined
  }
  const pages = recentPages()
  /** The dialect for a change, after which the pages that were fetched are outdated. */
  const changing = (context: RequestContext) => {
    pages.forget()
    return dialect(context)
  }
  const listing = (spoken: Dialect) => ({
    read: (row: unknown) => {
      const user = userIn(spoken, row)
      return user && { id: user.account.id, item: user }
    },
    idIn: (row: unknown) => field(row, spoken.names.id),
    pageSize: settings.pageSize,
  })
  const fetchFrom = (spoken: Dialect, match: Match, context: RequestContext) =>
    byIndex((page, size) => spoken.page({ page, size, match }, context), settings.pageSize)

  return {
    async findAccounts({ user: who }, context) {
      const spoken = await dialect(context)
      const found = await spoken.search?.(who, settings.pageSize, context)
      const users = found?.rows.map((row) => userIn(spoken, row))
      // An app that ignores the filter sends all users, or their first page.
      if (users?.every((user) => user && isMeant(user, who))) return { accounts: accountsIn(users) }
      if (!spoken.search && !who.includes('@')) {
        const user = await readUser(who, context)
        if (user) return { accounts: [user.account] }
      }
      const keep = (user: ScimUser) => isMeant(user, who)
      const fetchPlain = fetchFrom(spoken, {}, context)
      const fetch = async (start: number) => unfiltered(await fetchPlain(start))
      const all = await collectAll({ ...listing(spoken), fetch, keep, maxPages: settings.maxPages })
      return { accounts: accountsIn(all) }
    },
    readAccount: async ({ id }, context) => (await readUser(id, context))?.account,
    async readFields({ id }, context) {
      const user = await readUser(id, context)
      return user && { account: user.account, fields: fieldsOf(mappingOf(await dialect(context)), user) }
    },
    async listAccounts({ match = {}, limit, at }, context): Promise<Page<Account, ListPosition>> {
      const spoken = await dialect(context)
      const { keep, note } = matcher(match)
      const fetchRows = (asked: Match) => {
        const fetch = fetchFrom(spoken, asked, context)
        return pages.over(JSON.stringify(asked), fetch, at !== undefined)
      }
      const plain = fetchRows({})
      const filtered = fetchRows(filterIn(spoken, match))
      const page = await collectFiltered<ScimUser>({
        ...listing(spoken),
        fetch: (start, cursor, isFiltered) => (isFiltered ? filtered : plain)(start, cursor),
        filter: await restFilter(
          { dialect: spoken, memory: app.memory, match, toUser: (raw) => userIn(spoken, raw) },
          context,
        ),
        keep,
        maxPages: Math.min(MAX_PAGES_PER_CALL, settings.maxPages),
        limit,
        at,
      })
      return accountsPage(page, note())
    },
    async checkWrite({ operation, fields }, context) {
      checkFields(fields, settings)
      return (await dialect(context)).check(operation, fields)
    },
    deactivateAccount: async (target, context) => (await changing(context)).setActive(target, false, context),
    reactivateAccount: async (target, context) => (await changing(context)).setActive(target, true, context),
    async createAccount({ fields }, context) {
      checkFields(fields, settings)
      return (await changing(context)).create(fields, context)
    },
    async updateAccount({ set, ...target }, context) {
      checkFields(set, settings)
      return (await changing(context)).update(target, set, context)
    },
    ...(settings.allowDelete && {
      deleteAccount: async (target, context) => (await changing(context)).remove(target, context),
    }),
  } satisfies Operations
}

const accountsIn = (users: readonly (ScimUser | undefined)[]): Account[] => [
  ...new Map(users.flatMap((user) => (user ? [[user.account.id, user.account]] : []))).values(),
]
