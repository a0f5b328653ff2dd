/** `file:` and an absolute path, also one of Windows. */
export const FILE_REFERENCE = /^file:((?:\/|[A-Za-z]:[\\/]|\\\\).+)$/

/** A reference to a secret: `env:` and the name of a variable, or a file. */
export const REFERENCE = new RegExp(`^env:([A-Za-z_][A-Za-z0-9_]*)$|${FILE_REFERENCE.source}`)
