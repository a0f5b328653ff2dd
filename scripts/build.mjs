// Builds dist/: one bundled entry, with heavy and rarely needed code in separate chunks.
import { chmodSync, cpSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const common = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.18',
  // Native: one package per platform.
  external: ['@libsql/*'],
  // Its other build loads its parts at run time, and they would not be in the bundle.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  logLevel: 'warning',
}

// Next to dist/: a finished build replaces it with one rename, and a failed build leaves it unchanged.
const made = mkdtempSync('.build-')
try {
  // The answer to tools/list, computed at build time to make the start faster.
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
    // As text: esbuild would make an object a module of its own, which every chunk then loads.
    // The thread of the database is started from a chunk, and lies beside the entry; so do the files of the views.
    define: {
      BUILT_TOOLS: JSON.stringify(JSON.stringify(tools)),
      SQLITE_WORKER: JSON.stringify('../sqlite-worker.js'),
      VIEW_FILES: JSON.stringify('../views/'),
    },
    // CommonJS packages in an ES module need `require`.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);",
    },
  }
  // Separate bundles: with shared chunks, a start over stdio would also load the MCP client of the demo and the HTTP half
  // of the SDK.
  const separateBundles = {
    demo: 'src/cli/demo/play.ts',
    http: 'src/app/serve-http.ts',
    library: 'src/library.ts',
  }
  const separateImports = {
    name: 'separate-imports',
    setup({ onResolve }) {
      for (const [name, file] of Object.entries(separateBundles)) {
        onResolve({ filter: new RegExp(`/${basename(file)}$`) }, () => ({
          path: `../${name}.js`,
          external: true,
        }))
      }
    },
  }
  // The SDK has two validators for JSON Schema, a large one for Node and a small one for edge runtimes. This server
  // validates with zod, so the small one is enough; the start loads a quarter less code.
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
  // The SDK makes a schema of every OAuth document, only to offer them to its users. This server uses none of them, and
  // making them would take a tenth of the start's schema work.
  const noOAuthSchemas = {
    name: 'no-oauth-schemas',
    setup({ onLoad }) {
      onLoad({ filter: /@modelcontextprotocol\/core\/dist\/auth-[\w-]+\.mjs$/ }, ({ path }) => {
        const [, names] = /^export \{(.*)\};?$/m.exec(readFileSync(path, 'utf8'))
        const exported = names.split(',').map((name) => `unused as ${name.split(' as ').at(-1).trim()}`)
        return {
          contents: `import { never } from 'zod/v4'\nconst unused = never()\nexport { ${exported} }`,
          resolveDir: dirname(path),
        }
      })
    },
  }
  // undici also contains fetch, WebSocket, caches and mocks. This server uses none of them, and loading them would take
  // half the time of the first call to an app.
  const undiciAgentOnly = {
    name: 'undici-agent-only',
    setup({ onLoad }) {
      onLoad({ filter: /node_modules\/undici\/index\.js$/ }, ({ path }) => ({
        contents:
          "require('./lib/dispatcher/dispatcher').prototype.request = require('./lib/api/api-request')\n" +
          "exports.Agent = require('./lib/dispatcher/agent')\n" +
          "exports.buildConnector = require('./lib/core/connect')\n",
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
    plugins: [separateImports, noOAuthSchemas, smallValidator, undiciAgentOnly],
  })
  // The library and serving over HTTP have most of their code in common.
  const { demo, ...served } = separateBundles
  for (const [folder, entryPoints] of Object.entries({ demo: { demo }, served })) {
    await build({
      ...shipped,
      entryPoints,
      outdir: made,
      splitting: true,
      chunkNames: `${folder}/[name]-[hash]`,
      plugins: [smallValidator, undiciAgentOnly],
    })
  }
  await build({
    ...shipped,
    entryPoints: { 'sqlite-worker': 'src/store/sqlite-worker.mjs' },
    outdir: made,
  })
  cpSync('src/views/browser', join(made, 'views'), { recursive: true })
  chmodSync(join(made, 'main.js'), 0o755)
  chmodSync(made, 0o755)
  rmSync('dist', { recursive: true, force: true })
  renameSync(made, 'dist')
} finally {
  rmSync(made, { recursive: true, force: true })
}
