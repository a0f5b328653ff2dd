import type * as z from 'zod'
import type { Agent, Args } from './agent.ts'
import type { Screen } from './screen.ts'
import type { World } from './world.ts'

/** One part of the story. */
export interface Act {
  title: string
  /** What is going on, for somebody who has never heard of any of this. */
  about: string
  /** Throws a `Surprise` as soon as anything goes otherwise than the story has it. */
  run(world: World, screen: Screen): Promise<void>
}

/** Whom the story is about. */
export const ADA = 'ada@example.com'

/** Shows what an agent asks for, and asks for it. */
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
