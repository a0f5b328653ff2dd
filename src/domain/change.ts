import type { ErrorCode } from '../errors.ts'
import type { Account, Group } from './account.ts'
import type { AccountFields, AskOf, Writes } from './operations.ts'

/** What a tool does to the apps, from the least dangerous to the most; guards decide from it. */
export const EFFECTS = ['reads', 'adds', 'changes', 'removes'] as const
export type Effect = (typeof EFFECTS)[number]

/** Whether a tool declares an effect that there is. */
export const isClassified = ({ effect }: { effect: Effect }): boolean => EFFECTS.includes(effect)

/** The kinds of change: each write that a vendor can be asked for is one. */
export type ChangeName = keyof Writes

/** What a change of these kinds carries of the state before, besides what it asks for. */
interface Before {
  /** `before`: what the account says of itself so far; an absent field is not known. */
  updateAccount: { before: AccountFields }
  /** `inside`: ids of the members so far; undefined where the app does not tell. */
  updateMembers: { inside: readonly string[] | undefined }
}

/** One write to one app, as it will be carried out. */
export type Change<Name extends ChangeName = ChangeName> = {
  [Each in Name]: {
    tenant: string
    /** Every account concerned, as it was read when the plan was made; an approval is bound to them. */
    accounts: readonly Account[]
    /** What the journal calls it by: an account, or a group. */
    subject: { id: string; userName: string }
    operation: Each
    ask: AskOf<Each>
  } & (Each extends keyof Before ? Before[Each] : unknown)
}[Name]

/** The exact change that a call would make. */
export interface Plan {
  changes: readonly Change[]
  /** What a person judges, one sentence a line; text of apps and agents stands quoted in it. */
  lines: readonly string[]
  reason?: string | undefined
  /** What just these changes do, where the tool may do more than one thing and declares the most dangerous. */
  effect?: Effect
  /** What could not be found out and is for a person to judge, as a sentence; it stands among the lines too. */
  doubt?: string | undefined
}

/** What one write does to an account or a group; to delete weighs more than to take access away. */
export type Does = Exclude<Effect, 'reads'> | 'deletes'

/** What the app showed when a change was read back. */
export interface Shown {
  account?: Account
  fields?: AccountFields
  group?: Group
}

/** How one change ended. `done` and `verified: false`: the app accepted it and does not show it yet. */
export interface Carried extends Shown {
  outcome: 'done' | 'failed' | 'unknown'
  verified: boolean
  code?: ErrorCode
  note?: string
}
