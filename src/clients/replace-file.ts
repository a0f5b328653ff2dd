import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'

/** Puts a text in the place of a file, whole or not at all. It keeps its mode; a new file is for its owner alone. */
export function replaceFile(file: string, text: string): void {
  // Where people keep their settings elsewhere, a link leads there.
  const target = existsSync(file) ? realpathSync(file) : file
  const made = `${target}.${randomUUID().slice(0, 8)}`
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
  try {
    writeFileSync(made, text, { flag: 'wx', mode: 0o600 })
    if (existsSync(target)) chmodSync(made, statSync(target).mode)
    renameSync(made, target)
  } catch (error) {
    rmSync(made, { force: true })
    throw error
  }
}
