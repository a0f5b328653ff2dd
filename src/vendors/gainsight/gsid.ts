/** The form of the ids in support.gainsight.com, "User Management APIs". Nobody has one as a name. */
export const GSID = /^1P[\dA-Z]{14,}$/
