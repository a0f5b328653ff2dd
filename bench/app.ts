import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Arrival, Sandbox, SandboxOptions } from '../src/sandbox/index.ts'
import { mostIn } from '../src/sandbox/index.ts'
import { makePeople } from '../src/sandbox/people.ts'

/** The first message from the process of a simulated app. */
export type RunningApp = Pick<Sandbox<'netskope'>, 'url' | 'settings' | 'env'>

export interface AppOptions extends SandboxOptions<'netskope'> {
  /** Number of people in it; default 250. */
  crowd?: number
}

/** A simulated app in a child process, so that it does not slow down what is measured. */
export interface App extends RunningApp {
  /** All requests that arrived there, in order. */
  arrivals(): Promise<Arrival[]>
  [Symbol.asyncDispose](): Promise<void>
}

export async function startApp(options: AppOptions = {}): Promise<App> {
  const child = fork(join(import.meta.dirname, 'app-process.ts'), [JSON.stringify(options)])
  const nextMessage = async <Message>() => (await once(child, 'message'))[0] as Message
  return {
    ...(await nextMessage<RunningApp>()),
    arrivals() {
      const answer = nextMessage<Arrival[]>()
      child.send('arrivals')
      return answer
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}

/** Returns the user names in the app one after the other, in a cycle. */
export function userNames(): () => string {
  const names = makePeople().map(({ userName }) => userName)
  let next = 0
  return () => names[next++ % names.length] ?? ''
}

const MINUTE = 60_000
/** The app's default limit: requests per token in any minute. */
export const PER_MINUTE = 300

/** What the app saw of a run: the requests that arrived in the `seconds` from `start` on. */
export function seenByApp(arrivals: readonly Arrival[], start: number, seconds: number) {
  const during = arrivals.filter(({ at }) => at >= start && at < start + seconds * 1_000)
  return {
    arrived: during.length,
    most: mostIn(
      during.map(({ at }) => at),
      MINUTE,
    ),
    refused: during.filter(({ status }) => status === 429).length,
    // An upper bound: no minute of the run may have more than the limit.
    allowed: PER_MINUTE * Math.ceil((seconds * 1_000) / MINUTE),
  }
}
