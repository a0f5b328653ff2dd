import type { RequestContext } from '../../domain/operations.ts'
import { sameId, sameUserName } from '../../domain/same.ts'
import { IdentityError } from '../../errors.ts'
import { refusesFilter } from '../http/classify.ts'
import { path } from '../http/client.ts'
import type { Failure } from '../http/reply.ts'
import type { FilterAttribute, FilterState, LearnedCapabilities } from './capabilities.ts'
import { anyOf, eq } from './filter.ts'
import { fitsTerm, type Term, valuesOf } from './look-up.ts'
import { type ScimUser, toUser } from './read.ts'
import { canFilter, listRefusal, readList, readOne, type ScimApp, type ScimRows } from './request.ts'

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
  if (usable.length < 2 || (app.known?.now.or ?? 'honoured') !== 'honoured') return undefined
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
      if (answer.users.length > 0) await note(app, [term.by], 'honoured')
    } else if (!answer.failure) {
      if (answer.state === 'ignored') await note(app, [term.by], 'ignored')
    } else {
      const { status, scimType } = answer.failure
      const certain = status === 501 || scimType?.toLowerCase() === 'invalidfilter'
      // During an outage, the first filter must not start a search through the whole list.
      const matters = term.by === 'userName' ? !certain : !refusesFilter(answer.failure)
      if (matters) throw await refused(app, answer.failure, context)
      if (status !== 500) await note(app, [term.by], 'refused')
    }
  }
  return { users, terms: answered, joined: false }
}

/** Whether the answer to a term is evidence: the app was seen to honour such filters. */
export function isProven({ known }: ScimApp, term: Term, { terms, joined }: Answered): boolean {
  const state = known?.now.filters?.[term.by]
  const honoured = state === 'honoured' || state === 'unborne'
  const answered = terms.some(({ by, value }) => by === term.by && value === term.value)
  return answered && honoured && (!joined || known?.now.or === 'honoured')
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
  if ((list.total ?? 0) > users.length || users.some((user) => !user)) return { state: 'unclear' }
  const fits = (user: ScimUser | undefined): user is ScimUser =>
    user !== undefined && terms.some((term) => fitsTerm(user, term))
  return users.every(fits) ? { users } : { state: 'ignored' }
}

