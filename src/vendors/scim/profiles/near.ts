import { APPS } from './apps.ts'

const MAX_NEAR = 3

/** The apps whose names are most like this one; can be none. */
export function nearNames(name: string): string[] {
  const wanted = plain(name.slice(0, 64))
  if (wanted === '') return []
  return APPS.map((app) => ({ app, off: distance(wanted, plain(app)) }))
    .filter(({ app, off }) => off <= wanted.length / 3 || isPart(wanted, plain(app)))
    .sort((a, b) => a.off - b.off)
    .slice(0, MAX_NEAR)
    .map(({ app }) => app)
}

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z\d]/g, '')

const isPart = (wanted: string, app: string): boolean =>
  wanted.length > 2 && app.length > 2 && (app.includes(wanted) || wanted.includes(app))

/** How many letters must be typed, deleted or replaced to make one name of the other (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (const [done, letter] of [...one].entries()) {
    const next = [done + 1]
    for (let at = 0; at < other.length; at += 1) {
      const replaced = (row[at] ?? 0) + (other[at] === letter ? 0 : 1)
      next.push(Math.min(replaced, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
