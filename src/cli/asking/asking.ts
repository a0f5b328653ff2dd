/** The questions that a person can be asked at a terminal. Ctrl+C or Ctrl+D at any of them cancels. */
export interface Asking {
  text(message: string, check: Check, initial?: string): Promise<string>
  /** Typed unseen. */
  hidden(message: string, check: Check): Promise<string>
  choose<Value extends string>(message: string, options: readonly Choice<Value>[]): Promise<Value>
  /** A choice among many, by what is typed. */
  find(message: string, options: readonly Choice<string>[]): Promise<string>
  /** Any number of them; all at first. */
  several(message: string, options: readonly Choice<string>[]): Promise<string[]>
  /** One or more of them; none at first. */
  some(message: string, options: readonly Choice<string>[]): Promise<string[]>
  /** No is the answer of whoever only presses Enter. */
  yes(message: string): Promise<boolean>
}

/** What is wrong with an answer, in words. */
export type Check = (answer: string) => string | undefined

export interface Choice<Value extends string> {
  value: Value
  label: string
  hint?: string
}

export const NO_MATCH = 'Nothing matches what you typed.'
