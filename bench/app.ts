import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Arrival, Sandbox, SandboxOptions } from '../src/sandbox/index.ts'
import { mostIn } from '../src/sandbox/index.ts'
import { makePeople } from '../src/sandbox/people.ts'

/** What the process of a simulated app tells first. */
export type Started = Pick<Sandbox<'netskope'>, 'url' | 'settings' | 'env'>

export interface AppOptions extends SandboxOptions<'netskope'> {
  /** How many people are in it; 250 when left out. */
  crowd?: number
}

/** A simulated app in a process of its own, so that it takes no time away from what is measured. */
export interface App extends Started {
  /** Everything that has arrived there, first come first. */
  arrivals(): Promise<Arrival[]>
  [Symbol.asyncDispose](): Promise<void>
}

export async function startApp(options: AppOptions = {}): Promise<App> {
  const child = fork(join(import.meta.dirname, 'app-process.ts'), [JSON.stringify(options)])
  const told = async <Message>() => (await once(child, 'message'))[0] as Message
  return {
    ...(await told<Started>()),
    arrivals() {
      const answer = told<Arrival[]>()
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

/** User names in the app, one after the other, over and over. */
export function userNames(): () => string {
  const names = makePeople().map(({ userName }) => userName)
  let next = 0
  return () => names[next++ % names.length] ?? ''
}

const MINUTE = 60_000
/** What the app lets a token do in any minute, unless told otherwise. */
export const PER_MINUTE = 300

/** How a run looked from the app: what arrived in the `seconds` from `start` on. */
export function seenByApp(arrivals: readonly Arrival[], start: number, seconds: number) {
  const during = arrivals.filter(({ at }) => at >= start && at < start + seconds * 1_000)
  return {
    arrived: during.length,
    most: mostIn(
      during.map(({ at }) => at),
      MINUTE,
    ),
    refused: during.filter(({ status }) => status === 429).length,
    // No more fits in: cut the run into minutes, and none of them may hold more than the limit.
    allowed: PER_MINUTE * Math.ceil((seconds * 1_000) / MINUTE),
  }
}
