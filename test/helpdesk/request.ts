import type { Agent, ListedTool } from './agent.ts'
import type { Apps } from './desk.ts'

/** A request of a helpdesk, what an agent does about it, and what is true afterwards. */
interface RequestSpec<Found> {
  /** The words of the person. */
  asks: string
  /** What it may cost: calls, thousands of bytes of answers, questions to people. */
  most: { calls: number; kilobytes: number; questions: number }
  /** How it ends, for `docs/helpdesk.md`. */
  ends: string
  /** Accounts and groups that differ afterwards; every other one is as before. */
  changes?: readonly string[]
  /** For what is not offered: why, and what is done instead. */
  gap?: Gap
  /** What was asked before and is spoken of here, such as a change to take back. */
  follows?: HelpdeskRequest
  /** What a person must read in the end, for agents that answer in words. */
  told?: (apps: Apps) => readonly (string | RegExp)[]
  /** Brings the apps into the state that the request is about; returns how to bring them back. */
  arrange?: (apps: Apps) => () => void
  script: (agent: Agent) => Promise<Found>
  holds: (found: Found, apps: Apps) => void
}

interface Gap {
  why: string
  /** What the answers say of it. */
  says: RegExp
  /** Whether a tool like this would close it, so that this row must be turned. */
  closedBy: (tool: ListedTool) => boolean
}

export interface HelpdeskRequest extends Omit<RequestSpec<never>, 'script' | 'holds'> {
  run: (agent: Agent, apps: Apps) => Promise<() => void>
}

/** A request whose check takes what its script found. */
export const request = <Found>({ script, holds, ...rest }: RequestSpec<Found>): HelpdeskRequest => ({
  ...rest,
  async run(agent, apps) {
    const found = await script(agent)
    return () => holds(found, apps)
  },
})

const APPS = ['netskope', 'gainsight', 'mindtickle', 'scim'] as const
/** The accounts of these people in every app. */
export const everywhere = (...users: string[]): string[] =>
  APPS.flatMap((app) => users.map((user) => `${app}: ${user}`))

const takes = (tool: ListedTool, names: RegExp): boolean =>
  Object.keys(tool.inputSchema.properties ?? {}).some((name) => names.test(name))

export const named =
  (names: RegExp) =>
  (tool: ListedTool): boolean =>
    names.test(tool.name)
/** A tool that changes something and takes such an argument. */
export const changesBy =
  (names: RegExp) =>
  (tool: ListedTool): boolean =>
    !tool.annotations.readOnlyHint && takes(tool, names)
