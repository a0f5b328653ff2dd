// Builds dist/: one bundled entry, with what is heavy and seldom needed in chunks of its own.
import { chmodSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const common = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.18',
  // Native: each system has a package of its own.
  external: ['@libsql/*'],
  logLevel: 'warning',
}

// Beside dist/, so that it takes its place at once and a build that fails leaves the last one alone.
const made = mkdtempSync('.build-')
try {
  // What tools/list answers, so that a start does not have to work it out.
  const wire = join(made, 'wire.mjs')
  const contents =
    "import { tools } from './src/tools/index.ts'\nimport { toWire } from './src/tools/to-wire.ts'\nexport default tools.map(toWire)\n"
  await build({ ...common, stdin: { contents, resolveDir: '.', loader: 'ts' }, outfile: wire })
  const { default: tools } = await import(pathToFileURL(wire).href)
  rmSync(wire)

  const shipped = {
    ...common,
    sourcemap: true,
    sourcesContent: false,
    minifySyntax: true,
    minifyWhitespace: true,
    define: { BUILT_TOOLS: JSON.stringify(tools) },
    // CommonJS packages in an ES module ask for `require`.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);",
    },
  }
  // Both share so much with the server that a start over stdio would load parts of them: the demo brings an MCP client
  // along, and serving over HTTP the other half of the SDK.
  const apart = { demo: 'src/cli/demo/play.ts', http: 'src/app/serve-http.ts' }
  const setApart = {
    name: 'set-apart',
    setup({ onResolve }) {
      for (const [name, file] of Object.entries(apart)) {
        onResolve({ filter: new RegExp(`/${basename(file)}$`) }, () => ({
          path: `../${name}.js`,
          external: true,
        }))
      }
    },
  }
  // The SDK brings two validators for JSON Schema, a large one for Node and a small one for edge runtimes. This server
  // validates with zod, so the small one will do, and a start has a quarter less to read.
  const smallValidator = {
    name: 'small-validator',
    setup({ onLoad }) {
      onLoad({ filter: /@modelcontextprotocol\/server\/dist\/shimsNode\.mjs$/ }, ({ path }) => ({
        contents:
          "export { CfWorkerJsonSchemaValidator as DefaultJsonSchemaValidator } from '@modelcontextprotocol/server/validators/cf-worker'\n" +
          "export { default as process } from 'node:process'\n",
        resolveDir: dirname(path),
      }))
    },
  }
  // All of undici is fetch, WebSocket, caches and mocks too, of which this server uses nothing: the first call to an app
  // would have half of its time go into reading them.
  const agentAlone = {
    name: 'agent-alone',
    setup({ onLoad }) {
      onLoad({ filter: /node_modules\/undici\/index\.js$/ }, ({ path }) => ({
        contents:
          "require('./lib/dispatcher/dispatcher').prototype.request = require('./lib/api/api-request')\n" +
          "exports.Agent = require('./lib/dispatcher/agent')\n",
        resolveDir: dirname(path),
      }))
    },
  }
  await build({
    ...shipped,
    entryPoints: ['src/main.ts'],
    outdir: made,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    plugins: [setApart, smallValidator, agentAlone],
  })
  for (const [name, file] of Object.entries(apart)) {
    await build({
      ...shipped,
      entryPoints: { [name]: file },
      outdir: made,
      splitting: true,
      chunkNames: `${name}/[name]-[hash]`,
      plugins: [smallValidator, agentAlone],
    })
  }
  chmodSync(join(made, 'main.js'), 0o755)
  chmodSync(made, 0o755)
  rmSync('dist', { recursive: true, force: true })
  renameSync(made, 'dist')
} finally {
  rmSync(made, { recursive: true, force: true })
}
