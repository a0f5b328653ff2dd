import { setTimeout as sleep } from 'node:timers/promises'
import { paint, print, type Style, wrap } from '../data.ts'
import type { Io } from '../io.ts'
import { folded, pageOf, WIDTH } from './page.ts'
import { Surprise } from './surprise.ts'

/** Where the story is told. */
export interface Screen {
  heading(text: string): void
  /** A paragraph. */
  say(text: string): void
  /** Sentences of somebody, behind who it is. */
  by(who: Voice, ...sentences: string[]): void
  /** Lines as they are, below what was said. */
  below(...lines: string[]): void
  /** A question as a person sees it. */
  window(title: string, sentences: readonly string[]): void
  /** A command and what it printed. */
  terminal(command: string, output: string): void
  /** Says what holds. Throws a `Surprise` when it does not. */
  check(holds: boolean, sentence: string, cameBack: unknown): void
  paint(style: Style, text: string): string
  /** Time for a person at a terminal to read. */
  pause(seconds: number): Promise<void>
}

const VOICES = {
  'agent asks': 'cyan',
  'server says': 'magenta',
  'person says': 'yellow',
  'what to do': 'green',
} as const
type Voice = keyof typeof VOICES

const EDGE = '  '
const SPEECH = 13
/** Pauses end after so many seconds, so that the story stays short on a slow machine. */
const PATIENCE = 19

/** `until` ends what is said, and every pause. */
export function openScreen(io: Io, { fast, until }: { fast?: boolean; until?: AbortSignal }): Screen {
  const page = pageOf(io, until)
  const started = Date.now()
  const colour: Screen['paint'] = (style, text) => paint(page, style, text)
  const tell = (...lines: string[]) => print(page, ...lines)
  const hang = (mark: string, style: Style, width: number, text: string): string[] => {
    const [first = '', ...rest] = wrap(page, text, EDGE + ' '.repeat(width))
    return [EDGE + colour(style, mark.padEnd(width)) + first.slice(EDGE.length + width), ...rest]
  }
  const framed = (left: string, right: string, lines: readonly string[], style: Style): string[] => {
    const room = WIDTH - EDGE.length - left.length - right.length
    return lines
      .flatMap((line) => folded(page, line, room))
      .map((line) => EDGE + colour(style, left) + (right ? line.padEnd(room) + colour(style, right) : line))
  }

  return {
    heading(text) {
      const rule = '─'.repeat(WIDTH - text.length - 4)
      tell('', `${colour('dim', '──')} ${colour('bold', text)} ${colour('dim', rule)}`, '')
    },
    say: (text) => tell(...wrap(page, text, EDGE), ''),
    by: (who, ...sentences) =>
      tell(...sentences.flatMap((text, at) => hang(at ? '' : who, VOICES[who], SPEECH, text))),
    below: (...lines) => tell(...lines.map((line) => EDGE + ' '.repeat(SPEECH) + line)),
    window(title, sentences) {
      const top = `╭─ ${title} `
      const room = WIDTH - EDGE.length - 1
      tell('', EDGE + colour('yellow', `${top.padEnd(room, '─')}╮`))
      tell(...framed('│ ', ' │', sentences, 'yellow'))
      tell(EDGE + colour('yellow', `${'╰'.padEnd(room, '─')}╯`), '')
    },
    terminal(command, output) {
      tell('', `${EDGE}${colour('green', '$')} ${colour('bold', command)}`)
      tell(...framed('│ ', '', output.trimEnd().split('\n'), 'dim').map((line) => line.trimEnd()), '')
    },
    check(holds, sentence, cameBack) {
      if (!holds) throw new Surprise(sentence, cameBack)
      tell(...hang('✓', 'green', 2, sentence))
    },
    paint: colour,
    async pause(seconds) {
      const left = Math.min(seconds, PATIENCE - (Date.now() - started) / 1_000)
      if (fast || !io.stdout.isTTY || left <= 0) return
      await sleep(left * 1_000, undefined, until && { signal: until })
    },
  }
}
