import type { Account, Group } from '../domain/account.ts'
import type { Change } from '../domain/change.ts'
import type { FullAccount } from '../domain/operations.ts'

/** A part of an account or a group that a write touched. */
export type Aspect = 'access' | `field ${string}` | `member ${string}`

/** A complete before-image from the journal. */
export interface Recalled {
  touches: readonly Aspect[]
  story: string
  inverse(past: PastChange, read: AppReader): Promise<Reversal>
}

/** A past write, as it was recorded. */
export interface PastChange {
  tenant: string
  /** The account or group; for a creation what was created, or `new` if that is not known. */
  subject: { id: string; userName: string }
  /** Absent if it is incomplete. */
  before?: Recalled | undefined
  outcome: 'done' | 'failed' | 'unknown'
  /** What each later write to the same account or group touched, except failed ones; undefined if not known. */
  since: readonly (readonly Aspect[] | undefined)[]
}

/** Reads the current state of one account or group; undefined if the app shows none. */
export interface AppReader {
  account(id: string): Promise<Account | undefined>
  fields(id: string): Promise<FullAccount | undefined>
  group(id: string): Promise<Group | undefined>
}

/** How to undo a write, or why it is not undone. */
export type Reversal =
  | { outcome: 'unchanged' | 'left_alone' | 'cannot_undo'; note: string }
  | {
      change: Change
      /** Parts that are not restored, each with the reason. */
      left: readonly string[]
      /** What no call can restore; can be empty. */
      stays: string
    }

export const CHANGED_SINCE = 'changed since by somebody else: left alone'
export const RENAMED = 'has another user name by now: left alone'
export const CHANGED_AGAIN = 'changed again by a later call: left alone'

export const leftAlone = (note: string) => ({ outcome: 'left_alone' as const, note: `${note}.` })
export const cannotUndo = (note: string) => ({ outcome: 'cannot_undo' as const, note })
export const unchanged = (note: string) => ({ outcome: 'unchanged' as const, note })
export const AS_BEFORE = unchanged('It is as it was before.')
export const NOT_SHOWN = cannotUndo('The app no longer shows it.')

/** The verdict if no part is restored: each of `apart` says why. */
export function nothingRestored(apart: readonly string[]): Reversal {
  if (apart.length === 0) return AS_BEFORE
  const note = apart.join('; ')
  return apart.some((why) => why.endsWith('left alone')) ? leftAlone(note) : cannotUndo(`${note}.`)
}

/** Whether a later write touched this aspect, or may have. */
export const touchedSince = ({ since }: Pick<PastChange, 'since'>, aspect: Aspect): boolean =>
  since.some((touched) => !touched || touched.includes(aspect))
