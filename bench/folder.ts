import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder that goes away with its use. */
export function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), 'identity-mcp-bench-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
