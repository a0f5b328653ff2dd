import type { Rows } from './request.ts'

/** One page by its number, counted from 0. */
type ReadPage = (page: number, size: number) => Promise<Rows>

/**
 * Rows by index from an app that pages by number. One that sends less than was asked for while there is more has a
 * largest page of its own; it is gone on in pages of that size.
 */
export function byIndex(readPage: ReadPage, pageSize: number): (start: number) => Promise<Rows> {
  let size = pageSize
  return async (start) => {
    for (;;) {
      const page = Math.floor((start - 1) / size)
      const { rows, ...more } = await readPage(page, size)
      const before = page * size
      const clamped = rows.length > 0 && rows.length < size && (more.total ?? 0) > before + rows.length
      const asked = size
      if (clamped && page === 0) size = rows.length
      // With pages of the smaller size the row asked for may stand on another one.
      if (size !== asked && start > rows.length) continue
      return { ...more, rows: rows.slice(start - 1 - before) }
    }
  }
}
