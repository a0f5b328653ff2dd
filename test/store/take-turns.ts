import { diskStore } from '../../src/store/table-store.ts'

// A process of its own that, for each folder it is sent, opens the store there, counts up five times and tries for
// one claim, then says what it read, whether the claim was its own, and what went wrong.
process.on('message', async (folder: string) => {
  const store = diskStore(folder, { durable: false })
  const told = { read: [] as number[], won: false, error: undefined as string | undefined }
  try {
    for (let turn = 1; turn <= 5; turn++) {
      told.read.push(
        await store.update<number, number>('count', (count = 0) => ({ next: count + 1, result: count })),
      )
    }
    told.won = await store.claim('only-one', 60_000)
    await store.close()
  } catch (error) {
    told.error = String((error as Error).cause ?? error)
  }
  process.send?.(told)
})
