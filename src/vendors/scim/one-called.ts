import type { Group } from '../../domain/account.ts'
import { Ambiguous } from '../../errors.ts'
import { inQuotes } from '../../text/text.ts'

/**
 * The one of the groups that were found by a name; undefined if there is none. Throws `Ambiguous` for several: names of
 * groups need not be unique.
 */
export function oneCalled<Row>(
  tenant: string,
  name: string,
  { found: [first, ...others], toGroup }: { found: readonly Row[]; toGroup: (row: Row) => Group | undefined },
): Row | undefined {
  if (first === undefined || others.length === 0) return first
  const candidates = [first, ...others].flatMap((row) => {
    const group = toGroup(row)
    return group ? [{ tenant, id: group.id, userName: group.name }] : []
  })
  throw new Ambiguous(
    `${candidates.length} groups are called ${inQuotes(name)} in ${tenant}.`,
    'Name one of the candidates by its id.',
    { tenant, candidates },
  )
}
