import type { ErrorCode } from '../errors.ts'
import type { Account, Group } from './account.ts'
import type { AccountFields, AskOf } from './operations.ts'

/** What a tool does to the apps, from the least dangerous to the most; guards decide from it. */
export const EFFECTS = ['reads', 'adds', 'changes', 'removes'] as const
export type Effect = (typeof EFFECTS)[number]

/** Whether a tool declares an effect that there is. */
export const isClassified = ({ effect }: { effect: Effect }): boolean => EFFECTS.includes(effect)

/** One write to one app, as it will be carried out. */
export type Change = {
  tenant: string
  /** Every account concerned, as it was read when the plan was made; an approval is bound to them. */
  accounts: readonly Account[]
  /** What the journal calls it by: an account, or a group. */
  subject: { id: string; userName: string }
} & (
  | { operation: 'deactivateAccount'; ask: AskOf<'deactivateAccount'> }
  | { operation: 'reactivateAccount'; ask: AskOf<'reactivateAccount'> }
  | { operation: 'deleteAccount'; ask: AskOf<'deleteAccount'> }
  | { operation: 'createAccount'; ask: AskOf<'createAccount'> }
  | {
      operation: 'updateAccount'
      ask: AskOf<'updateAccount'>
      /** What the account says of itself so far; an absent field is not known. */
      before: AccountFields
    }
  | { operation: 'createGroup'; ask: AskOf<'createGroup'> }
  | {
      operation: 'updateMembers'
      ask: AskOf<'updateMembers'>
      /** Ids of the members so far; undefined where the app does not tell. */
      inside: readonly string[] | undefined
    }
)

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

/** Whom a change is about, each under one name wherever they have accounts: the email, or else the user name. */
export function peopleIn(change: Change): string[] {
  const made = change.operation === 'createAccount' ? [change.ask.fields] : []
  const names = [...change.accounts, ...made].map(({ email, userName }) => email ?? userName ?? '')
  return names.map((name) => name.normalize('NFC').toLowerCase())
}

/** What one write does to an account or a group; to delete weighs more than to take access away. */
export type Does = Exclude<Effect, 'reads'> | 'deletes'

export const DOES: Readonly<Record<Change['operation'], Does>> = {
  createAccount: 'adds',
  createGroup: 'adds',
  reactivateAccount: 'adds',
  updateAccount: 'changes',
  updateMembers: 'changes',
  deactivateAccount: 'removes',
  deleteAccount: 'deletes',
}

/** The most dangerous of what these changes do. */
export function mostDangerous(changes: readonly Change[]): Effect {
  const effects = changes.map(({ operation }) => DOES[operation])
  return (
    EFFECTS.findLast((effect) =>
      effects.some((does) => (does === 'deletes' ? 'removes' : does) === effect),
    ) ?? 'removes'
  )
}

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
