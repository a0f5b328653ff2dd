import { setTimeout as sleep } from 'node:timers/promises'
import type { Desk } from './desk.ts'

const MOST_POLLS = 400

/** Waits until a run is no longer at work, nor, if it is `due`, about to begin; costs the agent nothing. */
export async function settled(
  { client }: Pick<Desk, 'client'>,
  runId: string | undefined,
  { due = false } = {},
): Promise<void> {
  const isAtWork = due ? /"state":"(running|approved|scheduled)"/ : /"state":"(running|approved)"/
  for (let poll = 0; poll < MOST_POLLS; poll++) {
    const { content } = await client.callTool('get_run', { runId })
    if (!isAtWork.test(content?.[0]?.text ?? '')) return
    await sleep(50)
  }
}
