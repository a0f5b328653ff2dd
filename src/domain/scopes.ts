import type { Effect } from './change.ts'
import type { OperationName } from './operations.ts'

/** What a caller can be allowed: OAuth scopes, and the scopes of the tokens that this server makes itself. */
export const SCOPES = [
  'identity:read',
  'identity:audit',
  'identity:write',
  'identity:remove',
  'identity:approve',
] as const
export type Scope = (typeof SCOPES)[number]

/** What a scope brings along. Who may change accounts may look at them; logs and approvals stand apart. */
const INCLUDES: Record<Scope, readonly Scope[]> = {
  'identity:read': [],
  'identity:audit': [],
  'identity:write': ['identity:read'],
  'identity:remove': ['identity:write', 'identity:read'],
  'identity:approve': [],
}

/** What a caller may do and see. */
export interface Grant {
  scopes: readonly Scope[]
  /** All tenants when left out. */
  tenants?: readonly string[]
}

/** The grant of somebody whom nothing is kept from. */
export const EVERYTHING: Grant = { scopes: SCOPES }

const BY_EFFECT: Record<Effect, Scope> = {
  reads: 'identity:read',
  adds: 'identity:write',
  changes: 'identity:write',
  removes: 'identity:remove',
}

/** The scope that a tool demands, by what it declares; one that does not say what it does, the most. */
export const scopeOf = ({ effect, needs }: { effect: Effect; needs: readonly OperationName[] }): Scope =>
  effect === 'reads' && needs.includes('pullAudit')
    ? 'identity:audit'
    : Object.hasOwn(BY_EFFECT, effect)
      ? BY_EFFECT[effect]
      : 'identity:remove'

/** Whether a grant holds `scope`, by name or within another. */
export const holds = ({ scopes }: Grant, scope: Scope): boolean =>
  scopes.some((held) => held === scope || INCLUDES[held].includes(scope))

/** The scopes of a grant and one more, so that nobody loses what they had by asking for more. */
export const withScope = ({ scopes }: Grant, scope: Scope): Scope[] =>
  SCOPES.filter((known) => known === scope || scopes.includes(known))

/** The scopes of ours among words, such as those of an OAuth token; what else stands there is none of our business. */
export const scopesIn = (words: readonly string[]): Scope[] => SCOPES.filter((known) => words.includes(known))
