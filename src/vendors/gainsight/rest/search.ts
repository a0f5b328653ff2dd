import type { RequestContext } from '../../../domain/operations.ts'
import { inOtherCase, spellingsOf } from '../../../domain/same.ts'
import type { AppMemory } from '../../../store/app-memory.ts'
import { sameText } from '../../../text/text.ts'
import type { FilterState } from '../../http/filtered.ts'
import { asWord, field } from '../../http/values.ts'
import { isMeant } from '../../scim/match.ts'
import type { Dialect } from './dialect.ts'
import { addTo, type Looking, type RestUsers } from './rest-users.ts'
import { type AnyOf, anyCase } from './where.ts'

const SEARCH_KEY = 'gainsight.search'
const SEARCH_TTL_MS = 24 * 60 * 60_000

/** Whether the search is known to find whoever there is. */
export const isSearchKnown = async (memory: AppMemory): Promise<boolean> =>
  (await memory.get<FilterState>(SEARCH_KEY)) === 'honoured'

/** Whether look-ups are answered by a search in this dialect; undefined while that is not known. */
export async function searches(memory: AppMemory, dialect: Dialect['name']): Promise<boolean | undefined> {
  if (dialect === 'users') return false
  const known = await memory.get<FilterState>(SEARCH_KEY)
  return known && known === 'honoured'
}

/**
 * Searches for the names, unless the app is known not to search. As long as that is not known, the same request searches
 * for users of the list, who must come. Whether the answer is evidence.
 */
export async function bySearch(
  { dialect, memory, pageSize, read }: Pick<RestUsers, 'dialect' | 'memory' | 'pageSize' | 'read'>,
  names: readonly string[],
  { fetch, found }: Looking,
  context: RequestContext,
): Promise<boolean> {
  const known = await memory.get<FilterState>(SEARCH_KEY)
  if (!dialect.search || known === 'ignored' || known === 'refused') return false
  const note = (state: FilterState) => memory.set(SEARCH_KEY, state, SEARCH_TTL_MS)
  const samples = known === 'honoured' ? [] : samplesIn(dialect, (await fetch(1)).rows)
  if (!samples) return false
  const conditions = [...names.flatMap((name) => conditionsFor(dialect, name)), ...samples]
  const answer = await dialect.search(conditions, pageSize, context)
  if ('filterRefused' in answer) {
    if (answer.filterRefused.certain) await note('refused')
    return false
  }
  const users = answer.rows.flatMap((row) => read(row) ?? [])
  addTo(
    found,
    users.filter((user) => isMeant(user, names)),
  )
  // An app that ignores the search sends all users, or their first page; another may find nobody.
  const ignores =
    answer.rows.some((row) => !conditions.some((condition) => fits(row, condition))) ||
    samples.some((sample) => !answer.rows.some((row) => fits(row, sample)))
  // Without a total, a full page can be one of several.
  const isEnd = answer.total === undefined ? users.length < pageSize : users.length === answer.total
  const isWhole = isEnd && users.length === answer.rows.length
  if (ignores || (isWhole && known === undefined)) await note(ignores ? 'ignored' : 'honoured')
  return !ignores && isWhole
}

const SEARCHED = ['userName', 'email', 'id'] as const

/** The conditions that find `who`, in the letter cases that an app may keep. */
const conditionsFor = ({ names }: Dialect, who: string): AnyOf =>
  SEARCHED.flatMap((field) => {
    const name = names[field]
    if (name === undefined || (field === 'id' && who.includes('@'))) return []
    return field === 'id' ? [{ name, value: who }] : spellingsOf(who).flatMap((one) => anyCase(name, one))
  })

const fits = (row: unknown, { name, value }: AnyOf[number]): boolean =>
  sameText(asWord(field(row, name)), String(value))

/**
 * A condition for each field that somebody in these rows bears, each with a user of its own: else the answer would not
 * show that all conditions were read. Undefined if there are too few users.
 */
function samplesIn({ names }: Dialect, rows: readonly unknown[]): AnyOf | undefined {
  const left = new Set(rows)
  const samples: AnyOf[number][] = []
  for (const by of SEARCHED) {
    const name = names[by]
    const isBorne = name !== undefined && rows.some((row) => asWord(field(row, name)) !== undefined)
    // Everybody has an id and an email; of a user name it may be that nobody has one.
    if (name === undefined || (by === 'userName' && !isBorne)) continue
    const row = [...left].find((one) => asWord(field(one, name)) !== undefined)
    const value = asWord(field(row, name))
    if (value === undefined) return undefined
    left.delete(row)
    // An app that compares letter case would not find who is asked for in another one.
    samples.push({ name, value: by === 'id' ? value : inOtherCase(value) })
  }
  return samples.length > 0 ? samples : undefined
}
