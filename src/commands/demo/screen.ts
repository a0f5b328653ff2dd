import { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { paint, print, type Style, wrap } from '../data.ts'
import type { Io } from '../io.ts'
import { Surprise } from './act.ts'

/** Where the story is told: 80 columns of a terminal, or as many characters of plain text. */
export interface Screen {
  heading(text: string): void
  /** Plain sentences. */
  say(text: string): void
  /** One sentence or more by somebody, behind their name. */
  by(who: Voice, ...sentences: string[]): void
  /** Lines as they are, under what was said before. */
  lines(...lines: string[]): void
  /** What a person sees in a window of their own. */
  box(title: string, sentences: readonly string[]): void
  /** A command and what it printed. */
  terminal(command: string, output: string): void
  /** Says what holds; throws a `Surprise` when it does not. */
  check(holds: boolean, sentence: string, cameBack: unknown): void
  paint(style: Style, text: string): string
  /** Time to read, for a person at a terminal. */
  pause(seconds: number): Promise<void>
}

const WIDTH = 80
const INDENT = '  '

const VOICES = {
  'agent asks': 'cyan',
  'server says': 'magenta',
  'person says': 'yellow',
} as const satisfies Record<string, Style>
type Voice = keyof typeof VOICES
const VOICE_WIDTH = 13

/** `until` ends the story early; a person who has waited for `patience` milliseconds gets no more pauses. */
export function openScreen(
  { env, stdout, ...io }: Io,
  { fast, until, patience = 18_000 }: { fast?: boolean | undefined; until?: AbortSignal | undefined; patience?: number },
): Screen {
  const page: Io = {
    ...io,
    env,
    stdout: Object.assign(
      new Writable({
        decodeStrings: false,
        write: (text, _, done) => {
          // Nothing is told any more once the person has left.
          if (!until?.aborted) stdout.write(text)
          done()
        },
      }),
      { isTTY: stdout.isTTY === true, columns: WIDTH },
    ),
  }
  const started = Date.now()
  const inColour: Screen['paint'] = (style, text) => paint(page, style, text)
  const tell = (...lines: string[]) => print(page, ...lines)
  const hanging = (mark: string, width: number, style: Style, text: string) => {
    const [first = '', ...rest] = wrap(page, text, INDENT + ' '.repeat(width))
    return [INDENT + inColour(style, mark.padEnd(width)) + first.trimStart(), ...rest]
  }

  return {
    heading: (text) => {
      const rule = '─'.repeat(Math.max(0, WIDTH - text.length - 4))
      tell('', `${inColour('dim', '──')} ${inColour('bold', text)} ${inColour('dim', rule)}`, '')
    },
    say: (text) => tell(...wrap(page, text, INDENT), ''),
    by: (who, ...sentences) =>
      tell(...sentences.flatMap((text, at) => hanging(at ? '' : who, VOICE_WIDTH, VOICES[who], text))),
    lines: (...lines) => tell(...lines.map((line) => INDENT + ' '.repeat(VOICE_WIDTH) + line)),
    box(title, sentences) {
      const inside = WIDTH - 6
      const bar = inColour('yellow', '│')
      const body = sentences.flatMap((text) => broken(text, inside))
      tell(
        '',
        INDENT + inColour('yellow', `╭─ ${title} ${'─'.repeat(inside - title.length - 1)}╮`),
        ...body.map((line) => `${INDENT}${bar} ${line.padEnd(inside)} ${bar}`),
        INDENT + inColour('yellow', `╰${'─'.repeat(inside + 2)}╯`),
        '',
      )
    },
    terminal(command, output) {
      const bar = `${INDENT}${inColour('dim', '│')} `
      const body = output.trimEnd().split('\n')
      tell(
        '',
        `${INDENT}${inColour('green', '$')} ${inColour('bold', command)}`,
        ...body.flatMap((line) => broken(line, WIDTH - bar.length)).map((line) => (bar + line).trimEnd()),
        '',
      )
    },
    check(holds, sentence, cameBack) {
      if (!holds) throw new Surprise(sentence, cameBack)
      tell(...hanging('✓', 2, 'green', sentence))
    },
    paint: inColour,
    async pause(seconds) {
      if (fast || !stdout.isTTY || Date.now() - started > patience) return
      await sleep(seconds * 1_000, undefined, { signal: until })
    },
  }
}
