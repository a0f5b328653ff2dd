import { setTimeout as sleep } from 'node:timers/promises'
import type { Io } from '../../app/io.ts'
import { paint, print, type Style, table, wrap } from '../data.ts'
import { folded, pageOf, WIDTH } from './page.ts'
import { Surprise } from './surprise.ts'

/** Where the story is told. */
export interface Screen {
  heading(text: string): void
  /** A paragraph. */
  say(text: string): void
  /** Sentences of somebody, behind who it is. */
  by(who: Voice, ...sentences: string[]): void
  /** A table below what was said. */
  rows(rows: readonly (readonly string[])[]): void
  /** A question as a person sees it. */
  window(title: string, sentences: readonly string[]): void
  /** A command and what it printed. */
  terminal(command: string, output: string): void
  /** Says what holds. Throws a `Surprise` when it does not. */
  check(holds: boolean, sentence: string, cameBack: unknown): void
  /** Time for a person at a terminal to read. */
  pause(seconds: number): Promise<void>
}

/** In the order in which they speak: whoever comes earlier than the last one begins anew. */
const VOICES = {
  'agent asks': 'cyan',
  'person says': 'yellow',
  'server says': 'magenta',
  'what to do': 'green',
} as const
type Voice = keyof typeof VOICES
const ORDER: readonly unknown[] = Object.keys(VOICES)

const EDGE = '  '
const SPEECH = 13
/** After so many seconds nobody is made to wait any more, so that the story stays short on a slow machine. */
const PATIENCE = 18

/** `until` ends what is told, and every pause. */
export function openScreen(io: Io, { fast, until }: { fast: boolean; until: AbortSignal }): Screen {
  const page = pageOf(io, until)
  const started = Date.now()
  let last: keyof Screen | Voice | undefined
  const tell = (kind: keyof Screen | Voice, lines: readonly string[], joined = false) => {
    print(page, ...(joined || last === undefined || last === 'heading' ? lines : ['', ...lines]))
    last = kind
  }
  // As far from the right edge as from the left one.
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
      tell('heading', [
        `${paint(page, 'dim', '──')} ${paint(page, 'bold', text)} ${paint(page, 'dim', rule)}`,
        '',
      ])
    },
    say: (text) => tell('say', paragraph(text, EDGE)),
    by: (who, ...sentences) =>
      tell(
        who,
        sentences.flatMap((text, at) => hang(at ? '' : who, VOICES[who], SPEECH, text)),
        ORDER.indexOf(last) >= 0 && ORDER.indexOf(last) < ORDER.indexOf(who),
      ),
    rows: (rows) =>
      tell(
        last ?? 'rows',
        table(
          page,
          rows.map((row) => ['', ...row]),
          [SPEECH],
        ),
        true,
      ),
    window(title, sentences) {
      const room = WIDTH - EDGE.length - 1
      const edge = (text: string, end: string) => EDGE + paint(page, 'yellow', text.padEnd(room, '─') + end)
      tell('window', [edge(`╭─ ${title} `, '╮'), ...framed('yellow', sentences, ' │'), edge('╰', '╯')])
    },
    terminal(command, output) {
      const typed = folded(page, command, WIDTH - 8).join(` \\\n${EDGE}    `)
      tell('terminal', [
        `${EDGE}${paint(page, 'green', '$')} ${paint(page, 'bold', typed)}`,
        ...framed('dim', output.trimEnd().split('\n')),
      ])
    },
    check(holds, sentence, cameBack) {
      if (!holds) throw new Surprise(sentence, cameBack)
      tell('check', hang('✓', 'green', 2, sentence), true)
    },
    async pause(seconds) {
      const left = Math.min(seconds, PATIENCE - (Date.now() - started) / 1_000)
      if (fast || !io.stdout.isTTY || left <= 0) return
      await sleep(left * 1_000, undefined, { signal: until })
    },
  }
}
