// Runs the MCP conformance suite against the product and against the suite's own tools over the product's HTTP stack.
// Each run is held to the file of its name in baseline/, which lists what is left and why; what is listed and passes
// fails the run as well. The suite needs Node 22, which the npm package `node` brings; the servers run on this one.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const SUITE = '@modelcontextprotocol/conformance@0.2.0-alpha.12'
const REVISIONS = ['2026-07-28', '2025-11-25']
const HERE = import.meta.dirname
const ROOT = join(HERE, '../..')

const SERVERS = {
  product: [join(ROOT, 'dist/main.js'), 'serve', '--http', '--sandbox', '--port', '0'],
  fixtures: ['--import', 'tsx', join(HERE, 'serve.ts')],
}

const home = mkdtempSync(join(tmpdir(), 'conformance-'))
let failed = false
for (const [name, args] of Object.entries(SERVERS)) {
  const server = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', HOME: home },
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  const ended = once(server, 'close')
  const url = await new Promise<string>((resolve, reject) => {
    server.stderr.on('data', (piece) => {
      const [, address] = /at (http:\S+)\n/.exec(String(piece)) ?? []
      if (address) resolve(address)
    })
    void ended.then(() => reject(new Error(`the server ${name} ended`)))
  })
  for (const revision of REVISIONS) {
    process.stdout.write(`\n# ${name}, ${revision}\n`)
    const baseline = join(HERE, 'baseline', `${name}-${revision}.yml`)
    const suite = `conformance server --url ${url} --requirements ${revision} --expected-failures ${baseline}`
    const run = spawn('npx', ['--yes', '--package', 'node@22', '--package', SUITE, '--call', suite], {
      cwd: home,
      stdio: 'inherit',
    })
    const [code] = await once(run, 'close')
    failed ||= code !== 0
  }
  server.kill('SIGTERM')
  await ended
}
rmSync(home, { recursive: true, force: true })
process.exitCode = failed ? 1 : 0
