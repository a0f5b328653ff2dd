import type { RequestContext } from '../../domain/operations.ts'
import { inOtherCase, sameId, sameUserName } from '../../domain/same.ts'
import { refusesFilter } from '../http/classify.ts'
import type { Failure } from '../http/reply.ts'
import type { FilterAttribute, FilterState, LearnedCapabilities } from './capabilities.ts'
import { note, queryFor, refused } from './evidence.ts'
import { eq, spelling } from './filter.ts'
import { hiddenIn, NAMES } from './hidden.ts'
import { fitsTerm, type Term, valuesOf } from './look-up.ts'
import { type ScimUser, toUser } from './read.ts'
import { canFilter, readList } from './read-list.ts'
import type { ScimApp, ScimRows } from './request.ts'

/** In which order users are chosen to test them with: few have several emails, and all have a user name. */
const BY_CHOICE = ['emails.value', 'externalId', 'userName'] as const

/** Whether it is known what the app does with each filter that a person is looked up by. */
export const areFiltersTested = ({ known, settings }: ScimApp): boolean =>
  (known?.now.or !== undefined || settings.joinsFilters === false) &&
  NAMES.every((by) => known?.now.filters?.[by] !== undefined || spelling(settings, by) === false)

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
  const [first, ...others] = page.rows.flatMap((row) => toUser(app, row) ?? [])
  // An app without users has nothing to test with.
  if (!first) return page
  const users = [first, ...others] as const
  const { hidden, record } = await hiddenIn(app, users, context)
  const idsWithAt = users.some(({ account: { id, externalId } }) =>
    [id, externalId].some((one) => one?.includes('@')),
  )
  await app.known?.note({ idsWithAt: idsWithAt || hidden.includes('externalId'), hidden })
  const samples = samplesFor(record ? [record, ...others] : users)
  await test(app, samples, context)
  const unsampled = NAMES.filter(
    (name) => !app.known?.now.filters?.[name] && samples.every(({ by }) => by !== name),
  )
  if (unsampled.length === 0) return page
  // Where no record can be read, nobody knows whether people have it.
  const isTold = record !== undefined && (await refusesUnknown(app, context))
  await note(app, unsampled, isTold ? 'unborne' : 'untested')
  return page
}

/** A user to test a filter with. */
type Sample = Term & {
  by: (typeof NAMES)[number]
  id: string
  /** The value is the user's user name too, so an app that looks for every value among those would bring the user. */
  isUserName: boolean
}

/** One user for each attribute that somebody bears, different ones if possible. */
function samplesFor(users: readonly ScimUser[]): Sample[] {
  const samples: Sample[] = []
  for (const by of BY_CHOICE) {
    const borne = (user: ScimUser) => valuesOf(user, by).filter(isPlain)
    const isFresh = ({ account }: ScimUser) => samples.every(({ id }) => id !== account.id)
    const bearers = users.filter((user) => borne(user).length > 0)
    const fresh = bearers.filter(isFresh)
    const isOwn = (one: ScimUser) => !sameUserName(borne(one).at(-1), one.userName)
    const user = fresh.find((one) => borne(one).length > 1) ?? fresh.find(isOwn) ?? fresh[0] ?? bearers[0]
    // The last of several, since some apps look at the first alone (simstudioai/sim#7567).
    const value = user && borne(user).at(-1)
    if (!user || value === undefined) continue
    const isUserName = by !== 'userName' && sameUserName(value, user.userName)
    samples.push({ by, value, id: user.account.id, isUserName })
  }
  return samples.sort((one, other) => NAMES.indexOf(one.by) - NAMES.indexOf(other.by))
}

/** An attribute that no app has. */
const UNKNOWN = 'noSuchAttribute'

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
    const isProven = !works(state) || !sample.isUserName || (await readsAttribute(app, sample, context))
    await note(app, [sample.by], isProven ? state : 'ignored')
  }
  const working = usable.filter(({ by }) => works(app.known?.now.filters?.[by]))
  if (working.length < usable.length) await testJoined(app, working, context)
}

/** What the app does with `or`; if it brings all samples, each part of the filter works. Undefined for an outage. */
async function testJoined(
  app: ScimApp,
  samples: readonly Sample[],
  context: RequestContext,
): Promise<LearnedCapabilities['or']> {
  if (app.settings.joinsFilters === false) return 'refused'
  // Only different users show that every part was read.
  const differ = new Set(samples.map(({ id }) => id)).size === samples.length
  const state = samples.length > 1 && differ ? await answerTo(app, samples, context) : 'ignored'
  if (!state) return undefined
  const or = state === 'exact' ? 'honoured' : state
  await app.known?.note({ or })
  // Which of them it is that the app compares letter by letter shows only when each is asked for by itself.
  for (const sample of or === 'honoured' ? samples : []) {
    const own = state === 'exact' ? await answerTo(app, [sample], context) : state
    if (own) await note(app, [sample.by], own)
  }
  return or
}

/** Whether a filter finds who is there, in whatever letter case. */
const works = (state: FilterState | undefined): boolean => state === 'honoured' || state === 'exact'

/** Letter case does not count for these (RFC 7643 §4.1.1, §8.7.1); an external id is exact. */
const CASELESS: readonly FilterAttribute[] = ['userName', 'emails.value']

/** What the app does with a filter by these values, asked in another letter case first. Undefined if the app fails. */
async function answerTo(
  app: ScimApp,
  samples: readonly Sample[],
  context: RequestContext,
): Promise<Extract<FilterState, 'honoured' | 'exact' | 'ignored' | 'refused'> | undefined> {
  const others = samples.map((one) =>
    CASELESS.includes(one.by) ? { ...one, value: inOtherCase(one.value) } : one,
  )
  const first = await bringsOf(app, others, context)
  if (first !== 'missed') return first
  const isSpelledAlike = others.every(({ value }, at) => value === samples[at]?.value)
  const second = isSpelledAlike ? first : await bringsOf(app, samples, context)
  return second === 'honoured' ? 'exact' : second === 'missed' ? 'ignored' : second
}

/**
 * Whether a filter brings all samples and nobody who does not fit. `missed`: it brings nobody who does not fit, and not
 * all samples. Undefined if the app fails.
 */
async function bringsOf(
  app: ScimApp,
  samples: readonly Sample[],
  context: RequestContext,
): Promise<LearnedCapabilities['or'] | 'missed'> {
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
  return only ? (all ? 'honoured' : 'missed') : 'ignored'
}

/** Whether the app looks at the attribute of a filter. Some look for the value in one place, whatever is asked (ory/polis). */
async function readsAttribute(
  app: ScimApp,
  { value, id }: Sample,
  context: RequestContext,
): Promise<boolean> {
  const filter = eq(UNKNOWN, value).text
  const list = await readList(app, 'Users', { filter, count: app.settings.pageSize }, context)
  return 'failure' in list || !list.rows.some((row) => sameId(toUser(app, row)?.account.id, id))
}

/** Whether the app refuses a filter that it can't know, or brings everybody: either shows. */
async function refusesUnknown(app: ScimApp, context: RequestContext): Promise<boolean> {
  const filter = eq(UNKNOWN, 'nobody').text
  const list = await readList(app, 'Users', { filter, count: app.settings.pageSize }, context)
  return 'failure' in list ? refusesFilter(list.failure) : list.rows.length > 0
}
