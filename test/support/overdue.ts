import { join } from 'node:path'
import { openRunStore } from '../../src/runs/run-store.ts'
import { diskStore } from '../../src/store/table-store.ts'

/** Lets a run be as late as if the clocks had jumped: its time was this many milliseconds ago. */
export async function overdue({ dataDir }: { dataDir: string }, runId: string, ms: number): Promise<void> {
  const store = diskStore(join(dataDir, 'state'), { durable: true })
  await openRunStore(store, store).change(runId, (run, now) => ({ ...run, at: now - ms }))
  await store.close()
}
