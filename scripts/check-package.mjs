// Packs the package, installs it in a temporary folder, measures it and runs it.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MAX_MEGABYTES = 20
const MAX_PACKAGES = 12

const folder = mkdtempSync(join(tmpdir(), 'identity-mcp-package-'))
const npm = (...words) =>
  execFileSync('npm', words, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
try {
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--pack-destination', folder], { encoding: 'utf8' }).replace(
      /^[^[]*/,
      '',
    ),
  )
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }))
  // Any warnings on stderr are reported.
  execFileSync('sh', ['-c', `npm i --no-audit --no-fund ./${filename} 2> warnings`], { cwd: folder })
  const warnings = execFileSync('cat', ['warnings'], { cwd: folder, encoding: 'utf8' })
  const files = readdirSync(join(folder, 'node_modules'), { recursive: true, withFileTypes: true }).filter(
    (one) => one.isFile(),
  )
  const megabytes =
    files.reduce((sum, one) => sum + statSync(join(one.parentPath, one.name)).size, 0) / 1_048_576
  const packages = JSON.parse(npm('ls', '--all', '--json', '--depth', '9', '--parseable=false')).dependencies
  // npm lists the native builds of other platforms too, without a version: they are not installed.
  const count = (of = {}) =>
    Object.values(of).reduce(
      (sum, { version, dependencies }) => sum + (version ? 1 : 0) + count(dependencies),
      0,
    )
  const listed = execFileSync('node_modules/.bin/identity-mcp', ['--sandbox'], {
    cwd: folder,
    encoding: 'utf8',
    input: '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}\n',
  })
  const figures = `${megabytes.toFixed(1)} MB, ${count(packages)} packages`
  const faults = [
    ...(megabytes > MAX_MEGABYTES ? [`more than ${MAX_MEGABYTES} MB`] : []),
    ...(count(packages) > MAX_PACKAGES ? [`more than ${MAX_PACKAGES} packages`] : []),
    ...(warnings.trim() ? [warnings.trim()] : []),
    ...(listed.includes('find_user') ? [] : ['it does not list its tools']),
  ]
  process.stdout.write(`The package, installed: ${figures}. ${faults.join('\n') || 'It lists its tools.'}\n`)
  process.exitCode = faults.length > 0 ? 1 : 0
} finally {
  rmSync(folder, { recursive: true, force: true })
}
