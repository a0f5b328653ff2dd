import { setTimeout as sleep } from 'node:timers/promises'
import { linkIn, send } from './browser.ts'
import { connect } from './clients.ts'
import { decideAt } from './strict.ts'

/** How the calls of a run of `deactivateAll` ended. */
export interface DeactivationStats {
  /** People whose deactivation a call reported as done. */
  done: string[]
  /** People whom a call found deactivated, after the answer to the previous call was lost. */
  foundDone: string[]
  /** Calls without an answer. */
  unanswered: number
  /** Calls to repeat, because something was unreachable. */
  retried: number
  /** Void approvals, for which a person was asked again. */
  askedAgain: number
  /** Answers with an unknown outcome. */
  unknown: number
}

interface DeactivateAnswer {
  status?: string
  results?: { outcome: string }[]
  approval?: { id: string; approveAt: string }
  error?: { code: string; retryable: boolean; message: string }
}

export interface DeactivateAllOptions {
  url: URL
  /** The caller's API token; anonymous without it. */
  token?: string
  /** Name of the tenant to deactivate them in. */
  tenant: string
  /** User names. */
  people: readonly string[]
  /** How many calls are in flight at the same time. */
  atOnce: number
}

/** Pause before a call is repeated, milliseconds: longer than any write takes to arrive. */
const RETRY_PAUSE_MS = 600
const MAX_ATTEMPTS = 100

/**
 * Deactivates all people, with one approval each, like a helpdesk bot whose server can fail at any moment: it repeats a
 * call that gets no answer or reports that nothing was done.
 */
export async function deactivateAll({
  url,
  token,
  tenant,
  people,
  atOnce,
}: DeactivateAllOptions): Promise<DeactivationStats> {
  const course: DeactivationStats = {
    done: [],
    foundDone: [],
    unanswered: 0,
    retried: 0,
    askedAgain: 0,
    unknown: 0,
  }
  const left = [...people]
  const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }) }
  const open = () => connect('modern', { url, headers }, 'helpdesk')

  async function retryUntilAnswered<Result>(attempt: () => Promise<Result>): Promise<Result> {
    for (let time = 1; ; time++) {
      try {
        return await attempt()
      } catch (error) {
        if (time === MAX_ATTEMPTS) throw error
        course.unanswered += 1
        await sleep(RETRY_PAUSE_MS)
      }
    }
  }

  async function worker(): Promise<void> {
    const client = await retryUntilAnswered(open)
    for (let user = left.shift(); user !== undefined; user = left.shift()) {
      let approvalId: string | undefined
      for (;;) {
        const input = {
          user,
          tenants: [tenant],
          reason: 'left the company',
          ...(approvalId && { approvalId }),
        }
        const { content } = await retryUntilAnswered(() => client.callTool('deactivate_user', input))
        const { status, results, approval, error } = JSON.parse(
          content?.[0]?.text ?? 'null',
        ) as DeactivateAnswer
        if (results?.some(({ outcome }) => outcome === 'unknown')) course.unknown += 1
        if (status === 'done') {
          course.done.push(user)
          break
        }
        if (status === 'unchanged') {
          course.foundDone.push(user)
          break
        }
        if (status === 'approval_required' && approval) {
          approvalId = approval.id
          if (!(await retryUntilAnswered(() => approveOnPage(approval)))) await sleep(RETRY_PAUSE_MS)
        } else if (error?.code === 'approval_used' || error?.code === 'approval_void') {
          approvalId = undefined
          course.askedAgain += 1
        } else if (status === 'failed' || error?.retryable) {
          course.retried += 1
          // The failed call used up its approval.
          if (status === 'failed') approvalId = undefined
          await sleep(RETRY_PAUSE_MS)
        } else throw new Error(`${user}: ${content?.[0]?.text}`)
      }
    }
    await client.close()
  }

  await Promise.all(Array.from({ length: atOnce }, worker))
  return course
}

/** Approves on the page, unless an earlier attempt did and its answer was lost. False if there is nothing to decide. */
async function approveOnPage({ approveAt }: { approveAt: string }): Promise<boolean> {
  if (!URL.canParse(linkIn(approveAt))) return false
  const { status, text } = await send(approveAt, { path: new URL(linkIn(approveAt)).pathname })
  if (status === 404) return false
  if (status !== 200) throw new Error(`the page answered ${status}`)
  if (!text.includes('<form')) return true
  const decided = await decideAt(approveAt)
  if (decided !== 303) throw new Error(`the page answered ${decided} to a yes`)
  return true
}
