import type { Io } from '../../app/io.ts'
import { print, wrap } from '../terminal.ts'
import { type Asking, type Check, type Choice, NO_MATCH } from './asking.ts'
import { readLine, readUnseenLine } from './read-line.ts'

/** What a typed line means, or what is wrong with it. */
type Settled<Answer> = { answer: Answer } | { problem: string }

/** Questions of one line each, and answers of one line each, for a terminal that can do nothing else. */
export function plainAsking(io: Io, cancelled: () => Error): Asking {
  async function ask<Answer>(
    message: string,
    settle: (typed: string) => Settled<Answer>,
    read = readLine as (io: Io) => Promise<string | undefined>,
  ): Promise<Answer> {
    for (;;) {
      io.stdout.write(`${wrap(io, message, '').join('\n')}: `)
      const typed = await read(io)
      if (typed === undefined) throw cancelled()
      const settled = settle(typed)
      if ('answer' in settled) return settled.answer
      print(io, ...wrap(io, settled.problem, ''))
    }
  }
  const list = (options: readonly Choice<string>[]) =>
    print(io, ...options.flatMap(({ label }, at) => wrap(io, `${at + 1}. ${label}`, '  ')))
  return {
    text: (message, check, initial) =>
      initial === undefined
        ? ask(message, checked(check))
        : ask(`${message} (Enter: ${initial})`, checked(check, initial)),
    hidden: (message, check) => ask(message, checked(check), readUnseenLine),
    choose: async (message, options) => {
      list(options)
      const [first] = options
      const asked = `${message} (number or name; Enter: ${first?.label})`
      // A value comes from the options, whose type the compiler does not carry through texts.
      return (await ask(asked, oneOf(options, first?.value))) as never
    },
    find: (message, options) => {
      list(options)
      return ask(`${message} (number or name)`, oneOf(options))
    },
    several: (message, options) => {
      list(options)
      return ask(
        `${message} (numbers or names, with commas; Enter: all; none)`,
        someOf(options, { '': options.map(({ value }) => value), none: [] }),
      )
    },
    some: (message, options) => {
      list(options)
      return ask(`${message} (numbers or names, with commas)`, someOf(options))
    },
    yes: (message) =>
      ask(
        `${message} (yes or no; Enter: no)`,
        (typed): Settled<boolean> =>
          /^(y|yes|n|no)?$/i.test(typed) ? { answer: /^y/i.test(typed) } : { problem: 'Type yes or no.' },
      ),
  }
}

const checked =
  (check: Check, initial = '') =>
  (typed: string): Settled<string> => {
    const answer = typed || initial
    const problem = check(answer)
    return problem === undefined ? { answer } : { problem }
  }

const oneOf =
  (options: readonly Choice<string>[], ifEmpty?: string) =>
  (typed: string): Settled<string> => {
    const found = typed === '' ? ifEmpty : named(typed, options)
    return found === undefined ? { problem: NO_MATCH } : { answer: found }
  }

const someOf =
  (options: readonly Choice<string>[], words: Readonly<Record<string, string[]>> = {}) =>
  (typed: string): Settled<string[]> => {
    const found = typed.split(',').map((one) => named(one.trim(), options))
    const known = found.filter((one) => one !== undefined)
    const answer = words[typed] ?? (known.length === found.length ? known : undefined)
    return answer === undefined ? { problem: NO_MATCH } : { answer }
  }

/** The one option that is meant: by number, by name, or by a part of the name that no other has. */
function named(typed: string, options: readonly Choice<string>[]): string | undefined {
  const wanted = typed.toLowerCase()
  if (wanted === '') return undefined
  const numbered = /^\d+$/.test(wanted) ? options[Number(wanted) - 1] : undefined
  const namesOf = ({ value, label }: Choice<string>) => [value.toLowerCase(), label.toLowerCase()]
  const exact = options.find((one) => namesOf(one).includes(wanted))
  const partly = options.filter((one) => namesOf(one).some((name) => name.includes(wanted)))
  return (exact ?? numbered ?? (partly.length === 1 ? partly[0] : undefined))?.value
}
