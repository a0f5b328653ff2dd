import { basename, join } from 'node:path'
import { build } from 'esbuild'

/** Bundles a server to compare with into one file in `folder`, like the program itself. */
export async function bundleServer(file: string, folder: string): Promise<string> {
  const outfile = join(folder, `${basename(file, '.ts')}.mjs`)
  await build({
    entryPoints: [file],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.18',
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: 'warning',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);",
    },
  })
  return outfile
}
