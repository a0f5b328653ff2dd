const MAX_NEAR = 3
const MAX_WORD = 64

/** The names that are most like `word`, in any spelling of case and separators; can be none. */
export function nearNames(word: string, names: readonly string[]): string[] {
  const wanted = plain(word.slice(0, MAX_WORD))
  if (wanted === '') return []
  return names
    .map((name) => ({ name, off: distance(wanted, plain(name)) }))
    .filter(({ name, off }) => off <= wanted.length / 3 || isPart(wanted, plain(name)))
    .sort((a, b) => a.off - b.off)
    .slice(0, MAX_NEAR)
    .map(({ name }) => name)
}

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z\d]/g, '')

const isPart = (wanted: string, name: string): boolean =>
  wanted.length > 2 && name.length > 2 && (name.includes(wanted) || wanted.includes(name))

/**
 * How many letters must be typed, deleted, replaced or swapped with the next one to make one name of the other (Levenshtein,
 * with transpositions).
 */
function distance(one: string, other: string): number {
  let before: number[] = []
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (let done = 0; done < one.length; done += 1) {
    const next = [done + 1]
    for (let at = 0; at < other.length; at += 1) {
      const replaced = (row[at] ?? 0) + (other[at] === one[done] ? 0 : 1)
      const isSwap = at > 0 && other[at] === one[done - 1] && other[at - 1] === one[done]
      const swapped = isSwap ? (before[at - 1] ?? 0) + 1 : Number.POSITIVE_INFINITY
      next.push(Math.min(replaced, swapped, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1))
    }
    before = row
    row = next
  }
  return row.at(-1) ?? 0
}
