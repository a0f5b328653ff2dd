import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export const ROOT = resolve(import.meta.dirname, '../..')

/** Whether to skip what needs Python: if there is none, unless the full run is requested. */
export const noPython =
  spawnSync('python3', ['--version']).status !== 0 && process.env.IDENTITY_MCP_FULL !== '1'

export interface Ran {
  code: number | null
  out: string
}

/** Runs a program to its end. `said` sees its output as it comes. */
export function runProgram(
  command: string,
  args: readonly string[],
  { cwd = ROOT, env = {}, said = () => {} }: RunOptions = {},
): Promise<Ran> {
  const { PATH = '' } = process.env
  return new Promise((done) => {
    const child = execFile(command, [...args], { cwd, env: { PATH, ...env } }, (error, stdout, stderr) =>
      done({ code: error ? (child.exitCode ?? -1) : 0, out: stdout + stderr }),
    )
    child.stdout?.on('data', (piece) => said(String(piece)))
  })
}

interface RunOptions {
  cwd?: string
  env?: Record<string, string>
  said?: (text: string) => void
}

/** The block of code that a page marks to be run, as a file in a folder with the packages of this repository. */
export function programIn(page: string, language: 'typescript' | 'python') {
  const text = readFileSync(join(ROOT, page), 'utf8')
  const [, code] = new RegExp(`<!-- run: ${language} -->\n\`\`\`\\w+\n([\\s\\S]*?)\n\`\`\``).exec(text) ?? []
  if (code === undefined) throw new Error(`${page} has no ${language} to run.`)
  const folder = mkdtempSync(join(tmpdir(), 'identity-mcp-docs-'))
  const file = join(folder, language === 'python' ? 'bot.py' : 'bot.mts')
  writeFileSync(file, `${code}\n`)
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return {
    run: (args: readonly string[], options: Omit<RunOptions, 'cwd'>) =>
      language === 'python'
        ? runProgram('python3', [file, ...args], { ...options, cwd: folder })
        : runProgram(process.execPath, ['--import', 'tsx', file, ...args], { ...options, cwd: folder }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
