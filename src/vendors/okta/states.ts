import { asWord, field } from '../http/values.ts'

/**
 * The states of a user and what each means for access (developer.okta.com, "User lifecycle"). Whoever is locked out,
 * recovers or has an expired password gets in again by themselves, and somebody provisioned can finish their enrolment.
 * Nobody can sign in while staged, suspended or deprovisioned.
 */
const STATES: ReadonlyMap<string | undefined, { maySignIn: boolean; means: string }> = new Map([
  ['STAGED', { maySignIn: false, means: 'made, and not yet activated by an administrator' }],
  ['PROVISIONED', { maySignIn: true, means: 'activated; the person has not yet finished the enrolment' }],
  ['ACTIVE', { maySignIn: true, means: 'can sign in' }],
  ['RECOVERY', { maySignIn: true, means: 'is resetting the password' }],
  ['PASSWORD_EXPIRED', { maySignIn: true, means: 'must choose a new password first' }],
  [
    'LOCKED_OUT',
    {
      maySignIn: true,
      means: 'locked out after failed sign-ins, until an administrator or the policy unlocks it',
    },
  ],
  ['SUSPENDED', { maySignIn: false, means: 'suspended by an administrator; cannot sign in' }],
  ['DEPROVISIONED', { maySignIn: false, means: 'deactivated; cannot sign in, and has lost its apps' }],
])

/** The state of a user, in Okta's word. */
export const stateOf = (raw: unknown): string | undefined => asWord(field(raw, 'status'))?.toUpperCase()

/** Undefined for a state that is not known here. */
export const maySignIn = (state: string | undefined): boolean | undefined => STATES.get(state)?.maySignIn

/** `SUSPENDED: suspended by an administrator; cannot sign in` */
export const explained = (state: string): string =>
  `${state}: ${STATES.get(state)?.means ?? 'a state that is not known here'}`

/** The states in which somebody may sign in, or may not. */
export const statesWhere = (may: boolean): string[] =>
  [...STATES].flatMap(([state, { maySignIn }]) => (state !== undefined && maySignIn === may ? [state] : []))

/** Every state that is known here. */
export const ALL_STATES: readonly string[] = [...statesWhere(true), ...statesWhere(false)]

/** Okta suspends active users only (developer.okta.com, "Suspend a user"). */
export const canSuspend = (state: string | undefined): boolean => state === 'ACTIVE'

/** The step that gives access back; undefined for whoever has it (developer.okta.com, "Activate", "Unsuspend a user"). */
export const reactivation = (state: string | undefined): 'unsuspend' | 'activate' | undefined =>
  state === 'SUSPENDED'
    ? 'unsuspend'
    : state === 'STAGED' || state === 'DEPROVISIONED'
      ? 'activate'
      : undefined
