// Makes a release of this repository: npm run release -- VERSION|patch|minor|major [--dry-run]
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { release } from './release/release.ts'

const root = join(import.meta.dirname, '..')
const run = (command: string, ...words: string[]) =>
  execFileSync(command, words, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 27,
  })
const say = (line: string) => void process.stdout.write(`${line}\n`)

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { 'dry-run': { type: 'boolean' } },
  })
  const [wanted, ...more] = positionals
  if (wanted === undefined || more.length > 0)
    throw new Error('npm run release -- VERSION|patch|minor|major [--dry-run]')
  release({ root, wanted, dryRun: values['dry-run'] ?? false, run, say })
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 2
}
