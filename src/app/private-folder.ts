import { accessSync, constants, lstatSync, readdirSync, realpathSync, type Stats } from 'node:fs'
import { dirname, join } from 'node:path'
import { SettingsError } from '../config/problems.ts'
import type { Io } from './io.ts'

const WRITABLE_BY_GROUP = 0o020
const WRITABLE_BY_OTHERS = 0o002
const STICKY = 0o1000

/**
 * Throws `SettingsError` if somebody else may write in a folder or file, or put another in its place: they could bring
 * approvers of their own. What does not exist yet is made for its owner alone. Looks at modes and owners, where there are any.
 */
export function mustBePrivate(path: string, { uid }: Pick<Io, 'uid'>): void {
  if (uid === undefined) return
  const problems = [...insideOf(path).flatMap((one) => problemWith(one, uid)), ...parentsOf(path, uid)]
  if (problems.length > 0) throw new SettingsError(`${path} is not private`, problems)
}

/** Throws `SettingsError` if this user cannot write in a folder, or cannot make it. Makes nothing. */
export function mustBeWritable(folder: string): void {
  const nearest = [folder, ...ancestorsOf(folder)].find((path) => statOf(path) !== undefined) ?? folder
  try {
    // A file is no place for a folder, and the dot says so.
    accessSync(`${nearest}/.`, constants.W_OK | constants.X_OK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new SettingsError(folder, [
      `the journal and the store cannot be written there (${code}): set ` +
        '`dataDir` in the settings to a folder that this user can write to',
    ])
  }
}

/** The folder or file and what is in it, as far as it exists. */
function insideOf(folder: string): string[] {
  const real = realPathOf(folder)
  if (real === undefined) return []
  if (!statOf(real)?.isDirectory()) return [real]
  const inside = readdirSync(real, { withFileTypes: true }).flatMap((entry) => {
    const path = join(real, entry.name)
    return entry.isDirectory() ? [path, ...readdirSync(path).map((name) => join(path, name))] : [path]
  })
  return [real, ...inside]
}

function problemWith(path: string, uid: number): string[] {
  const found = statOf(path)
  if (!found) return []
  if (isStrange(found, uid)) return [`${path} belongs to another user: run this as that user, or chown it`]
  if (found.isSymbolicLink() || (found.mode & (WRITABLE_BY_GROUP | WRITABLE_BY_OTHERS)) === 0) return []
  return [`others can write to ${path}: chmod go-w ${path}`]
}

/** Problems with the folders above, along the path as it is written and as its links lead. */
function parentsOf(folder: string, uid: number): string[] {
  const above = new Set([folder, realPathOf(folder) ?? folder].flatMap(ancestorsOf))
  return [...above].flatMap((path) => {
    const found = statOf(path)
    if (!found) return []
    if (isStrange(found, uid)) return [`${path} belongs to another user, who can replace what is in it`]
    // In a folder such as /tmp, only owners can rename what is theirs.
    if (found.isSymbolicLink() || (found.mode & STICKY) !== 0 || !writableByOthers(found)) return []
    return [`others can replace what is in ${path}: chmod go-w ${path}`]
  })
}

/** Root can do anything in any case. */
const isStrange = (found: Stats, uid: number): boolean => found.uid !== uid && found.uid !== 0

/** A group with the number of a user is that user's own, by a convention of most systems. */
const writableByOthers = ({ mode, uid, gid }: Stats): boolean =>
  (mode & WRITABLE_BY_OTHERS) !== 0 || ((mode & WRITABLE_BY_GROUP) !== 0 && gid !== uid)

const ancestorsOf = (path: string): string[] => {
  const parent = dirname(path)
  return parent === path ? [] : [parent, ...ancestorsOf(parent)]
}

function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch {
    // Below a file, or where this user may not look.
    return undefined
  }
}

function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}
