import { bare } from '../domain/quoting.ts'
import type { IdentityError } from '../errors.ts'

// What a look-up says that found somebody and could not find out whether that is all.

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
