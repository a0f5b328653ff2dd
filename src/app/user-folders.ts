import { isAbsolute } from 'node:path'

/** The user's own folders, absolute. */
interface UserFolders {
  config?: string
  data?: string
  cache?: string
}

/**
 * The user's own folders. A user without a home has none: a path relative to the working folder would scatter the journal.
 */
export const userFolders: UserFolders = await foldersOfUser()

async function foldersOfUser(): Promise<UserFolders> {
  try {
    // Throws at once where the system knows no home either.
    const { config, data, cache } = (await import('env-paths')).default('identity-mcp', { suffix: '' })
    return Object.fromEntries(Object.entries({ config, data, cache }).filter(([, path]) => isAbsolute(path)))
  } catch {
    return {}
  }
}
