import type { RequestContext } from '../../domain/operations.ts'
import { sameId, sameUserName } from '../../domain/same.ts'
import { IdentityError } from '../../errors.ts'
import { refusesFilter } from '../http/classify.ts'
import { path } from '../http/client.ts'
import type { Failure } from '../http/reply.ts'
import type { FilterAttribute, FilterState } from './capabilities.ts'
import { anyOf, eq, marksIn, readsRightly, spelling } from './filter.ts'
import { fitsTerm, type Term, valuesOf } from './look-up.ts'
import type { Named } from './match.ts'
import { type ScimUser, toUser } from './read.ts'
import { canFilter, readList } from './read-list.ts'
import { listRefusal, readOne, type ScimApp } from './request.ts'

/** The users that filters brought, and the terms that the app answered. */
export interface Answered {
  users: ScimUser[]
  terms: readonly Term[]
  /** In one filter with `or`. */
  joined: boolean
}

/** Asks for all terms in one request; undefined if the app cannot, or its answer makes no sense. */
export async function askTogether(
  app: ScimApp,
  terms: readonly Term[],
  context: RequestContext,
): Promise<Answered | undefined> {
  const usable = terms.filter(({ by }) => canFilter(app, by))
  const joins = app.settings.joinsFilters !== false && (app.known?.now.or ?? 'honoured') === 'honoured'
  if (usable.length < 2 || !joins) return undefined
  const answer = await usersBy(app, usable, context)
  if ('users' in answer) return { users: answer.users, terms: usable, joined: true }
  if (answer.failure && !refusesFilter(answer.failure)) throw await refused(app, answer.failure, context)
  return undefined
}

/** Asks for the terms one by one, and notes what the app does with each. */
export async function askEach(
  app: ScimApp,
  terms: readonly Term[],
  context: RequestContext,
): Promise<Answered> {
  const users: ScimUser[] = []
  const answered: Term[] = []
  for (const term of terms) {
    if (!canFilter(app, term.by)) continue
    const answer = await usersBy(app, [term], context)
    if ('users' in answer) {
      users.push(...answer.users)
      answered.push(term)
      // Somebody who is found shows nothing of letter case.
      const isKnown = app.known?.now.filters?.[term.by] === 'exact'
      if (answer.users.length > 0 && !isKnown) await note(app, [term.by], 'honoured')
    } else if (!answer.failure) {
      if (answer.state === 'ignored') await note(app, [term.by], 'ignored')
    } else {
      const { status, scimType } = answer.failure
      const certain = status === 501 || scimType === 'invalidFilter'
      // During an outage, the first filter must not start a search through the whole list.
      const matters = term.by === 'userName' ? !certain : !refusesFilter(answer.failure)
      if (matters) throw await refused(app, answer.failure, context)
      if (status !== 500) await note(app, [term.by], 'refused')
    }
  }
  return { users, terms: answered, joined: false }
}

/** Whether the answer to a term is evidence: the app was seen to honour such filters, and to read such values. */
export function isProven({ known }: ScimApp, term: Term, { users, terms, joined }: Answered): boolean {
  const state = known?.now.filters?.[term.by]
  // By an app that compares letter by letter, somebody whose name is written otherwise is not found.
  const isOfLetters = term.value.toLowerCase() !== term.value.toUpperCase()
  const honoured = state === 'honoured' || state === 'unborne' || (state === 'exact' && !isOfLetters)
  const answered = terms.some(({ by, value }) => by === term.by && value === term.value)
  const found = users.some((user) => fitsTerm(user, term))
  return (
    answered &&
    (!joined || known?.now.or === 'honoured') &&
    ((found && (honoured || state === 'exact')) || (honoured && readsRightly(known?.now, term.value)))
  )
}

type Filtered = { users: ScimUser[] } | { state: 'ignored' | 'refused' | 'unclear'; failure?: Failure }

/** List rows that tell less than the records are read again, but not more than these. */
const MAX_ROWS_REREAD = 3

/**
 * The users that fit one of the terms. Every row is compared again: some apps return everybody for a filter that they do
 * not understand (Cogtrix#124), others a total without rows (wso2/product-is#11126).
 */
async function usersBy(app: ScimApp, terms: readonly Term[], context: RequestContext): Promise<Filtered> {
  const list = await readList(app, 'Users', queryFor(app, terms), context)
  if ('failure' in list) return { state: 'refused', failure: list.failure }
  const users = await Promise.all(list.rows.map((row, index) => inFull(app, row, terms, index, context)))
  const fits = (user: ScimUser | undefined): user is ScimUser =>
    user !== undefined && terms.some((term) => fitsTerm(user, term))
  // Of rows behind those that are read again it is not known.
  if (users.slice(0, MAX_ROWS_REREAD).some((user) => user && !fits(user))) return { state: 'ignored' }
  if ((list.total ?? 0) > users.length || users.some((user) => !user)) return { state: 'unclear' }
  if (!users.every(fits)) return { state: 'ignored' }
  await noteMarks(app, users, terms)
  return { users }
}

/** Notes the characters that the app read rightly in a value by which it found somebody. */
async function noteMarks(app: ScimApp, users: readonly ScimUser[], terms: readonly Term[]): Promise<void> {
  const { marks = '' } = app.known?.now ?? {}
  const read = terms.filter((term) => users.some((user) => fitsTerm(user, term)))
  const more = read.flatMap(({ value }) => marksIn(value)).filter((mark) => !marks.includes(mark))
  if (more.length > 0) await app.known?.note({ marks: marks + [...new Set(more)].join('') })
}

// With a count: without one, some apps answer with a total and no rows (wso2/product-is#11126).
export const queryFor = (app: ScimApp, terms: readonly Term[]) => ({
  filter: anyOf(terms.map(({ by, value }) => eq(spelling(app.settings, by) || by, value))).text,
  count: app.settings.pageSize,
})

/** A row, or the whole record if the row does not show why it was found. */
async function inFull(
  app: ScimApp,
  row: unknown,
  terms: readonly Term[],
  index: number,
  context: RequestContext,
): Promise<ScimUser | undefined> {
  const user = toUser(app, row)
  if (!user || index >= MAX_ROWS_REREAD || terms.some((term) => fitsTerm(user, term))) return user
  const { hidden = [] } = app.known?.now ?? {}
  const tellsAll = terms.every(({ by }) => valuesOf(user, by).length > 0 && !hidden.includes(by))
  return tellsAll ? user : ((await recordOf(app, user, context)) ?? user)
}

/** The whole record of a user from a list; undefined if the app does not show it, or another one under its id. */
export async function recordOf(
  app: ScimApp,
  { account, userName }: Pick<Named, 'account' | 'userName'>,
  context: RequestContext,
): Promise<ScimUser | undefined> {
  let raw: unknown
  try {
    raw = await readOne(app, { path: path`/Users/${account.id}` }, 'Users', context)
  } catch (error) {
    if (!(error instanceof IdentityError) || error.retryable) throw error
  }
  const user = toUser(app, raw)
  const isSame = user && sameId(user.account.id, account.id) && sameUserName(user.userName, userName)
  return isSame ? user : undefined
}

export const refused = (app: ScimApp, failure: Failure, context: RequestContext) =>
  listRefusal(app, failure, 'Users', context)

export async function note(
  app: ScimApp,
  attributes: readonly FilterAttribute[],
  state: FilterState,
): Promise<void> {
  if (attributes.length === 0) return
  await app.known?.note({ filters: Object.fromEntries(attributes.map((by) => [by, state])) })
}
