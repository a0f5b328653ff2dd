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

/** The built program at a terminal, and somebody who types there. */
export const openTerminal = (words: readonly string[], place: Place) =>
  openShell([process.execPath, MAIN, ...words].map((word) => `'${word}'`).join(' '), place)

/** A command line in a shell at a terminal. */
export function openShell(command: string, { cwd, env }: Place, shell = '/bin/sh') {
  const child = spawn('script', ['-qfec', `stty cols 100 rows 40; ${command}`, '/dev/null'], {
    cwd,
    env: { ...env, TERM: 'xterm', SHELL: shell },
  })
  let screen = ''
  let read = 0
  child.stdout.on('data', (piece) => {
    screen += stripVTControlCharacters(String(piece))
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  let typed = 0
  async function type(text: string) {
    read = screen.length
    typed += 1
    // A prompt takes keys once it has drawn itself.
    await new Promise((resolve) => setTimeout(resolve, 60))
    for (const key of [...text, '\r']) {
      child.stdin.write(key)
      await new Promise((resolve) => setTimeout(resolve, 3))
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
    /** Waits for a question, and answers it. */
    async answer(question: RegExp, text: string) {
      const until = Date.now() + 15_000
      for (;;) {
        const at = screen.slice(read).search(question)
        if (at >= 0) break
        if (Date.now() > until || child.exitCode !== null)
          throw new Error(`no ${question} in:\n${screen.slice(read)}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      await type(text)
    },
    stop: () => void child.kill('SIGKILL'),
  }
}
