/**
 * Does what arrives one batch after the other: whatever arrives during a batch makes up the next one. `work` returns one
 * result for each item, in order; when it fails, each item of its batch fails.
 */
export function batched<Item, Result>(
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
): (item: Item) => Promise<Result> {
  const waiting: { item: Item; end: (results: Promise<Result>) => void }[] = []
  let running = false

  async function run(): Promise<void> {
    running = true
    while (waiting.length > 0) {
      const batch = waiting.splice(0, MAX_BATCH)
      const results = work(batch.map(({ item }) => item))
      for (const [at, { end }] of batch.entries()) end(results.then((all) => all[at] as Result))
      await results.catch(() => undefined)
    }
    running = false
  }

  return (item) =>
    new Promise<Result>((end) => {
      waiting.push({ item, end })
      if (!running) void run()
    })
}

/** Items are prepared without a pause, so a larger batch would keep everything else waiting. */
const MAX_BATCH = 32
