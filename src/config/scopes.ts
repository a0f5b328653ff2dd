/** Scopes that a caller can have: through OAuth, or through an API token of this server. */
export const SCOPES = ['identity:read', 'identity:audit', 'identity:write', 'identity:remove'] as const
export type Scope = (typeof SCOPES)[number]
