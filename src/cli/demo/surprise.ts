/** An unexpected result in the demo. The message has the expected and the actual result. */
export class Surprise extends Error {
  constructor(expected: string, actual: unknown) {
    const text = typeof actual === 'string' ? actual : JSON.stringify(actual)
    super(`Expected: ${expected}\nActual: ${text.slice(0, 1_000)}`)
    this.name = 'Surprise'
  }
}
