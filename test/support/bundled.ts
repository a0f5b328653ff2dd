import { mkdirSync, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { onTestFinished } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

/**
 * A script in TypeScript, by its file or by its text, made into one that Node runs as it is: processes that each compile
 * what they load cost more than what they are there for. `from` is the file whose imports the text's are relative to.
 */
export async function bundled(script: { file: string } | { text: string; from: string }): Promise<string> {
  // Below the packages, so that those that are left out of it are found.
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
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20.18',
    logLevel: 'warning',
  })
  return outfile
}
