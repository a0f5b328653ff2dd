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
  | { operation: 'updateAccount'; ask: AskOf<'updateAccount'> }
  | { operation: 'createGroup'; ask: AskOf<'createGroup'> }
  | {
      operation: 'updateMembers'
      ask: AskOf<'updateMembers'>
      /** Ids of those who are in the group and are to stay, where the app tells them. */
      others?: readonly string[]
    }
)

/** The exact change that a call would make. */
export interface Plan {
  changes: readonly Change[]
  /** What a person judges, one sentence a line; text of apps and agents stands quoted in it. */
  lines: readonly string[]
  reason?: string | undefined
  /** What makes the call weigh more than its changes say by themselves; each has a level of its own in the settings. */
  also?: readonly ('bulk' | 'deletes' | 'admins')[] | undefined
  /** What could not be found out and is for a person to judge, as a sentence; it stands among the lines too. */
  doubt?: string | undefined
}

/** Whom a change is about, each under one name wherever they have accounts: the email, or else the user name. */
export function peopleIn(change: Change): string[] {
  const made = change.operation === 'createAccount' ? [change.ask.fields] : []
  const names = [...change.accounts, ...made].map(({ email, userName }) => email ?? userName ?? '')
  return names.map((name) => name.normalize('NFC').toLowerCase())
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
