import type { ErrorCode } from '../errors.ts'
import type { Account, Group } from './account.ts'
import type { AccountFields, AskOf } from './operations.ts'

const EFFECTS = ['reads', 'adds', 'changes', 'removes'] as const
/** What a tool does to the apps; guards decide from it. */
export type Effect = (typeof EFFECTS)[number]

/** Whether a tool declares an effect at all; one that does not counts as the most dangerous. */
export const isClassified = ({ effect }: { effect: Effect }): boolean => EFFECTS.includes(effect)

/** Whether a tool takes something away, or may do so for all that it declares. */
export const removes = (tool: { effect: Effect }): boolean => tool.effect === 'removes' || !isClassified(tool)

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
  | { operation: 'updateMembers'; ask: AskOf<'updateMembers'> }
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
