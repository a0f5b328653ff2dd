import { setTimeout as sleep } from 'node:timers/promises'
import type { Desk } from './desk.ts'

const MOST_POLLS = 400

/** Waits until a run is no longer at work, and costs the agent nothing. */
export async function settled({ client }: Pick<Desk, 'client'>, runId: string | undefined): Promise<void> {
  for (let poll = 0; poll < MOST_POLLS; poll++) {
    const { content } = await client.callTool('get_run', { runId })
    if (!/"state":"(running|approved)"/.test(content?.[0]?.text ?? '')) return
    await sleep(50)
  }
}
