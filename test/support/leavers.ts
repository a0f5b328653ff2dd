import { setTimeout as sleep } from 'node:timers/promises'
import { send } from './browser.ts'
import { connect } from './clients.ts'
import { decideAt } from './strict.ts'

/** What became of the answers on the way to all people being deactivated. */
export interface Course {
  /** People whose deactivation a call reported as done by itself. */
  done: string[]
  /** People who were found deactivated by a call, after the answer to the one before had been lost. */
  found: string[]
  /** Calls that got no answer. */
  lost: number
  /** Calls that were told to come again, since something could not be reached. */
  away: number
  /** Requests that were void, so that a person was asked anew. */
  anew: number
  /** Answers that told of no outcome. */
  unknown: number
}

interface Answer {
  status?: string
  results?: { outcome: string }[]
  approval?: { id: string; approveAt: string }
  error?: { code: string; retryable: boolean; message: string }
}

export interface Leaving {
  url: URL
  /** Who asks; nobody in particular when left out. */
  token?: string
  /** Name of the tenant that they leave. */
  tenant: string
  /** User names. */
  people: readonly string[]
  /** How many are under way at the same moment. */
  atOnce: number
}

/** What comes before the same call again, milliseconds: longer than any write takes to arrive. */
const PAUSE_MS = 600
const MOST_ATTEMPTS = 100

/**
 * Has everybody deactivated, one approval each, as a helpdesk bot would whose server can fail at any moment: whatever
 * gets no answer is asked again, and whatever is reported as not done too.
 */
export async function leave({ url, token, tenant, people, atOnce }: Leaving): Promise<Course> {
  const course: Course = { done: [], found: [], lost: 0, away: 0, anew: 0, unknown: 0 }
  const left = [...people]
  const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }) }
  const open = () => connect('modern', { url, headers }, 'helpdesk')

  async function insist<Result>(attempt: () => Promise<Result>): Promise<Result> {
    for (let time = 1; ; time++) {
      try {
        return await attempt()
      } catch (error) {
        if (time === MOST_ATTEMPTS) throw error
        course.lost += 1
        await sleep(PAUSE_MS)
      }
    }
  }

  async function worker(): Promise<void> {
    const client = await insist(open)
    for (let user = left.shift(); user !== undefined; user = left.shift()) {
      let approvalId: string | undefined
      for (;;) {
        const input = {
          user,
          tenants: [tenant],
          reason: 'left the company',
          ...(approvalId && { approvalId }),
        }
        const { content } = await insist(() => client.callTool('deactivate_user', input))
        const { status, results, approval, error } = JSON.parse(content?.[0]?.text ?? 'null') as Answer
        if (results?.some(({ outcome }) => outcome === 'unknown')) course.unknown += 1
        if (status === 'done') {
          course.done.push(user)
          break
        }
        if (status === 'unchanged') {
          course.found.push(user)
          break
        }
        if (status === 'approval_required' && approval) {
          approvalId = approval.id
          if (!(await insist(() => decideFor(approval)))) await sleep(PAUSE_MS)
        } else if (error?.code === 'approval_used' || error?.code === 'approval_void') {
          approvalId = undefined
          course.anew += 1
        } else if (status === 'failed' || error?.retryable) {
          course.away += 1
          // A yes is used up by the call that tried.
          if (status === 'failed') approvalId = undefined
          await sleep(PAUSE_MS)
        } else throw new Error(`${user}: ${content?.[0]?.text}`)
      }
    }
    await client.close()
  }

  await Promise.all(Array.from({ length: atOnce }, worker))
  return course
}

/** Says yes on the page, unless that was done already and the answer lost; false where nobody can, or need, decide. */
async function decideFor({ approveAt }: { approveAt: string }): Promise<boolean> {
  if (!URL.canParse(approveAt)) return false
  const { status, text } = await send(approveAt, { path: new URL(approveAt).pathname })
  if (status === 404) return false
  if (status !== 200) throw new Error(`the page answered ${status}`)
  if (!text.includes('<form')) return true
  const decided = await decideAt(approveAt)
  if (decided !== 303) throw new Error(`the page answered ${decided} to a yes`)
  return true
}
