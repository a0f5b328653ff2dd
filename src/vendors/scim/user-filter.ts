import type { Match, RequestContext } from '../../domain/operations.ts'
import { inOtherCase } from '../../domain/same.ts'
import { type AppFilter, type FilterStates, keepsSome } from '../http/filtered.ts'
import { type FilterAttribute, isSeen } from './capabilities.ts'
import { and, eq, type Filter, readsRightly, spelling } from './filter.ts'
import { matches } from './match.ts'
import { type ScimUser, toUser } from './read.ts'
import { readList } from './read-list.ts'
import type { ScimApp } from './request.ts'

type FilterField = 'userName' | 'email' | 'externalId' | 'status'

/** The fields of `match` that apps can usually filter by. */
const ATTRIBUTES: { readonly [Field in FilterField]: FilterAttribute } = {
  userName: 'userName',
  email: 'emails.value',
  externalId: 'externalId',
  status: 'active',
}
const FIELDS = Object.keys(ATTRIBUTES) as readonly FilterField[] // the type above names its keys

/** The fields of `match` that this app may filter by; only one if it joins no filters. */
function fieldsFor({ settings, known }: ScimApp, match: Match): readonly FilterField[] {
  const all = FIELDS.filter((field) => {
    const value = match[field]
    return (
      value !== undefined &&
      spelling(settings, ATTRIBUTES[field]) !== false &&
      readsRightly(known?.now, value)
    )
  })
  return settings.joinsFilters === false ? all.slice(0, 1) : all
}

/** The part of `match` that the app may filter by, as a filter. */
export function filterFor(app: ScimApp, match: Match): Filter | undefined {
  const [first, ...others] = fieldsFor(app, match).map((field) => {
    const value = match[field] ?? ''
    const attribute = spelling(app.settings, ATTRIBUTES[field]) || ATTRIBUTES[field]
    return eq(attribute, field === 'status' ? value === 'active' : value)
  })
  return first && and(first, ...others)
}

/** What shows whether the app applies the filter for `match`; undefined if there is nothing to filter by. */
export function userFilter(
  app: ScimApp,
  match: Match,
  context: RequestContext,
): AppFilter<ScimUser> | undefined {
  const by = fieldsFor(app, match)
  if (by.length === 0) return undefined
  return {
    by,
    get known() {
      const { filters = {} } = app.known?.now ?? {}
      return Object.fromEntries(
        by.flatMap((field) => {
          const state = filters[ATTRIBUTES[field]]
          // What is written otherwise would be missing.
          const use = state === 'exact' ? 'ignored' : state
          return isSeen(use) ? [[field, use] as const] : []
        }),
      )
    },
    // Only who has several emails shows whether all of them are looked at.
    worth: ({ emails }) => (match.email === undefined ? 0 : emails.length),
    fits: (user, field) => matches(user, field, String(match[field])),
    async shows(user, total) {
      const own = by.flatMap((field) => {
        const value = ownValue(user, field)
        return value === undefined ? [] : [[field, value] as const]
      })
      const filter = own.length === by.length ? filterFor(app, Object.fromEntries(own)) : undefined
      if (!filter) return undefined
      const list = await readList(app, 'Users', { filter: filter.text, startIndex: 1, count: 1 }, context)
      if ('failure' in list || (by.join() === 'status' && keepsSome(list, total))) return false
      const users = list.rows.flatMap((row) => toUser(app, row) ?? [])
      return (
        users.length > 0 &&
        users.every((one) => own.every(([field, value]) => matches(one, field, value) !== false))
      )
    },
    async learn(states: FilterStates) {
      const filters = Object.fromEntries(
        by.flatMap((field) => (states[field] ? [[ATTRIBUTES[field], states[field]]] : [])),
      )
      await app.known?.note({ filters })
    },
  }
}

function ownValue(user: ScimUser, field: FilterField): string | undefined {
  const { externalId, status } = user.account
  // Some apps look at the first email alone (simstudioai/sim#7567).
  const email = user.emails.at(-1)
  return {
    // In another letter case, which does not count for them: the app must find them all the same.
    userName: inOtherCase(user.userName),
    email: email && inOtherCase(email),
    externalId,
    status: status === 'unknown' ? undefined : status,
  }[field]
}
