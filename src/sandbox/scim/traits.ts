/** How an app that is documented differs from RFC 7644, each part as its documentation has it; default: not at all. */
export interface Traits {
  /** The attributes that filters of each collection can hold; default: all that the service knows. */
  filters?: { Users?: readonly string[]; Groups?: readonly string[] } | undefined
  /** What becomes of any other filter; default: `refused`. */
  otherFilters?: 'refused' | 'empty' | 'ignored' | undefined
  /** By which words filters can be joined; default: both. */
  joins?: readonly ('and' | 'or')[] | undefined
  /** `cursor` (RFC 9865) refuses an index, `cursor-only` ignores it, and `none` always sends the whole list. */
  paging?: 'index' | 'cursor' | 'cursor-only' | 'none' | undefined
  /** Attributes that a new user must have, as paths. */
  requires?: readonly string[] | undefined
  /** What becomes of a user whose `active` is set to false; default: they are inactive. */
  deactivation?: 'inactive' | 'ignored' | 'refused' | undefined
  /** The methods that users support; default: all. */
  userMethods?: readonly string[] | undefined
  membersPerPatch?: number | undefined
  operationsPerPatch?: number | undefined
  /** Where it has its collections, below its base; default: as in RFC 7644. */
  paths?: Partial<Record<Collection, string>> | undefined
  /** The header that carries the token, without a scheme; default: `Authorization: Bearer`. */
  authHeader?: string | undefined
  /** The only media type of bodies that it takes; default: both of RFC 7644. */
  contentType?: string | undefined
  /** The only form in which it takes members out of a group; default: both. */
  memberRemoval?: 'array' | 'filter' | undefined
  /** Whether groups show their members; default: they do. */
  showsMembers?: boolean | undefined
  /** The only form of a PATCH of a user; default: both. */
  patchForm?: 'path' | undefined
  /** The attributes of a user that a PATCH changes, and what becomes of others; default: all. */
  changes?: { paths: readonly string[]; others: 'refused' | 'ignored' } | undefined
  /** User names of accounts that it has and does not show. */
  hides?: readonly string[] | undefined
  /** Emails of those who stay active, whatever a request says. */
  staysActive?: readonly string[] | undefined
}

export type Collection = 'Users' | 'Groups'
