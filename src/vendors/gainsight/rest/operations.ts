import type { Account } from '../../../domain/account.ts'
import type { ListPosition, Match, Operations, Page, RequestContext } from '../../../domain/operations.ts'
import { inconclusive, MAX_PAGES_PER_CALL } from '../../http/collect.ts'
import { collectFiltered, unfiltered } from '../../http/filtered.ts'
import { recentPages } from '../../http/recent-pages.ts'
import { recentReads } from '../../http/recent-reads.ts'
import { asId } from '../../http/values.ts'
import { type FieldMapping, fieldsOf } from '../../scim/fields.ts'
import { matcher } from '../../scim/match.ts'
import { type ScimUser, toUser } from '../../scim/read.ts'
import { sharedScan } from '../../scim/shared-scan.ts'
import { userScan } from '../../scim/user-scan.ts'
import { accountsPage } from '../../scim/users.ts'
import { readExtension } from '../extension.ts'
import { checkFields } from '../rules.ts'
import type { Dialect } from './dialect.ts'
import { filterIn, restFilter } from './filter.ts'
import { findAccounts } from './find.ts'
import { findByName } from './find-by-name.ts'
import { dialectOf } from './find-dialect.ts'
import { type Bearer, recordGroups } from './groups.ts'
import { byIndex } from './pages.ts'
import { probeRest } from './probe.ts'
import { asScim } from './records.ts'
import type { RestApp } from './request.ts'
import { listingOf, type RestUsers } from './rest-users.ts'
import { isSearchKnown } from './search.ts'

/** Only for reading: a dialect names the fields that it takes. */
const mappingOf = ({ names }: Dialect): Pick<FieldMapping, 'takes'> => ({
  takes: names.displayName === undefined ? [] : ['displayName'],
})

/** The operations of Gainsight's REST API. One of its dialects has groups, and they are served where it is set. */
export function restOperations(app: RestApp) {
  const { settings } = app
  const dialect = dialectOf(app)
  const origin = { tenant: app.tenant, vendor: 'gainsight', more: readExtension }
  const userIn = ({ names }: Dialect, raw: unknown): ScimUser | undefined =>
    toUser(origin, asScim(names, raw))

  const readUser = async (id: string, context: RequestContext): Promise<ScimUser | undefined> => {
    if (asId(id) === undefined) return undefined
    const spoken = await dialect(context)
    const raw = await spoken.one(id, context)
    if (raw !== undefined) {
      const user = userIn(spoken, raw)
      if (user?.account.id === id) return user
      throw inconclusive('The app answered with another record than the one that was asked for.')
    }
    return undefined
  }
  /** The same; undefined on evidence: a search that finds nobody shows that only where it is known to work. */
  const readSurely = async (id: string, context: RequestContext): Promise<ScimUser | undefined> => {
    const user = await readUser(id, context)
    const { name, search } = await dialect(context)
    if (!user && search && !(await isSearchKnown(app.memory))) throw inconclusive()
    await (user ? scans[name].seen(user) : scans[name].gone(id))
    return user
  }
  const pages = recentPages()
  const bearers = recentReads<readonly Bearer[]>()
  /** The dialect for a change, after which what was fetched is outdated. */
  const changing = (context: RequestContext) => {
    pages.forget()
    bearers.forget()
    return dialect(context)
  }
  const { pageSize, maxPages } = settings
  const indexed = byIndex(pageSize)
  /** Pages of the list; `goesOn` takes those that were just fetched. */
  const fetchFrom = (
    spoken: Dialect,
    match: Match,
    goesOn: boolean,
    context: RequestContext,
    ofSize = indexed,
  ) => {
    const fetch = ofSize((page, size) => spoken.page({ page, size, match }, context))
    return pages.over(JSON.stringify(match), fetch, goesOn)
  }
  const { paying, sealer } = app.client
  const scanOf = (name: Dialect['name']) =>
    userScan(sharedScan(app.memory.shared, sealer, `gainsight.userScan.${name}`))
  const scans = { services: scanOf('services'), users: scanOf('users') }
  const users = async (context: RequestContext): Promise<RestUsers> => {
    const spoken = await dialect(context)
    return {
      dialect: spoken,
      memory: app.memory,
      pageSize,
      maxPages,
      read: (row) => userIn(spoken, row),
      one: (id) => readUser(id, context),
      scan: scans[spoken.name],
      paying,
      list({ recent, size }) {
        const fetch = fetchFrom(
          spoken,
          {},
          recent,
          context,
          size === undefined ? indexed : byIndex(size, true),
        )
        return async (start) => unfiltered(await fetch(start))
      },
    }
  }

  return {
    findAccounts: async (ask, context) => findAccounts(await users(context), ask, context),
    findByName: async ({ name }, context) => findByName(await users(context), name, context),
    readAccount: async ({ id }, context) => (await readSurely(id, context))?.account,
    async readFields({ id }, context) {
      const user = await readSurely(id, context)
      return user && { account: user.account, fields: fieldsOf(mappingOf(await dialect(context)), user) }
    },
    async listAccounts({ match = {}, limit, at }, context): Promise<Page<Account, ListPosition>> {
      const everybody = await users(context)
      const { dialect: spoken, read } = everybody
      const { keep, note } = matcher(match)
      const plain = fetchFrom(spoken, {}, at !== undefined, context)
      const filtered = fetchFrom(spoken, filterIn(spoken, match), at !== undefined, context)
      const page = await collectFiltered<ScimUser>({
        ...listingOf(everybody),
        fetch: (start, cursor, isFiltered) => (isFiltered ? filtered : plain)(start, cursor),
        filter: await restFilter({ dialect: spoken, memory: app.memory, match, toUser: read }, context),
        keep,
        maxPages: Math.min(MAX_PAGES_PER_CALL, maxPages),
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
    ...(settings.restDialect === 'users' &&
      recordGroups(
        users,
        async (target, membership, context) =>
          (await changing(context)).setGroup?.(target, membership, context),
        bearers,
      )),
    probeApp: async (_, context) => probeRest(app, userIn, context),
    ...(settings.allowDelete && {
      deleteAccount: async (target, context) => (await changing(context)).remove(target, context),
    }),
  } satisfies Operations
}
