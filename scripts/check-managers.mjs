// Installs the packed package with pnpm, Yarn and Bun, and through npx, each of a pinned version, and lists its tools.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PNPM = 'pnpm@10.34.8'
const YARN_CLASSIC = 'yarn@1.22.22'
const YARN = '@yarnpkg/cli-dist@4.18.1'
const BUN = 'bun@1.4.5'

const folder = mkdtempSync(join(tmpdir(), 'identity-mcp-managers-'))
const env = { ...process.env, npm_config_yes: 'true', YARN_ENABLE_IMMUTABLE_INSTALLS: 'false', HOME: folder }
const run = (cwd, [command, ...words], input = '') =>
  execFileSync(command, words, { cwd, env, input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] })

const ASK = '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}\n'
const tool = (of, command) => ['npx', '--yes', '--package', of, command]

try {
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--pack-destination', folder], { encoding: 'utf8' }).replace(
      /^[^[]*/,
      '',
    ),
  )
  const packed = join(folder, filename)
  const managers = {
    npx: [undefined, ['npx', '--yes', '--package', packed, 'identity-mcp']],
    pnpm: [
      [...tool(PNPM, 'pnpm'), 'add', packed],
      [...tool(PNPM, 'pnpm'), 'exec', 'identity-mcp'],
    ],
    'Yarn 1': [
      [...tool(YARN_CLASSIC, 'yarn'), 'add', `file:${packed}`],
      [...tool(YARN_CLASSIC, 'yarn'), '-s', 'run', 'identity-mcp'],
    ],
    'Yarn 4': [
      [...tool(YARN, 'yarn'), 'add', `identity-mcp-server@file:${packed}`],
      [...tool(YARN, 'yarn'), 'run', 'identity-mcp'],
    ],
    Bun: [
      [...tool(BUN, 'bun'), 'add', packed],
      [...tool(BUN, 'bun'), 'x', 'identity-mcp'],
    ],
  }
  const wanted = process.argv.slice(2)
  for (const [name, [install, start]] of Object.entries(managers)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    const place = join(folder, name.replaceAll(' ', '-'))
    mkdirSync(place)
    writeFileSync(join(place, 'package.json'), JSON.stringify({ name: 'place', private: true }))
    // Without a lock file Yarn 4 takes the project to be a part of another.
    writeFileSync(join(place, 'yarn.lock'), '')
    const began = Date.now()
    try {
      if (install) run(place, install)
      const listed = run(place, [...start, '--sandbox'], ASK)
      if (!listed.includes('find_user')) throw new Error('it does not list its tools')
      process.stdout.write(
        `✓ ${name}: installs and lists its tools (${((Date.now() - began) / 1000).toFixed(0)} s)\n`,
      )
    } catch (error) {
      process.exitCode = 1
      process.stdout.write(`✗ ${name}: ${error.stderr || error.stdout || error.message}\n`)
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
