import type * as z from 'zod'
import type { Agent, Args } from './agent.ts'
import type { Screen } from './screen.ts'
import type { World } from './world.ts'

/** One part of the demo. */
export interface Act {
  title: string
  /** The background, for newcomers. */
  about: string
  /** Throws a `Surprise` on the first unexpected result. */
  run(world: World, screen: Screen): Promise<void>
}

/** The person that the demo is about. */
export const ADA = 'ada@example.com'

/** What the agent asks for. */
export const OFFBOARD = { people: [ADA], reason: 'Left the company' }

/** Shows and makes an agent's call. */
export function ask<Answer>(
  screen: Screen,
  agent: Agent,
  tool: string,
  args: Args,
  expected: z.ZodType<Answer>,
): Promise<Answer> {
  const words = Object.entries(args).map(([name, value]) => `${name}: ${value}`)
  screen.by('agent asks', [tool, ...words].join(' · '))
  return agent.call(tool, args, expected)
}
