// Installs servers and clients that others wrote, each of a pinned version, and runs the tests that meet them.
// With names, only these folders of `test/foreign`.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const FOREIGN = 'test/foreign'
// What the suite meets too, where it is installed: converters, clients, mcp-remote, an authorization server.
const INTEROP = ['interop', 'converters', 'oauth'].map((name) => `test/front-door/${name}.test.ts`)

const wanted = process.argv.slice(2)
const isAll = wanted.length === 0
const folders = readdirSync(FOREIGN).filter(
  (name) => existsSync(join(FOREIGN, name, 'package.json')) && (isAll || wanted.includes(name)),
)

const run = (words, env = {}) =>
  execFileSync('npx', ['--no', ...words], { stdio: 'inherit', env: { ...process.env, ...env } })
// None of these needs its install scripts: the stores are in memory, and the binaries are packages of their own.
const install = (folder) =>
  execFileSync('npm', ['ci', '--ignore-scripts', '--prefix', folder], { stdio: 'inherit' })

// A registry may lack one of them; the others are met all the same, and it is said at the end.
const missing = []
for (const folder of [...folders.map((name) => join(FOREIGN, name)), ...(isAll ? ['test/interop'] : [])]) {
  try {
    install(folder)
  } catch {
    missing.push(folder)
  }
}
const isWhole = isAll && missing.length === 0
run(['vitest', 'run', FOREIGN, ...(isAll ? INTEROP : [])], {
  ...(isAll && { IDENTITY_MCP_FULL: '1' }),
  // What is not installed is skipped otherwise.
  ...(isWhole && { IDENTITY_MCP_FOREIGN: '1' }),
})
if (missing.length > 0) {
  process.stderr.write(`could not be installed, and was not met: ${missing.join(', ')}\n`)
  process.exitCode = 1
}
