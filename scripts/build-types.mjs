// Writes the type declarations of the library to dist/types: those of its surface, and what they refer to.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'

const [, , target = 'dist/types'] = process.argv
const ENTRY = 'src/library.d.ts'

const made = mkdtempSync(join(tmpdir(), 'identity-mcp-types-'))
try {
  const said = emit()
  const needed = reached(ENTRY, new Set())
  // The compiler also names files that are no part of the surface; their declarations are left behind.
  const faults = said
    .split('\n')
    .filter((line) => needed.has(line.replace(/\(.*$/, '').replace(/\.ts$/, '.d.ts')))
  if (faults.length > 0) throw new Error(faults.join('\n'))
  rmSync(target, { recursive: true, force: true })
  for (const file of needed) cpSync(join(made, file), join(target, file))
} finally {
  rmSync(made, { recursive: true, force: true })
}

function emit() {
  const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json', '--outDir', made]
  try {
    return execFileSync(process.execPath, tsc, { encoding: 'utf8' })
  } catch (error) {
    return String(error.stdout)
  }
}

/** The declarations that one imports, with its own. */
function reached(file, found) {
  if (found.has(file)) return found
  found.add(file)
  const text = readFileSync(join(made, file), 'utf8')
  for (const [, to] of text.matchAll(/(?:from |import\()['"](\.[^'"]+)\.ts['"]/g))
    reached(relative(made, resolve(made, dirname(file), `${to}.d.ts`)), found)
  return found
}
