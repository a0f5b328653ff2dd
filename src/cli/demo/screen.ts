import { setTimeout as sleep } from 'node:timers/promises'
import type { Io } from '../../app/io.ts'
import { table } from '../table.ts'
import { paint, print, type Style, wrap } from '../terminal.ts'
import { folded, pageOf, WIDTH } from './page.ts'
import { Surprise } from './surprise.ts'

/** The output of the demo. */
export interface Screen {
  heading(text: string): void
  /** A paragraph. */
  say(text: string): void
  /** Sentences, after the name of the speaker. */
  by(who: Voice, ...sentences: string[]): void
  /** A table below those sentences. */
  rows(rows: readonly (readonly string[])[]): void
  /** A question in a window. */
  window(title: string, sentences: readonly string[]): void
  /** A command and its output. */
  terminal(command: string, output: string): void
  /** Prints `sentence`. Throws a `Surprise` unless it holds. */
  check(holds: boolean, sentence: string, actual: unknown): void
  /** Gives the reader time, if there is a terminal. */
  pause(seconds: number): Promise<void>
}

/** In the order of a conversation: an earlier voice after a later one starts a new paragraph. */
const VOICES = {
  'agent asks': 'cyan',
  'person says': 'yellow',
  'server says': 'magenta',
  'what to do': 'green',
} as const
type Voice = keyof typeof VOICES
const ORDER: readonly unknown[] = Object.keys(VOICES)

const EDGE = '  '
const VOICE_WIDTH = 13
/** No pauses after this many seconds: the demo stays short on a slow machine. */
const MAX_SECONDS_WITH_PAUSES = 18

/** `until` ends the output and every pause. */
export function openScreen(io: Io, { fast, until }: { fast: boolean; until: AbortSignal }): Screen {
  const page = pageOf(io, until)
  const started = Date.now()
  let last: keyof Screen | Voice | undefined
  const write = (kind: keyof Screen | Voice, lines: readonly string[], joined = false) => {
    print(page, ...(joined || last === undefined || last === 'heading' ? lines : ['', ...lines]))
    last = kind
  }
  // The same margin on both sides.
  const paragraph = (text: string, indent: string) =>
    wrap(page, text, EDGE + indent).map((line) => line.slice(EDGE.length))
  const hang = (mark: string, style: Style, width: number, text: string): string[] => {
    const [first = '', ...rest] = paragraph(text, EDGE + ' '.repeat(width))
    return [EDGE + paint(page, style, mark.padEnd(width)) + first.slice(EDGE.length + width), ...rest]
  }
  const framed = (style: Style, lines: readonly string[], right = ''): string[] => {
    const room = WIDTH - EDGE.length - 2 - right.length
    return lines
      .flatMap((line) => folded(page, line, room))
      .map((line) => (right ? line.padEnd(room) : line))
      .map((line) => `${EDGE}${paint(page, style, '│')} ${line}${paint(page, style, right)}`.trimEnd())
  }

  return {
    heading(text) {
      const rule = '─'.repeat(WIDTH - text.length - 4)
      write('heading', [
        `${paint(page, 'dim', '──')} ${paint(page, 'bold', text)} ${paint(page, 'dim', rule)}`,
        '',
      ])
    },
    say: (text) => write('say', paragraph(text, EDGE)),
    by: (who, ...sentences) =>
      write(
        who,
        sentences.flatMap((text, at) => hang(at ? '' : who, VOICES[who], VOICE_WIDTH, text)),
        ORDER.indexOf(last) >= 0 && ORDER.indexOf(last) < ORDER.indexOf(who),
      ),
    rows: (rows) =>
      write(
        last ?? 'rows',
        table(
          page,
          rows.map((row) => ['', ...row]),
          [VOICE_WIDTH],
        ),
        true,
      ),
    window(title, sentences) {
      const room = WIDTH - EDGE.length - 1
      const edge = (text: string, end: string) => EDGE + paint(page, 'yellow', text.padEnd(room, '─') + end)
      write('window', [edge(`╭─ ${title} `, '╮'), ...framed('yellow', sentences, ' │'), edge('╰', '╯')])
    },
    terminal(command, output) {
      const typed = folded(page, command, WIDTH - 8).join(` \\\n${EDGE}    `)
      write('terminal', [
        `${EDGE}${paint(page, 'green', '$')} ${paint(page, 'bold', typed)}`,
        ...framed('dim', output.trimEnd().split('\n')),
      ])
    },
    check(holds, sentence, actual) {
      if (!holds) throw new Surprise(sentence, actual)
      write('check', hang('✓', 'green', 2, sentence), true)
    },
    async pause(seconds) {
      const left = Math.min(seconds, MAX_SECONDS_WITH_PAUSES - (Date.now() - started) / 1_000)
      if (fast || !io.stdout.isTTY || left <= 0) return
      await sleep(left * 1_000, undefined, { signal: until })
    },
  }
}
