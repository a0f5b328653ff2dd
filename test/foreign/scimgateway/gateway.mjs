import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { register } from 'tsx/esm/api'

/**
 * Serves the scimgateway that is installed in this folder with its plugin on LokiJS, in memory. Prints where it listens;
 * `store` shows what LokiJS itself has.
 */
export async function serve(home) {
  // Its log goes there, and what is printed is read.
  const print = process.stdout.write.bind(process.stdout)
  process.stdout.write = () => true

  const modules = join(home, 'node_modules')
  const gateway = join(modules, 'scimgateway')
  const token = randomBytes(16).toString('hex')

  const collections = {}
  const Loki = createRequire(join(modules, 'x.js'))('lokijs')
  const { addCollection } = Loki.prototype
  Loki.prototype.addCollection = function (name, ...rest) {
    collections[name] = addCollection.call(this, name, ...rest)
    return collections[name]
  }

  const store = createServer((_, response) => {
    const shown = Object.entries(collections).map(([name, collection]) => [name, collection.find()])
    response.end(JSON.stringify(Object.fromEntries(shown)))
  }).listen(0, '127.0.0.1')
  const free = createServer().listen(0, '127.0.0.1')
  await Promise.all([once(store, 'listening'), once(free, 'listening')])
  const { port } = free.address()
  free.close()
  await once(free, 'close')

  // It looks for its settings beside its plugin, where it also writes its log.
  const folder = mkdtempSync(join(tmpdir(), 'scimgateway-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  process.on('SIGTERM', () => process.exit())
  for (const name of ['config', 'lib']) mkdirSync(join(folder, name))
  symlinkSync(modules, join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const { scimgateway, ...settings } = JSON.parse(
    readFileSync(join(gateway, 'config', 'plugin-loki.json'), 'utf8'),
  )
  scimgateway.port = port
  scimgateway.localhostonly = true
  scimgateway.log.loglevel = { file: 'off', console: 'off' }
  scimgateway.auth.bearerToken[0].token = token
  for (const entity of Object.values(settings.endpoint.entity)) entity.persistence = false
  writeFileSync(join(folder, 'config', 'plugin-loki.json'), JSON.stringify({ scimgateway, ...settings }))
  const plugin = join(folder, 'lib', 'plugin-loki.ts')
  copyFileSync(join(gateway, 'lib', 'plugin-loki.ts'), plugin)
  register()
  await import(pathToFileURL(plugin).href)
  // Its made-up people.
  for (const collection of Object.values(collections)) collection.clear()

  const url = `http://127.0.0.1:${port}`
  while (!(await fetch(`${url}/ping`).catch(() => undefined)))
    await new Promise((done) => setTimeout(done, 50))
  print(`${JSON.stringify({ url, token, store: `http://127.0.0.1:${store.address().port}` })}\n`)
}
