import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Io } from '../../app/io.ts'
import { userFolders } from '../../app/user-folders.ts'
import { KEYCHAIN_REFERENCE, keychainOf } from '../../config/keychain.ts'
import { SettingsError } from '../../config/problems.ts'

/** A secret that is kept, and how settings refer to it. */
interface Kept {
  reference: string
  /** Where that is, for people. */
  where: string
}

/**
 * Keeps a secret in the keychain; in a file for its owner alone where there is none. It takes the place of the one that
 * `former` refers to, and of no other: another settings file can have a tenant of the same name.
 */
export function keepSecret(
  io: Io,
  file: string,
  { name, secret, former = '' }: { name: string; secret: string; former?: string },
): Kept {
  const keychain = keychainOf(io.env)
  const [, known] = KEYCHAIN_REFERENCE.exec(former) ?? []
  const inKeychain = (taken: string) => {
    const found = keychain.read(taken)
    return 'value' in found ? found.value : undefined
  }
  const free = known ?? freeName(name, secret, inKeychain)
  const problem = keychain.write(free, secret)
  if (problem === undefined) return { reference: `keychain:${free}`, where: keychain.title }
  const folder = join(userFolders.config ?? dirname(file), 'secrets')
  const own = former.startsWith(`file:${folder}`) ? former.slice('file:'.length) : undefined
  const path =
    own ??
    join(
      folder,
      freeName(name, secret, (taken) => textOf(join(folder, taken))),
    )
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(path, `${secret}\n`, { mode: 0o600 })
    chmodSync(path, 0o600)
  } catch {
    throw new SettingsError(path, [`cannot be written, and ${problem}`])
  }
  return { reference: `file:${path}`, where: `${path}, readable by you alone, because ${problem}` }
}

function freeName(name: string, secret: string, read: (name: string) => string | undefined): string {
  const names = [name, ...Array.from({ length: 98 }, (_, at) => `${name}-${at + 2}`)]
  return names.find((one) => [undefined, secret].includes(read(one))) ?? name
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trimEnd()
  } catch {
    return undefined
  }
}
