import { expect } from 'vitest'
import type { ToolAnswer } from '../support/world.ts'
import { approveAt } from './approve.ts'
import type { Desk } from './desk.ts'
import { settled } from './settled.ts'

export interface Account {
  tenant: string
  id: string
  userName: string
  email?: string
  status: string
  groups?: string[]
  department?: string
  lastSignInAt?: string
}

/** An answer as an agent reads it: what it has heard of the fields that it looks at. */
export interface Answer extends ToolAnswer {
  status?: string
  outcome?: string
  verified?: boolean
  complete?: boolean
  note?: string
  nextCursor?: string
  change?: string
  count?: number
  approval?: { approveAt: string; id: string }
  runId?: string
  comparisonId?: string
  rows?: { person: string }[]
  state?: string
  counts?: Record<string, number>
  people?: { email?: string; accounts: Account[]; facts?: { status?: string; changes: unknown[] }[] }[]
  unknown?: { tenant: string; what: string; where: string }[]
  searched?: { tenant: string; outcome: string }[]
  accounts?: Account[]
  account?: Account & { name?: string }
  events?: { action: string; target?: string; source: string; approvedBy?: string; change?: string }[]
  results?: { tenant?: string; outcome: string; verified: boolean }[]
  members?: { user: string; outcome: string }[]
  checks?: { token: string; verdict: string; surfaces: { ok: boolean; hint?: string }[] }[]
  tenants?: { tenant: string; vendor: string; can: string[] }[]
}

/** A tool as `tools/list` shows it. */
export interface ListedTool {
  name: string
  inputSchema: { properties?: Record<string, unknown> }
  annotations: { readOnlyHint: boolean }
}

/** What a call changed, which an agent still knows in a later request. */
export type Memory = Map<string, string>

export type Agent = Awaited<ReturnType<typeof newAgent>>

/**
 * An agent that knows what `tools/list` and the answers of its calls say, and nothing of the apps. It counts
 * what it costs: calls, bytes of answers, and questions to people, those on the approval page included.
 */
export async function newAgent({ client, asked }: Desk, memory: Memory) {
  // The client's type names only what every test needs of a tool.
  const tools = (await client.listTools()) as unknown as ListedTool[]
  const heard: Answer[] = []
  const spent = { calls: 0, bytes: 0, questions: 0 }
  const before = asked.length

  async function send(tool: string, args: object): Promise<Answer> {
    spent.calls += 1
    const text = await client.callTool(tool, args).then(
      ({ content }) => content?.[0]?.text ?? 'null',
      (error: Error) => JSON.stringify({ error: { code: 'protocol', message: error.message } }),
    )
    spent.bytes += Buffer.byteLength(text)
    const answer = whole(JSON.parse(text))
    heard.push(answer)
    return answer
  }

  async function call(tool: string, args: object = {}): Promise<Answer> {
    expect(tools.map(({ name }) => name)).toContain(tool)
    return send(tool, args)
  }

  /** A call that changes something. Where a person must approve, it waits for that and is made again. */
  async function change(tool: string, args: object): Promise<Answer> {
    const first = await call(tool, args)
    const { approval } = first
    if (!approval) return remember(tool, first)
    spent.questions += 1
    expect(await approveAt(approval.approveAt)).toBe(303)
    return remember(tool, await call(tool, { ...args, approvalId: approval.id }))
  }

  function remember(tool: string, answer: Answer): Answer {
    if (answer.change && !memory.has(tool)) memory.set(tool, answer.change)
    return answer
  }

  return {
    tools,
    heard,
    spent: () => ({ ...spent, questions: spent.questions + asked.length - before }),
    call,
    change,
    /** Calls a tool that it only supposes. */
    suppose: (tool: string, args: object = {}) => send(tool, args),
    /** The tenants on which a tool works. */
    async tenants(tool: string) {
      const { tenants = [] } = await call('list_tenants')
      return tenants.filter(({ can }) => can.includes(tool))
    },
    /** The accounts of the one person who has this name; every app must have been searched. */
    async accountsOf(user: string): Promise<Account[]> {
      const { people = [], complete } = await call('find_user', { user })
      expect({ user, people: people.length, complete }).toEqual({ user, people: 1, complete: true })
      return people.flatMap(({ accounts }) => accounts)
    },
    /** All rows of a list of users, to its end. */
    async allUsers(args: object): Promise<{ accounts: Account[]; complete: boolean | undefined }> {
      const accounts: Account[] = []
      let page = await call('list_users', args)
      accounts.push(...(page.accounts ?? []))
      while (page.nextCursor) {
        page = await call('list_users', { ...args, cursor: page.nextCursor })
        accounts.push(...(page.accounts ?? []))
      }
      return { accounts, complete: page.complete }
    },
    /** What a run has come to, when it has ended. */
    async ended({ runId }: Answer, { due = false } = {}): Promise<Answer> {
      await settled({ client }, runId, { due })
      return call('get_run', { runId })
    },
    /** What an earlier call of this tool changed. */
    remembered: (tool: string): string | undefined => memory.get(tool),
  }
}

/** All that answers said in words: errors with their hints, and notes. */
export const wordsOf = (answers: readonly Answer[]): string =>
  answers
    .flatMap(({ error, note }) => [error?.message, error?.hint, note])
    .filter((text) => text !== undefined)
    .join(' ')

const UNTOLD =
  /\b(not tell|not show|could not be (judged|read|looked up)|may match|may be other|has no log)\b/

/** Whether an answer says that something is unknown. */
export const leavesOpen = ({ note = '' }: Answer): boolean => UNTOLD.test(note)

/** Whether it is called complete all the same. */
export const claimsTooMuch = (answer: Answer): boolean => answer.complete === true && leavesOpen(answer)

/** The answer with what it says once of all rows said in each of them. */
function whole({ shared, ...answer }: Answer & { shared?: object }): Answer {
  const told = <Row extends object>(rows: readonly Row[]) => rows.map((row) => ({ ...shared, ...row }))
  return {
    ...answer,
    ...(answer.accounts && { accounts: told(answer.accounts) }),
    ...(answer.events && { events: told(answer.events) }),
  }
}
