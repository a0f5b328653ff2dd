import { SCOPES, type Scope } from '../config/scopes.ts'
import type { Effect } from './change.ts'

export { SCOPES, type Scope }

/** What a scope includes. Writing includes reading; audit is separate. */
const INCLUDES: Record<Scope, readonly Scope[]> = {
  'identity:read': [],
  'identity:audit': [],
  'identity:write': ['identity:read'],
  'identity:remove': ['identity:write', 'identity:read'],
}

/** What a caller may do and see. */
export interface Grant {
  scopes: readonly Scope[]
  /** All tenants when absent. */
  tenants?: readonly string[]
}

/** A grant of every scope on every tenant. */
export const EVERYTHING: Grant = { scopes: SCOPES }

const BY_EFFECT: Record<Effect, Scope> = {
  reads: 'identity:read',
  adds: 'identity:write',
  changes: 'identity:write',
  removes: 'identity:remove',
}

/**
 * The scope that a tool needs, from what it declares; a tool without a known effect needs the highest. Only a tool that
 * reads can declare another scope than that of its effect.
 */
export const scopeOf = ({ effect, scope }: { effect: Effect; scope?: Scope | undefined }): Scope => {
  if (effect === 'reads' && scope !== undefined) return scope
  return Object.hasOwn(BY_EFFECT, effect) ? BY_EFFECT[effect] : 'identity:remove'
}

/** Whether a grant holds `scope`, directly or included in another. */
export const holds = ({ scopes }: Grant, scope: Scope): boolean =>
  scopes.some((held) => held === scope || INCLUDES[held].includes(scope))

/** The part of a grant that `scopes` include. */
export const narrowed = (grant: Grant, scopes: readonly Scope[]): Grant => ({
  ...grant,
  scopes: SCOPES.filter((scope) => holds({ scopes }, scope) && holds(grant, scope)),
})

/** The scopes of a grant and one more, so that a caller who asks for more does not lose what it had. */
export const withScope = ({ scopes }: Grant, scope: Scope): Scope[] =>
  SCOPES.filter((known) => known === scope || scopes.includes(known))

/** The known scopes among words, such as those of an OAuth token; other words are ignored. */
export const scopesIn = (words: readonly string[]): Scope[] => SCOPES.filter((known) => words.includes(known))
