import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MAIN } from './main.ts'

/** Whether this machine has tmux. */
export const hasTmux = spawnSync('tmux', ['-V']).status === 0

interface Pane {
  cwd: string
  env: Record<string, string>
  columns: number
}

/** The built program in a pane of a tmux of its own, and somebody who types there. */
export function openPane(words: readonly string[], { cwd, env, columns }: Pane) {
  const folder = mkdtempSync(join(tmpdir(), 'tmux-'))
  const settings = join(folder, 'tmux.conf')
  writeFileSync(settings, 'set -g remain-on-exit on\nset -g default-shell /bin/sh\n')
  const tmux = (words: readonly string[], input?: string) =>
    execFileSync('tmux', ['-S', join(folder, 'socket'), '-f', settings, ...words], {
      env: { ...env, TERM: 'xterm-256color', LANG: 'C.UTF-8' },
      encoding: 'utf8',
      ...(input !== undefined && { input }),
    })
  const command = [process.execPath, MAIN, ...words].map((word) => `'${word}'`).join(' ')
  tmux(['new-session', '-d', '-x', `${columns}`, '-y', '40', '-c', cwd, `${command}; echo "ended with $?"`])
  const screen = () => tmux(['capture-pane', '-p', '-S', '-500'])
  async function see(what: RegExp): Promise<void> {
    for (const until = Date.now() + 15_000; !what.test(screen()); ) {
      if (Date.now() > until) throw new Error(`no ${what} in:\n${screen()}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    // A prompt takes keys once it has drawn itself.
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return {
    screen,
    see,
    /** Waits for a question, and presses keys by their names in tmux: `Down`, `C-c`. */
    async press(question: RegExp, ...keys: string[]) {
      await see(question)
      tmux(['send-keys', ...keys])
    },
    async type(question: RegExp, text: string) {
      await see(question)
      tmux(['send-keys', '-l', text])
      tmux(['send-keys', 'Enter'])
    },
    /** Pastes as tmux does: in brackets, if the program asks for them. */
    async paste(question: RegExp, text: string) {
      await see(question)
      tmux(['load-buffer', '-'], text)
      tmux(['paste-buffer', '-p'])
    },
    stop: () => {
      tmux(['kill-server'])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
