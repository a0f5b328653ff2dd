import type { ScimAppOptions } from './scim-app.ts'

/**
 * As Microsoft Entra ID serves SCIM: pages by cursor alone, one operation in a PATCH, 20 members in a request, and tokens that are
 * fetched by a client whose secret is in the body.
 */
export const ENTRA_LIKE = {
  oauth: { grant: 'client_credentials', client: 'body' },
  traits: { paging: 'cursor', operationsPerPatch: 1, membersPerPatch: 20 },
} as const satisfies ScimAppOptions

/**
 * As AWS IAM Identity Center serves SCIM: pages by cursor and ignores an index, filters by name alone and joins by `and`,
 * needs a display name, takes 100 members in a request, shows groups without them and sends 50 rows at most.
 */
export const AWS_LIKE = {
  largestCount: 50,
  traits: {
    paging: 'cursor-only',
    filters: { Users: ['userName'], Groups: ['displayName'] },
    joins: ['and'],
    requires: ['userName', 'displayName', 'name.givenName', 'name.familyName'],
    membersPerPatch: 100,
    showsMembers: false,
  },
} as const satisfies ScimAppOptions
