import type { ErrorCode } from '../errors.ts'
import type { Account, Group } from './account.ts'
import type { AccountFields, AskOf } from './operations.ts'

/** What a tool does to the apps; guards decide from it. */
export type Effect = 'reads' | 'adds' | 'changes' | 'removes'

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
  /** What makes the change weigh more than its effect says; each has a level of its own in the settings. */
  also?: readonly ('bulk' | 'deletes' | 'admins')[]
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
