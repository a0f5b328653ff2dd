import * as z from 'zod'
import { accountsOver, hasEnded, keptFor, type Run } from '../domain/run.ts'
import type { RunStatus } from '../engine/run-desk.ts'
import { defineTool } from '../engine/tool.ts'
import { RunId } from './run-fields.ts'
import { answerOf, noteOf } from './run-plan.ts'

const STATUSES = ['working', 'completed', 'cancelled'] as const

/** A run as a task of the protocol (SEP-2663), with the answer that its own call would give by now. */
export interface RunTask {
  status: (typeof STATUSES)[number]
  message: string
  createdAt: string
  updatedAt: string
  /** For how long it is kept, from its creation, and how often it is worth a look; milliseconds. */
  ttlMs: number
  pollMs: number
  /** The tool that was called for it. */
  tool: string
  answer: Record<string, unknown>
}

/** How often a run that works is worth a look, and one that waits for a time, milliseconds. */
const WORKING_MS = 2_000
const WAITING_MS = 60_000

/** `get_run` for clients that speak of tasks. It is under the same guards by the same name, and not listed. */
export const runTask = defineTool({
  name: 'get_run',
  title: 'Look at a run as a task',
  description: 'Not listed',
  needs: [],
  local: true,
  effect: 'reads',
  input: () => z.strictObject({ runId: RunId }),
  output: () =>
    z.object({
      status: z.enum(STATUSES),
      message: z.string(),
      createdAt: z.string(),
      updatedAt: z.string(),
      ttlMs: z.int(),
      pollMs: z.int(),
      tool: z.string(),
      answer: z.record(z.string(), z.unknown()),
    }),

  async run({ runId }, { runs }): Promise<RunTask> {
    const status = await runs.get(runId)
    const { run } = status
    const now = Date.now()
    return {
      status: run.state === 'cancelled' ? 'cancelled' : hasEnded(run) || run.failed ? 'completed' : 'working',
      message: messageOf(status),
      createdAt: new Date(run.createdAt).toISOString(),
      // While it works, it is as it is now.
      updatedAt: new Date(run.endedAt ?? Math.max(now, run.createdAt)).toISOString(),
      ttlMs: keptFor(run, run.createdAt),
      pollMs: isWaiting(run, now) ? WAITING_MS : WORKING_MS,
      tool: run.tool,
      answer: await answerOf(status, runs),
    }
  },
})

const isWaiting = ({ state, at = 0 }: Run, now: number): boolean =>
  state === 'paused' || (state === 'scheduled' && at - now > WAITING_MS)

/** "3 of 12 accounts so far." */
function messageOf({ run, counts }: RunStatus): string {
  const { over, all } = accountsOver(counts)
  const so = `${over} of ${all} accounts${hasEnded(run) ? '' : ' so far'}.`
  return [so, noteOf(run).note].filter((text) => text).join(' ')
}
