// Runs the demo and writes docs/demo.svg, the picture of it in the README: a terminal through which its output scrolls.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { play } from '../src/cli/demo/play.ts'
import { terminalSvg } from './terminal-svg.ts'

// Node colours nothing where its own output is no terminal.
process.env.FORCE_COLOR = '1'
const pieces: string[] = []
const stdout = new Writable({
  write(piece, _, done) {
    pieces.push(String(piece))
    done()
  },
})
// Until the picture is written: Node ends without a word when nothing is left to wait for.
process.exitCode = 1
const isWell = await play(
  {
    env: { ...process.env, NO_COLOR: undefined },
    cwd: process.cwd(),
    stdin: process.stdin,
    stdout: Object.assign(stdout, { isTTY: true, columns: 80 }),
    stderr: process.stderr,
    user: 'you',
    self: 'identity-mcp',
    script: { node: process.execPath, main: join(import.meta.dirname, '../dist/main.js') },
    untilStopped: () => new Promise(() => {}),
    onReload: () => {},
    exit: () => {},
  },
  { fast: true },
)
if (isWell) {
  writeFileSync(join(import.meta.dirname, '../docs/demo.svg'), terminalSvg(pieces.join(''), 'npm run demo'))
  process.exitCode = 0
}
