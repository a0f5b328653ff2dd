/** Lines that differ between two texts, each with `-` or `+` before it; those around them can hold secrets of others. */
export function diffLines(before: string, after: string): string[] {
  const old = before.split(/\r?\n/)
  const now = after.split(/\r?\n/)
  const lines: string[] = []
  let [o, n] = [0, 0]
  for (const [inOld, inNow] of [...commonLines(old, now), [old.length, now.length] as const]) {
    if (inOld > o || inNow > n) {
      lines.push(`@@ line ${n + 1} @@`)
      lines.push(...old.slice(o, inOld).map((line) => `- ${line}`))
      lines.push(...now.slice(n, inNow).map((line) => `+ ${line}`))
    }
    o = inOld + 1
    n = inNow + 1
  }
  return lines
}

type Pair = readonly [inOld: number, inNow: number]

/** The positions of the lines that both have, in order. */
function commonLines(old: readonly string[], now: readonly string[]): Pair[] {
  let start = 0
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1
  let end = 0
  while (
    end < old.length - start &&
    end < now.length - start &&
    old[old.length - 1 - end] === now[now.length - 1 - end]
  )
    end += 1
  const shifted = longestCommon(old.slice(start, old.length - end), now.slice(start, now.length - end))
  return [
    ...Array.from({ length: start }, (_, at): Pair => [at, at]),
    ...shifted.map(([o, n]): Pair => [o + start, n + start]),
    ...Array.from({ length: end }, (_, at): Pair => [old.length - end + at, now.length - end + at]),
  ]
}

/** The longest common subsequence; what differs in too much is taken to differ in all. */
function longestCommon(old: readonly string[], now: readonly string[]): Pair[] {
  if (old.length * now.length > MAX_COMPARED) return []
  const lengths = Array.from({ length: old.length + 1 }, () => new Uint32Array(now.length + 1))
  const at = (o: number, n: number) => lengths[o]?.[n] ?? 0
  for (let o = old.length - 1; o >= 0; o -= 1)
    for (let n = now.length - 1; n >= 0; n -= 1) {
      const row = lengths[o]
      if (row) row[n] = old[o] === now[n] ? at(o + 1, n + 1) + 1 : Math.max(at(o + 1, n), at(o, n + 1))
    }
  const pairs: Pair[] = []
  for (let [o, n] = [0, 0]; o < old.length && n < now.length; ) {
    if (old[o] === now[n]) {
      pairs.push([o, n])
      o += 1
      n += 1
    } else if (at(o + 1, n) >= at(o, n + 1)) o += 1
    else n += 1
  }
  return pairs
}

/** Pairs of lines, 16 MB. */
const MAX_COMPARED = 4_000_000
