import { asId, field } from '../http/values.ts'
import type { ScimApp, ScimRequestInfo, ScimRows } from './request.ts'

/** A filter that finds no more than this finds whom it names: such a page is not cut. */
const NAMED = 2

/**
 * A page, without its total where the app tells the number of the page's rows as that (wso2/product-is#7320). Once a first
 * page says that it is the whole list, what is behind it is asked for; after that, one that is no longer is believed.
 */
export async function withToldEnd(
  { known }: ScimApp,
  collection: ScimRequestInfo['collection'],
  page: ScimRows,
  { isFirst, isFiltered, count }: { isFirst: boolean; isFiltered: boolean; count: number | undefined },
  read: ReadRows,
): Promise<ScimRows> {
  const { total, ...rest } = page
  const { rows } = page
  const now = known?.now.totals?.[collection] ?? 0
  if (total === undefined || now === 'of list') return page
  if (now === 'of page') return rest
  const learn = async (told: 'of list' | 'of page' | number) =>
    known?.note({ totals: { ...known.now.totals, [collection]: told } })
  if (total > rows.length && rows.length > 0) {
    if (!isFiltered) await learn('of list')
    return page
  }
  const mayBeCut =
    isFirst && total === rows.length && rows.length > now && !(isFiltered && rows.length <= NAMED)
  if (!mayBeCut) return page
  const isCut = await hasMore(rows, count, read)
  await learn(isCut ? 'of page' : rows.length)
  return isCut ? rest : page
}

/** Reads so many rows from this index on, by default as many as the first page was to have; undefined where the app refuses. */
type ReadRows = (startIndex: number, count?: number) => Promise<readonly unknown[] | undefined>

/** Whether there are rows that a first page does not have. */
async function hasMore(
  rows: readonly unknown[],
  count: number | undefined,
  read: ReadRows,
): Promise<boolean> {
  const isNew = (row: unknown) => !rows.some((one) => isSame(one, row))
  const behind = (await read(rows.length + 1)) ?? []
  if (behind.length === 0 || behind.some(isNew)) return behind.length > 0
  // An app that ignores where to start sends its first rows: a longer page shows whether these are all that there are.
  return rows.length === count && ((await read(1, count + 1)) ?? []).some(isNew)
}

const isSame = (one: unknown, other: unknown): boolean => asId(field(one, 'id')) === asId(field(other, 'id'))
