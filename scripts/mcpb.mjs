// Builds the MCPB bundle (github.com/modelcontextprotocol/mcpb): --stage FOLDER only lays its files out.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const TOOL = '@anthropic-ai/mcpb@2.1.2'
const pkg = JSON.parse(readFileSync('package.json', 'utf8'))
const manifest = JSON.parse(readFileSync('mcpb/manifest.json', 'utf8'))

const [, , option, given] = process.argv
if (option === '--stage') stage(given, { fetch: false })
else {
  const folder = mkdtempSync(join(tmpdir(), 'identity-mcp-mcpb-'))
  try {
    stage(folder, { fetch: true })
    const tool = (...words) => execFileSync('npx', ['--yes', TOOL, ...words], { stdio: 'inherit' })
    tool('validate', join(folder, 'manifest.json'))
    tool('pack', folder, option ?? `${pkg.name}-${pkg.version}.mcpb`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Lays the files of the bundle out. It names the platforms whose native build of the database it has. */
function stage(folder, { fetch }) {
  const server = join(folder, 'server')
  mkdirSync(server, { recursive: true })
  cpSync('mcpb/start.mjs', join(server, 'start.mjs'))
  cpSync('dist', join(server, 'dist'), {
    recursive: true,
    filter: (file) => !/\.map$|[/\\]types$/.test(file),
  })
  cpSync('LICENSE', join(folder, 'LICENSE'))
  // An empty one beside the code, so that Node reads it as modules.
  writeFileSync(join(server, 'package.json'), JSON.stringify({ type: 'module', version: pkg.version }))
  const natives = Object.entries(pkg.optionalDependencies).filter(([name, version]) =>
    takeNative(name, version, { server, fetch }),
  )
  const platforms = ['darwin', 'linux', 'win32'].filter((one) =>
    natives.some(([name]) => name.startsWith(`@libsql/${one}-`)),
  )
  const compatibility = { ...manifest.compatibility, platforms }
  writeFileSync(
    join(folder, 'manifest.json'),
    `${JSON.stringify({ ...manifest, version: pkg.version, compatibility }, null, 2)}\n`,
  )
}

/** Puts the native build for one platform beside the server; returns whether there is one. */
function takeNative(name, version, { server, fetch }) {
  const target = join(server, 'node_modules', name)
  const installed = join('node_modules', name)
  if (existsSync(installed)) {
    cpSync(installed, target, { recursive: true, dereference: true })
    return true
  }
  if (!fetch) return false
  mkdirSync(target, { recursive: true })
  const words = ['pack', `${name}@${version}`, '--json', '--pack-destination', target]
  const [{ filename }] = JSON.parse(execFileSync('npm', words, { encoding: 'utf8' }))
  execFileSync('tar', ['-xzf', filename, '--strip-components=1'], { cwd: target })
  rmSync(join(target, filename))
  return true
}
