import * as z from 'zod'
import {
  COMPARED_KINDS,
  ComparedRow,
  type Comparison,
  ComparisonCounts,
  countOf,
  type RowFilter,
} from '../domain/comparison.ts'
import { comparedWith } from '../engine/compare-desk.ts'
import { sameAsBefore } from '../engine/cursor.ts'
import { defineTool } from '../engine/tool.ts'
import { ComparisonId, Cursor, Limit, TenantName, TenantNames } from './fields.ts'
import { fitting } from './fit.ts'

interface RowsCursor extends RowFilter {
  comparisonId: string
  from: number
}

export default defineTool({
  name: 'compare_users',
  title: 'Compare users with the source',
  description:
    'Compare tenants with the truth about people: who left but is active (stale), who has no account (missing), ' +
    'who differs, orphans. Counts first; rows with the comparisonId.',
  needs: ['listAccounts'],
  effect: 'reads',
  priority: () => 'bulk',
  input: () =>
    z
      .strictObject({
        truth: TenantName.optional().describe('Identity provider or HR'),
        tenants: TenantNames.optional().describe('Default: all others'),
        comparisonId: ComparisonId.optional(),
        kind: z.enum(COMPARED_KINDS).optional().describe('Only these rows'),
        tenant: TenantName.optional().describe('Only rows of this one'),
        limit: Limit(200, 50),
        cursor: Cursor,
      })
      .refine(
        ({ truth, comparisonId, cursor }) =>
          truth === undefined
            ? comparisonId !== undefined || cursor !== undefined
            : comparisonId === undefined,
        'needs `truth`, or `comparisonId`',
      ),
  output: () =>
    z.object({
      comparisonId: z.string(),
      status: z.enum(['running', 'finished']),
      counts: z.array(ComparisonCounts),
      rows: z.array(ComparedRow),
      nextCursor: z.string().optional(),
      complete: z.boolean(),
      incomplete: z.array(z.object({ tenant: z.string(), code: z.string() })).optional(),
      note: z.string().optional(),
    }),

  async run({ truth, tenants, comparisonId, kind, tenant, limit, cursor }, { ask, cursors, comparisons }) {
    const before = cursor ? await cursors.open<RowsCursor>(cursor) : undefined
    if (before) sameAsBefore({ comparisonId, kind, tenant }, { ...before })
    const id = before?.comparisonId ?? comparisonId
    const comparison =
      id === undefined
        ? await comparisons.open({
            truth: truth ?? '',
            tenants: comparedWith(truth ?? '', tenants, ask.tenants),
          })
        : await comparisons.get(id)
    const counted = shownOf(comparison)
    if (comparison.state !== 'finished') return { ...counted, rows: [] }
    const filter: RowFilter = before
      ? {
          ...(before.kind && { kind: before.kind }),
          ...(before.tenant !== undefined && { tenant: before.tenant }),
        }
      : { ...(kind && { kind }), ...(tenant !== undefined && { tenant }) }
    const from = before?.from ?? 0
    const cursorAt = (at: number) =>
      cursors.sign({ comparisonId: comparison.id, ...filter, from: at } satisfies RowsCursor)
    // Of many people, counts are enough to decide what to look at.
    if (id === undefined) {
      return { ...counted, rows: [], ...(sumOf(comparison, {}) > 0 && { nextCursor: await cursorAt(0) }) }
    }
    const rows: ComparedRow[] = []
    for await (const row of comparisons.rows(comparison, filter, from)) {
      rows.push(row)
      if (rows.length >= limit) break
    }
    const fit = fitting(rows.length, (most) => ({ ...counted, rows: rows.slice(0, most) }), from)
    const next = from + fit
    return {
      ...counted,
      rows: rows.slice(0, fit),
      ...(next < sumOf(comparison, filter) && { nextCursor: await cursorAt(next) }),
    }
  },
})

const sumOf = ({ counts }: Comparison, { kind, tenant }: RowFilter): number =>
  counts
    .filter((one) => tenant === undefined || one.tenant === tenant)
    .flatMap((one) =>
      COMPARED_KINDS.filter((of) => kind === undefined || of === kind).map((of) => countOf(one, of)),
    )
    .reduce((sum, number) => sum + number, 0)

function shownOf({ id, state, counts, incomplete, notes, read }: Comparison) {
  const isFinished = state === 'finished'
  const running = `It is still being compared (${read} accounts read so far): ask again with the comparisonId.`
  const told = isFinished ? notes : [running]
  return {
    comparisonId: id,
    status: isFinished ? ('finished' as const) : ('running' as const),
    counts,
    complete: isFinished && incomplete.length === 0,
    ...(incomplete.length > 0 && { incomplete }),
    ...(told.length > 0 && { note: told.join(' ') }),
  }
}
