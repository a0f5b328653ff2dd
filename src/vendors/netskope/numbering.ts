import { contentIdOf, ownIdOf } from './events.ts'

/** Keeps a cursor short: so many different events without an id are not expected within one second. */
const MAX_CARRIED = 25

/**
 * Ids for the events of a pull, in the order of the log. An event without an id of its own gets one from its content;
 * equal ones get a running number, since each of them happened. They have the same time, so a page has to know of the
 * page before only what happened in the second in which that ended.
 */
export function numbering(before: Readonly<Record<string, number>> = {}) {
  const counts = new Map(Object.entries(before))
  const own = new Set<string>()
  let second: number | undefined
  let recent = Object.keys(before)
  return {
    /** `isNew` is false for an event that the app sent before, by its own id. */
    next(raw: unknown, time: number | undefined): { id: string; isNew: boolean } {
      const id = ownIdOf(raw)
      if (id !== undefined) {
        const isNew = !own.has(id)
        own.add(id)
        return { id, isNew }
      }
      const content = contentIdOf(raw)
      const count = (counts.get(content) ?? 0) + 1
      counts.set(content, count)
      if (time !== second && second !== undefined) recent = []
      second = time
      if (!recent.includes(content)) recent = [...recent, content].slice(-MAX_CARRIED)
      return { id: count === 1 ? content : `${content}-${count}`, isNew: true }
    },
    /** What the next page has to know. */
    carried(): Record<string, number> | undefined {
      if (recent.length === 0) return undefined
      return Object.fromEntries(recent.map((content) => [content, counts.get(content) ?? 0]))
    },
  }
}
