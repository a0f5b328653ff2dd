import { mkdirSync, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { onTestFinished } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

/**
 * Bundles a TypeScript script, given as a file or as text, into a file that Node runs directly. Compiling in each process
 * would cost more than the test itself. The imports of `text` are relative to the file `from`.
 */
export async function bundled(script: { file: string } | { text: string; from: string }): Promise<string> {
  // Inside node_modules, so that Node finds the external packages.
  const folder = join(ROOT, 'node_modules/.cache')
  mkdirSync(folder, { recursive: true })
  const made = mkdtempSync(join(folder, 'script-'))
  onTestFinished(() => rm(made, { recursive: true, force: true }))
  const outfile = join(made, 'script.mjs')
  await build({
    ...('file' in script
      ? { entryPoints: [script.file] }
      : { stdin: { contents: script.text, resolveDir: dirname(script.from), loader: 'ts' } }),
    outfile,
    bundle: true,
    define: { SQLITE_WORKER: JSON.stringify(pathToFileURL(join(ROOT, 'src/store/sqlite-worker.mjs')).href) },
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20.18',
    logLevel: 'warning',
  })
  return outfile
}
