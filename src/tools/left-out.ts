import * as z from 'zod'
import type { Account, MatchKey } from '../domain/account.ts'
import { hiddenIn } from '../domain/facts.ts'
import { bare, named } from '../domain/quoting.ts'
import type { Tenant } from '../engine/tenants.ts'
import type { IdentityError } from '../errors.ts'

// What is said of those whom a look-up did not find, or may not have found.

/** For the answer; none without a gap. */
export const gapNote = (gap: IdentityError | undefined): string[] =>
  gap ? [`There may be other accounts. ${gap.message}`] : []

/** For whoever agrees to the plan; none without a gap. */
export const gapLine = (
  { user, tenant }: { user: string; tenant: string },
  gap: IdentityError | undefined,
): string[] => (gap ? [`${othersOf(bare(user))} in ${tenant}. ${gap.message}`] : [])

/** The beginning of such a line, for one or more users. */
export const othersOf = (users: string): string => `There may be other accounts for ${users}`

/** Whom apps do not show, for a look-up that found nobody in them; empty if nobody is known to be hidden. */
export const hiddenHint = (tenants: readonly Tenant[]): string =>
  tenants
    .flatMap(({ name, facts }) => {
      const hidden = hiddenIn(facts)
      return hidden ? [` ${name}: ${hidden}`] : []
    })
    .join('')

/** Whether to go on with a part if a fault that passes hides the rest; else such a plan is not offered for approval. */
export const PartIsEnough = z
  .boolean()
  .optional()
  // What a person agreed to is the same without it.
  .transform((part) => part || undefined)
  .describe('Go on if some cannot be looked up')

/** Why an account that was found is left alone in a call with an approval. */
export const NOT_COVERED =
  'Left alone: it could not be looked up when a person was asked. Make the call again without approvalId.'

/** The fault, among those of look-ups, that the caller had better wait for: the one that passes last. */
export const passingAmong = (places: readonly { gap?: IdentityError }[]): IdentityError | undefined =>
  places
    .flatMap(({ gap }) => (gap?.retryable ? [gap] : []))
    .toSorted((a, b) => (b.details.retryAt ?? 0) - (a.details.retryAt ?? 0))[0]

/** By what an account was found, where its user name is not what was asked for; none where it is. */
export function howFound(account: Account, linkedTo?: Account): string[] {
  const keys = account.matchedBy ?? []
  const shared = keys.map((key) => KEYS[key]).join(' and ')
  const who = `${named(account)} in ${account.tenant}`
  if (linkedTo) {
    const other = `${named(linkedTo)} in ${linkedTo.tenant}`
    return [`${who} is another name of the same person: it shares ${shared} with ${other}.`]
  }
  return keys.length === 0 || keys.includes('userName') ? [] : [`${who} was found by ${shared}.`]
}

const KEYS: Readonly<Record<MatchKey, string>> = {
  userName: 'the user name',
  email: 'an email',
  externalId: 'the external id',
  id: 'the id',
  name: 'the name',
}
