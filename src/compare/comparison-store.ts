import { randomBytes } from 'node:crypto'
import {
  COMPARED_KINDS,
  type ComparedRow,
  type Comparison,
  countOf,
  type RowFilter,
} from '../domain/comparison.ts'
import { NotFound } from '../errors.ts'
import type { Store } from '../store/store.ts'

/** Rows are kept in pages of each tenant and kind. */
const ROWS_PER_PAGE = 100
/** A comparison ages: who left meanwhile is not in it. */
const KEPT_MS = 24 * 3_600_000
/** Who works on a comparison says so more often than this. */
const ALIVE_MS = 15_000

/** Comparisons and what they found, which every process that uses the store shares. */
export interface ComparisonStore {
  /** The comparison of this question that is under way or was not told yet, or a new one; whether it has to be begun. */
  open(
    asked: Pick<Comparison, 'caller' | 'truth' | 'tenants'>,
  ): Promise<{ comparison: Comparison; begin: boolean }>
  get(id: string): Promise<Comparison | undefined>
  change(id: string, edit: (comparison: Comparison, now: number) => Comparison): Promise<Comparison>
  /** Takes rows, each at the end of those of its tenant and kind. */
  writer(id: string): RowWriter
  /** The rows that are asked for, from this one on. */
  rows(comparison: Comparison, filter: RowFilter, from: number): AsyncGenerator<ComparedRow>
}

export interface RowWriter {
  add(row: ComparedRow): Promise<void>
  /** Writes what is left. */
  end(): Promise<void>
}

const metaKey = (id: string) => `comparison/meta/${id}`
const askedKey = (asked: object) => `comparison/asked/${JSON.stringify(asked)}`
const pageKey = (id: string, section: string, page: number) => `comparison/rows/${id}/${section}/${page}`
const sectionOf = ({ tenant, kind }: Pick<ComparedRow, 'tenant' | 'kind'>) => `${kind}/${tenant}`

export function openComparisonStore(store: Store): ComparisonStore {
  const get = (id: string) => store.get<Comparison>(metaKey(id))
  const change: ComparisonStore['change'] = (id, edit) =>
    store.update<Comparison, Comparison>(metaKey(id), (comparison, now) => {
      if (!comparison) throw noComparison(id)
      const next = edit(comparison, now)
      return { next, ttl: KEPT_MS, result: next }
    })
  return {
    async open({ caller, truth, tenants }) {
      const asked = { caller, truth, tenants }
      const now = await store.now()
      const known = await store.get<string>(askedKey(asked))
      const before = known === undefined ? undefined : await get(known)
      if (before?.state === 'running') {
        const isAlive = now - before.aliveAt < ALIVE_MS
        // Its process has ended: it begins anew under the same id.
        if (!isAlive) await change(before.id, (one, at) => ({ ...one, aliveAt: at, counts: [], read: 0 }))
        return { comparison: before, begin: !isAlive }
      }
      if (before?.state === 'finished' && !before.told) return { comparison: before, begin: false }
      const comparison: Comparison = {
        ...asked,
        id: `cmp-${randomBytes(6).toString('hex')}`,
        state: 'running',
        startedAt: now,
        aliveAt: now,
        read: 0,
        counts: [],
        incomplete: [],
        notes: [],
      }
      await store.set(metaKey(comparison.id), comparison, KEPT_MS)
      await store.set(askedKey(asked), comparison.id, KEPT_MS)
      return { comparison, begin: true }
    },
    get,
    change,
    writer(id) {
      const open = new Map<string, { page: number; rows: ComparedRow[] }>()
      const write = (section: string, page: number, rows: readonly ComparedRow[]) =>
        store.set(pageKey(id, section, page), rows, KEPT_MS)
      return {
        async add(row) {
          const section = sectionOf(row)
          const { page, rows } = open.get(section) ?? { page: 0, rows: [] }
          rows.push(row)
          if (rows.length < ROWS_PER_PAGE) open.set(section, { page, rows })
          else {
            open.set(section, { page: page + 1, rows: [] })
            await write(section, page, rows)
          }
        },
        async end() {
          for (const [section, { page, rows }] of open) if (rows.length > 0) await write(section, page, rows)
        },
      }
    },
    async *rows({ id, counts }, { kind, tenant }, from) {
      let skip = from
      for (const one of counts.filter((of) => tenant === undefined || of.tenant === tenant)) {
        for (const each of COMPARED_KINDS.filter((of) => kind === undefined || of === kind)) {
          const count = countOf(one, each)
          if (skip >= count) {
            skip -= count
            continue
          }
          for (let page = Math.floor(skip / ROWS_PER_PAGE); page * ROWS_PER_PAGE < count; page++) {
            const key = pageKey(id, sectionOf({ tenant: one.tenant, kind: each }), page)
            const rows = await store.get<ComparedRow[]>(key)
            if (!rows) throw noComparison(id)
            yield* rows.slice(skip - page * ROWS_PER_PAGE)
            skip = Math.max(skip, (page + 1) * ROWS_PER_PAGE)
          }
          skip = 0
        }
      }
    },
  }
}

export const noComparison = (id: string): NotFound =>
  new NotFound(`There is no comparison ${id}, or it is over a day old.`, 'Compare again with `truth`.')
