import type { Match, RequestContext } from '../../../domain/operations.ts'
import { inOtherCase, isComparedAlike, sameUserName } from '../../../domain/same.ts'
import type { AppMemory } from '../../../store/app-memory.ts'
import { type AppFilter, type FilterStates, keepsSome } from '../../http/filtered.ts'
import { matches } from '../../scim/match.ts'
import type { ScimUser } from '../../scim/read.ts'
import type { Dialect, FilterField } from './dialect.ts'

const FILTERS_KEY = 'gainsight.filters'
const FILTERS_TTL_MS = 24 * 60 * 60_000

/** The part of `match` that the dialect filters by. */
export const filterIn = ({ filters }: Dialect, match: Match): Match =>
  Object.fromEntries(
    filters.flatMap((field) => (isComparedAlike(String(match[field] ?? '')) ? [[field, match[field]]] : [])),
  )

interface Asked {
  dialect: Dialect
  memory: AppMemory
  match: Match
  toUser: (raw: unknown) => ScimUser | undefined
}

/** What shows whether the app applies the filter for `match`; undefined if there is nothing to filter by. */
export async function restFilter(
  { dialect, memory, match, toUser }: Asked,
  context: RequestContext,
): Promise<AppFilter<ScimUser> | undefined> {
  const by = dialect.filters.filter((field) => field in filterIn(dialect, match))
  if (by.length === 0) return undefined
  let known = (await memory.get<FilterStates>(FILTERS_KEY)) ?? {}
  return {
    by,
    get known() {
      return known
    },
    // The email is the user name of a user without one, so either is searched.
    fits: (user, field) => hasValue(user, field, String(match[field])),
    isShownBy: (user) => match.userName === undefined || matches(user, 'userName', match.userName) === true,
    async shows(user, total) {
      const own = by.map((field) => {
        const value = ownValue(user, field)
        return [field, field === 'status' || typeof value !== 'string' ? value : inOtherCase(value)] as const
      })
      if (own.some(([, value]) => value === undefined)) return undefined
      const page = await dialect.page({ page: 0, size: 1, match: Object.fromEntries(own) }, context)
      if ('filterRefused' in page || (by.join() === 'status' && keepsSome(page, total))) return false
      const users = page.rows.flatMap((row) => toUser(row) ?? [])
      return (
        users.length > 0 &&
        users.every((one) => own.every(([field, value]) => hasValue(one, field, String(value)) !== false))
      )
    },
    async learn(states) {
      known = { ...known, ...states }
      await memory.set(FILTERS_KEY, known, FILTERS_TTL_MS)
    },
  }
}

const hasValue = (user: ScimUser, field: keyof Match, value: string): boolean | undefined =>
  (field === 'userName' && matches(user, 'email', value)) || matches(user, field, value)

function ownValue({ account, userName }: ScimUser, field: FilterField): string | boolean | undefined {
  const { email, status, admin } = account
  // Who has the email as user name comes by either, which shows of neither that the app reads it.
  const own = sameUserName(userName, email) ? undefined : userName
  return { userName: own, email, status: status === 'unknown' ? undefined : status, admin }[field]
}
