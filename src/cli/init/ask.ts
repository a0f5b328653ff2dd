import type { Io } from '../../app/io.ts'
import { SettingsError } from '../../config/problems.ts'

/** The questions of `init`, at a terminal. Ctrl+C at any of them throws `SettingsError`. */
export interface Asking {
  text(message: string, check: (answer: string) => string | undefined, initial?: string): Promise<string>
  /** Typed unseen. */
  hidden(message: string, check: (answer: string) => string | undefined): Promise<string>
  choose<Value extends string>(message: string, options: readonly Choice<Value>[]): Promise<Value>
  /** A choice among many, by what is typed. */
  find(message: string, options: readonly Choice<string>[]): Promise<string>
  /** Any number of them; all at first. */
  several(message: string, options: readonly Choice<string>[]): Promise<string[]>
}

interface Choice<Value extends string> {
  value: Value
  label: string
  hint?: string
}

/** Loads the prompts and returns the questions. */
export async function askingAt({ stdin, stdout }: Io): Promise<Asking> {
  const { autocomplete, multiselect, password, select, text } = await import('@clack/prompts')
  const at = { input: stdin, output: stdout }
  const answered = <Value>(answer: Value): Exclude<Value, symbol> => {
    // A symbol stands for Ctrl+C; the compiler does not narrow a type parameter by its test.
    if (typeof answer !== 'symbol') return answer as Exclude<Value, symbol>
    throw new SettingsError('init', ['cancelled; what was written before stays, the rest was not'])
  }
  return {
    text: async (message, check, initial) =>
      answered(
        await text({
          ...{ message, ...at, validate: (answer?: string) => check(answer ?? '') },
          ...(initial !== undefined && { initialValue: initial }),
        }),
      ),
    hidden: async (message, check) =>
      answered(await password({ message, ...at, validate: (answer?: string) => check(answer ?? '') })),
    // The library's type of an option tells texts from other values, which a type parameter cannot.
    choose: async (message, options) =>
      answered(await select<string>({ message, ...at, options: [...options] })) as never,
    find: async (message, options) =>
      answered(
        await autocomplete<string>({
          ...{ message, ...at, maxItems: 8, options: [...options] },
          placeholder: 'type to search',
        }),
      ),
    several: async (message, options) =>
      answered(
        await multiselect<string>({
          ...{ message, ...at, required: false, options: [...options] },
          initialValues: options.map(({ value }) => value),
        }),
      ),
  }
}
