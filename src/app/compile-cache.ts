import { mkdirSync } from 'node:fs'
import module from 'node:module'
import { join } from 'node:path'
import type { Io } from './io.ts'
import { mustBePrivate } from './private-folder.ts'
import { userFolders } from './user-folders.ts'

/**
 * Has Node keep what it compiles of the program, in the user's cache folder, and start with that the next time. Node runs what
 * it finds there, so nothing is kept in a folder that others can write to. Does nothing before Node 22.1, which cannot.
 */
export function keepCompiled(io: Pick<Io, 'uid'>): void {
  const { enableCompileCache } = module as { enableCompileCache?: (folder: string) => unknown }
  const { cache } = userFolders
  if (!enableCompileCache || cache === undefined) return
  const folder = join(cache, 'compiled')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    mustBePrivate(cache, io)
  } catch {
    // The start is slower, and nothing else.
    return
  }
  enableCompileCache(folder)
}
