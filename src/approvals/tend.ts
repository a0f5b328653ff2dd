import type { Journal } from '../journal/journal.ts'
import type { Approval } from './approval.ts'
import type { Approvals } from './approvals.ts'

interface TendParts {
  approvals: Pick<Approvals, 'news'>
  journal: Pick<Journal, 'append'>
}

/**
 * Journals what happens to requests by itself, each once: one in line that approvers are shown from now on, and an approval
 * that expired unused. Returns how many requests are open.
 */
export async function journalNews({ approvals, journal }: TendParts): Promise<number> {
  const { shown, unused, open } = await approvals.news()
  const about = ({ id, call, tool, caller, client, args }: Approval) => ({
    call: call ?? id,
    tool,
    caller,
    ...(client !== undefined && { client }),
    ...(args && { args }),
  })
  for (const approval of shown) {
    const { id } = approval
    await journal.append({
      event: 'asked',
      ...about(approval),
      approval: { id },
      note: 'shown to approvers now',
    })
  }
  for (const approval of unused) {
    const { id, by, how } = approval
    await journal.append({
      event: 'failed',
      ...about(approval),
      code: 'approval_void',
      approval: { id, ...(by !== undefined && { by }), ...(how && { how }) },
      note: 'approved, and not used before it expired',
    })
  }
  return open
}

const EVERY_MS = 15_000

/** Calls `journalNews` when asked to, and from then on regularly while requests are open. */
export function tending(parts: TendParts & { warn: (message: string, error: unknown) => void }) {
  let timer: NodeJS.Timeout | undefined
  const stop = () => {
    clearInterval(timer)
    timer = undefined
  }
  const tend = async () => {
    try {
      if ((await journalNews(parts)) === 0) return stop()
      timer ??= setInterval(tend, EVERY_MS).unref()
    } catch (error) {
      parts.warn('open requests could not be looked after', error)
    }
  }
  return { tend, stop }
}