// With a count: without one, some apps answer with a total and no rows (wso2/product-is#11126).
const queryFor = (app: ScimApp, terms: readonly Term[]) => ({
  filter: anyOf(terms.map(({ by, value }) => eq(by, value))).text,
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
  const tellsAll = terms.every(({ by }) => valuesOf(user, by).length > 0)
  return tellsAll ? user : ((await recordOf(app, user, context)) ?? user)
}

/** The whole record of a user from a list; undefined if the app does not show it, or another one under its id. */
export async function recordOf(
  app: ScimApp,
  { account, userName }: ScimUser,
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

/** The attributes that a person can be looked up by. */
const NAMES = ['userName', 'emails.value', 'externalId'] as const

/** Whether it is known what the app does with each filter that a person is looked up by. */
export const areFiltersTested = ({ known }: ScimApp): boolean =>
  known?.now.or !== undefined && NAMES.every((by) => known.now.filters?.[by] !== undefined)

/**
 * Tests the filters that people are looked up by with users that exist, and notes what was found. Returns the first page
 * of the list, which they come from, or the failure to read it.
 */
export async function testFilters(
  app: ScimApp,
  context: RequestContext,
): Promise<ScimRows | { failure: Failure }> {
  const page = await readList(app, 'Users', { startIndex: 1, count: app.settings.pageSize }, context)
  if ('failure' in page) return page
  const users = page.rows.flatMap((row) => toUser(app, row) ?? [])
  // An app without users has nothing to test with.
  if (users.length === 0) return page
  const samples = await samplesFor(app, users, context)
  const unborne = NAMES.filter((name) => samples.every(({ by }) => by !== name))
  const idsWithAt = users.some(({ account: { id, externalId } }) =>
    [id, externalId].some((one) => one?.includes('@')),
  )
  await app.known?.note({ idsWithAt })
  await note(app, unborne, 'unborne')
  await test(app, samples, context)
  return page
}

/** A user to test a filter with. */
type Sample = Term & { id: string }

/** One user for each attribute that somebody bears, different ones if possible. */
async function samplesFor(
  app: ScimApp,
  users: readonly ScimUser[],
  context: RequestContext,
): Promise<Sample[]> {
  const samples: Sample[] = []
  const [first] = users
  let whole: Promise<ScimUser | undefined> | undefined
  for (const by of NAMES) {
    const bears = (user: ScimUser) => valuesOf(user, by).some(isPlain)
    const isFresh = ({ account }: ScimUser) => samples.every(({ id }) => id !== account.id)
    let user = users.find((one) => bears(one) && isFresh(one)) ?? users.find(bears)
    if (!user && first) {
      // Lists can tell less than records (wso2/product-is#7372).
      whole ??= recordOf(app, first, context)
      const record = await whole
      user = record && bears(record) ? record : undefined
    }
    const value = user && valuesOf(user, by).find(isPlain)
    if (user && value !== undefined) samples.push({ by, value, id: user.account.id })
  }
  return samples
}

// No filter can hold other values.
const isPlain = (value: string) => value !== '' && !/[\p{Cc}\p{Cs}]/u.test(value)

/** Tests all samples in one filter, else one by one, and then those that work in one filter. */
async function test(app: ScimApp, samples: readonly Sample[], context: RequestContext): Promise<void> {
  const usable = samples.filter(({ by }) => canFilter(app, by))
  const joined = await testJoined(app, usable, context)
  if (joined !== 'refused' && joined !== 'ignored') return
  for (const sample of usable) {
    if (app.known?.now.filters?.[sample.by] !== undefined) continue
    const state = await answerTo(app, [sample], context)
    if (!state) return
    await note(app, [sample.by], state)
  }
  const working = usable.filter(({ by }) => app.known?.now.filters?.[by] === 'honoured')
  if (working.length < usable.length) await testJoined(app, working, context)
}

/** What the app does with `or`; if it brings all samples, each part of the filter works. Undefined for an outage. */
async function testJoined(
  app: ScimApp,
  samples: readonly Sample[],
  context: RequestContext,
): Promise<LearnedCapabilities['or']> {
  // Only different users show that every part was read.
  const differ = new Set(samples.map(({ id }) => id)).size === samples.length
  const state = samples.length > 1 && differ ? await answerTo(app, samples, context) : 'ignored'
  if (!state) return undefined
  await app.known?.note({ or: state })
  if (state === 'honoured') {
    const attributes = samples.map(({ by }) => by)
    await note(app, attributes, state)
  }
  return state
}

/** Whether a filter brings all samples and nobody who does not fit; undefined if the app fails. */
async function answerTo(
  app: ScimApp,
  samples: readonly Sample[],
  context: RequestContext,
): Promise<LearnedCapabilities['or']> {
  const list = await readList(app, 'Users', queryFor(app, samples), context)
  if ('failure' in list) {
    // A 500 may be an outage.
    if (list.failure.status === 500) return undefined
    if (refusesFilter(list.failure)) return 'refused'
    throw await refused(app, list.failure, context)
  }
  const users = list.rows.map((row) => toUser(app, row))
  const isSample = (user: ScimUser, { id }: Sample) => sameId(user.account.id, id)
  const all = samples.every((sample) => users.some((user) => user && isSample(user, sample)))
  const only = users.every(
    (user) => user && samples.some((sample) => isSample(user, sample) || fitsTerm(user, sample)),
  )
  return all && only ? 'honoured' : 'ignored'
}

const refused = (app: ScimApp, failure: Failure, context: RequestContext) =>
  listRefusal(app, failure, 'Users', context)

async function note(app: ScimApp, attributes: readonly FilterAttribute[], state: FilterState): Promise<void> {
  if (attributes.length === 0) return
  await app.known?.note({ filters: Object.fromEntries(attributes.map((by) => [by, state])) })
}
