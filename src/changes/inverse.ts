import type { Account, Group } from '../domain/account.ts'
import type { Change } from '../domain/change.ts'
import type { FullAccount } from '../domain/operations.ts'

/** A part of an account or a group that a write touched. */
export type Aspect = 'access' | `field ${string}` | `member ${string}`

/** A before-image that came back whole from the journal. */
export interface Recalled {
  touches: readonly Aspect[]
  story: string
  inverse(past: PastChange, read: Reader): Promise<Reversal>
}

/** A write that was made, as it was recorded. */
export interface PastChange {
  tenant: string
  /** The account or the group; of a creation the account that was made, or `new` where that is not known. */
  subject: { id: string; userName: string }
  /** Absent where it was not kept whole. */
  before?: Recalled | undefined
  outcome: 'done' | 'failed' | 'unknown'
  /** What later writes to the same account or group touched, as far as they did not fail; undefined where that is not known. */
  since: readonly (readonly Aspect[] | undefined)[]
}

/** Reads one account or group of the app as it is now; undefined where the app shows none. */
export interface Reader {
  account(id: string): Promise<Account | undefined>
  fields(id: string): Promise<FullAccount | undefined>
  group(id: string): Promise<Group | undefined>
}

/** What it takes to undo a write, or why that is not done. */
export type Reversal =
  | { outcome: 'unchanged' | 'left_alone' | 'cannot_undo'; note: string }
  | {
      change: Change
      /** Parts that stay as they are, each with why. */
      left: readonly string[]
      /** What no call brings back; empty where there is nothing. */
      stays: string
    }

export const CHANGED = 'changed since by somebody else: left alone'
export const RENAMED = 'bears another user name by now: left alone'
export const AGAIN = 'changed again by a later call: left alone'

export const left = (note: string) => ({ outcome: 'left_alone' as const, note: `${note}.` })
export const cannot = (note: string) => ({ outcome: 'cannot_undo' as const, note })
export const stays = (note: string) => ({ outcome: 'unchanged' as const, note })
export const AS_BEFORE = stays('It is as it was before.')
export const GONE = cannot('The app no longer shows it.')

/** The verdict where no part is set back: each of `apart` says why. */
export function nothing(apart: readonly string[]): Reversal {
  if (apart.length === 0) return AS_BEFORE
  const note = apart.join('; ')
  return apart.some((why) => why.endsWith('left alone')) ? left(note) : cannot(`${note}.`)
}

/** Whether a later write touched this aspect, or may have. */
export const touchedSince = ({ since }: Pick<PastChange, 'since'>, aspect: Aspect): boolean =>
  since.some((touched) => !touched || touched.includes(aspect))
