import type { Io } from '../../app/io.ts'
import { type Asking, type Check, type Choice, NO_MATCH } from './asking.ts'

/** Questions with menus that are walked through with the arrow keys. */
export async function menuAsking({ stdin, stdout }: Io, cancelled: () => Error): Promise<Asking> {
  const { autocomplete, confirm, multiselect, password, select, text, updateSettings } = await import(
    '@clack/prompts'
  )
  // Ctrl+D ends the line editor below the prompt, which would never be answered.
  updateSettings({ aliases: { '\u0004': 'cancel' } })
  const at = { input: stdin, output: stdout }
  const checked = (check: Check) => ({ validate: (answer?: string) => check(answer ?? '') })
  const answered = <Value>(answer: Value): Exclude<Value, symbol> => {
    // A symbol stands for a cancelled question; the compiler does not narrow a type parameter by its test.
    if (typeof answer !== 'symbol') return answer as Exclude<Value, symbol>
    throw cancelled()
  }
  const pick = async (message: string, options: readonly Choice<string>[], initial: readonly string[]) =>
    answered(
      await multiselect<string>({
        ...{ message, ...at, required: initial.length === 0, options: [...options] },
        initialValues: [...initial],
      }),
    )
  return {
    text: async (message, check, initial) =>
      answered(
        await text({
          ...{ message, ...at, ...checked(check) },
          ...(initial !== undefined && { initialValue: initial }),
        }),
      ) ?? '',
    hidden: async (message, check) => answered(await password({ message, ...at, ...checked(check) })) ?? '',
    // The library's type of an option tells texts from other values, which a type parameter cannot.
    choose: async (message, options) =>
      answered(await select<string>({ message, ...at, options: [...options] })) as never,
    find: async (message, options) =>
      answered(
        await autocomplete<string>({
          ...{ message, ...at, maxItems: 8, options: [...options] },
          placeholder: 'type to search',
          validate: (found) => (found === undefined ? NO_MATCH : undefined),
        }),
      ),
    several: (message, options) =>
      pick(
        message,
        options,
        options.map(({ value }) => value),
      ),
    some: (message, options) => pick(message, options, []),
    yes: async (message) => answered(await confirm({ message, initialValue: false, ...at })),
  }
}
