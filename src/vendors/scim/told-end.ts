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
  { isFirst, isFiltered }: { isFirst: boolean; isFiltered: boolean },
  pageAt: (startIndex: number) => Promise<ScimRows | undefined>,
): Promise<ScimRows> {
  const { total, ...rest } = page
  const { rows } = page
  const now = known?.now.totals?.[collection] ?? 0
  if (total === undefined || now === 'of list') return page
  if (now === 'of page') return rest
  const learn = async (told: 'of list' | 'of page' | number) =>
    known?.note({ totals: { ...known.now.totals, [collection]: told } })
  if (total > rows.length && rows.length > 0) {
    await learn('of list')
    return page
  }
  const mayBeCut =
    isFirst && total === rows.length && rows.length > now && !(isFiltered && rows.length <= NAMED)
  if (!mayBeCut) return page
  const behind = await pageAt(rows.length + 1)
  const isCut = behind?.rows.some((row) => !rows.some((one) => isSame(one, row))) ?? false
  await learn(isCut ? 'of page' : rows.length)
  return isCut ? rest : page
}

const isSame = (one: unknown, other: unknown): boolean => asId(field(one, 'id')) === asId(field(other, 'id'))
