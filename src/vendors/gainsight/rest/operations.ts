import type { Account } from '../../../domain/account.ts'
import type { ListPosition, Match, Operations, Page, RequestContext } from '../../../domain/operations.ts'
import { collect, collectAll, MAX_PAGES_PER_CALL } from '../../http/collect.ts'
import { asId } from '../../http/values.ts'
import { fieldsOf } from '../../scim/fields.ts'
import { isMeant, matcher } from '../../scim/match.ts'
import { type ScimUser, toUser } from '../../scim/read.ts'
import { readExtension } from '../extension.ts'
import { checkFields } from '../rules.ts'
import type { Dialect } from './dialect.ts'
import { dialectOf } from './find-dialect.ts'
import { byIndex } from './pages.ts'
import { asScim } from './records.ts'
import type { RestApp } from './request.ts'

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
  const listing = (spoken: Dialect, match: Match | undefined, context: RequestContext) => {
    const { pageSize } = settings
    let asked = match
    const readPage = async (page: number, size: number) => {
      const rows = await spoken.page({ page, size, ...(asked && { match: asked }) }, context)
      // Do not repeat a refused filter.
      if (rows.unfiltered) asked = undefined
      return rows
    }
    return {
      fetch: byIndex(readPage, pageSize),
      read: (row: unknown) => {
        const user = userIn(spoken, row)
        return user && { id: user.account.id, item: user }
      },
      pageSize,
    }
  }

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
      const { maxPages } = settings
      const all = await collectAll({ ...listing(spoken, undefined, context), keep, maxPages })
      return { accounts: accountsIn(all) }
    },
    readAccount: async ({ id }, context) => (await readUser(id, context))?.account,
    async readFields({ id }, context) {
      const user = await readUser(id, context)
      return user && { account: user.account, fields: fieldsOf(user) }
    },
    async listAccounts({ match = {}, limit, at }, context): Promise<Page<Account, ListPosition>> {
      const { keep, note } = matcher(match)
      const maxPages = Math.min(MAX_PAGES_PER_CALL, settings.maxPages)
      const rows = listing(await dialect(context), match, context)
      let unfiltered = false
      const fetch = async (start: number) => {
        const page = await rows.fetch(start)
        unfiltered ||= page.unfiltered === true
        return page
      }
      const page = await collect<ScimUser>({ ...rows, fetch, keep, maxPages, limit, at })
      const notes = [page.note, unfiltered ? NOT_FILTERED : undefined, note()].filter(
        (text) => text !== undefined,
      )
      return { ...page, items: accountsIn(page.items), ...(notes.length > 0 && { note: notes.join(' ') }) }
    },
    checkWrite: async ({ fields }) => checkFields(fields, settings),
    deactivateAccount: async (target, context) => (await dialect(context)).setActive(target, false, context),
    reactivateAccount: async (target, context) => (await dialect(context)).setActive(target, true, context),
    async createAccount({ fields }, context) {
      checkFields(fields, settings)
      return (await dialect(context)).create(fields, context)
    },
    async updateAccount({ set, ...target }, context) {
      checkFields(set, settings)
      return (await dialect(context)).update(target, set, context)
    },
    ...(settings.allowDelete && {
      deleteAccount: async (target, context) => (await dialect(context)).remove(target, context),
    }),
  } satisfies Operations
}

const NOT_FILTERED = 'The app cannot filter by this, so this server compared its users one by one.'

const accountsIn = (users: readonly (ScimUser | undefined)[]): Account[] => [
  ...new Map(users.flatMap((user) => (user ? [[user.account.id, user.account]] : []))).values(),
]
