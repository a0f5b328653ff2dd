/** Something went otherwise than the story has it; its message says what was expected and what came back. */
export class Surprise extends Error {
  constructor(expected: string, cameBack: unknown) {
    const text = typeof cameBack === 'string' ? cameBack : JSON.stringify(cameBack)
    super(`Expected: ${expected}\nCame back: ${text.slice(0, 1_000)}`)
    this.name = 'Surprise'
  }
}
