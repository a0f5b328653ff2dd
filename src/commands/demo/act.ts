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

/** Something went otherwise than the story has it. */
export class Surprise extends Error {
  constructor(expected: string, cameBack: unknown) {
    const text = typeof cameBack === 'string' ? cameBack : JSON.stringify(cameBack)
    super(`Expected: ${expected}\nCame back: ${text.slice(0, 1_000)}`)
    this.name = 'Surprise'
  }
}
