import { spawn, spawnSync } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import { MAIN } from './main.ts'

/** Whether this machine has the `script` of util-linux, which gives a program a terminal of its own. */
export const hasTerminal =
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false

interface Place {
  cwd: string
  env: Record<string, string>
}

interface Form {
  shell?: string
  /** What the terminal says that it is; nothing if null. */
  term?: string | null
  columns?: number
}

/** The built program at a terminal, and somebody who types there. */
export const openTerminal = (words: readonly string[], place: Place, form: Form = {}) =>
  openShell([process.execPath, MAIN, ...words].map((word) => `'${word}'`).join(' '), place, form)

/** A command line in a shell at a terminal. */
export function openShell(
  command: string,
  { cwd, env }: Place,
  { shell = '/bin/sh', term = 'xterm', columns = 100 }: Form = {},
) {
  const child = spawn('script', ['-qfec', `stty cols ${columns} rows 40; ${command}`, '/dev/null'], {
    cwd,
    env: { ...env, ...(term !== null && { TERM: term }), SHELL: shell },
  })
  let raw = ''
  let screen = ''
  let read = 0
  child.stdout.on('data', (piece) => {
    raw += String(piece)
    screen += stripVTControlCharacters(String(piece))
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  let typed = 0
  async function press(keys: readonly string[]) {
    read = screen.length
    typed += 1
    // A prompt takes keys once it has drawn itself.
    await new Promise((resolve) => setTimeout(resolve, 60))
    for (const key of keys) {
      child.stdin.write(key)
      await new Promise((resolve) => setTimeout(resolve, 3))
    }
  }
  const type = (text: string) => press([...text, '\r'])
  async function see(what: RegExp): Promise<void> {
    const until = Date.now() + 15_000
    while (screen.slice(read).search(what) < 0) {
      if (Date.now() > until || child.exitCode !== null)
        throw new Error(`no ${what} in:\n${screen.slice(read)}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  return {
    /** What was shown since the last answer. */
    unread: () => screen.slice(read),
    type,
    /** All that was ever shown. */
    screen: () => screen,
    answers: () => typed,
    ended,
    /** With what moves the cursor and colours the text. */
    raw: () => raw,
    see,
    /** Waits for a question, and answers it. */
    async answer(question: RegExp, text: string) {
      await see(question)
      await type(text)
    },
    /** Waits for a question, and sends each of these at once, as a terminal does with a key or a paste. */
    async press(question: RegExp, ...keys: string[]) {
      await see(question)
      await press(keys)
    },
    stop: () => void child.kill('SIGKILL'),
  }
}
