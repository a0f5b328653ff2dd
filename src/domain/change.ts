import type { ErrorCode, IdentityError } from '../errors.ts'
import type { Account, Group } from './account.ts'
import type { AlsoChanged } from './field-diff.ts'
import type { AccountFields, AskOf, SessionsShown, Writes } from './operations.ts'

/** What a tool does to the apps, from the least dangerous to the most; guards decide from it. */
export const EFFECTS = ['reads', 'adds', 'changes', 'removes'] as const
export type Effect = (typeof EFFECTS)[number]

/** Whether a tool declares a known effect. */
export const isClassified = ({ effect }: { effect: Effect }): boolean => EFFECTS.includes(effect)

/** The kinds of change: each write operation of a vendor is one. */
export type ChangeName = keyof Writes

/** The prior state that changes of these kinds carry. */
interface Before {
  /** `before`: what the app showed of the sessions; undefined if it shows nothing. */
  endSessions: { before: SessionsShown | undefined }
  /** `before`: the current fields of the account; an absent field is not known. */
  updateAccount: { before: AccountFields }
  /** `inside`: ids of the current members; undefined if the app does not show them. */
  updateMembers: { inside: readonly string[] | undefined }
}

/** One write to one app, as it will be carried out. */
export type Change<Name extends ChangeName = ChangeName> = {
  [Each in Name]: {
    tenant: string
    /** Every account concerned, as it was read when the plan was made; an approval is bound to them. */
    accounts: readonly Account[]
    /** The account or group, as the journal names it. */
    subject: { id: string; userName: string }
    operation: Each
    ask: AskOf<Each>
  } & (Each extends keyof Before ? Before[Each] : unknown)
}[Name]

/** The exact change that a call would make. */
export interface Plan {
  changes: readonly Change[]
  /** What a person agrees to, one sentence per line; text from apps and agents is quoted. */
  lines: readonly string[]
  /** What the person should know besides: what was asked for and is left alone, what could not be looked up. */
  asides?: readonly string[]
  reason?: string | undefined
  /** The effect of these changes, whatever the tool declares; absent if there are none. */
  effect?: Effect
  /** What could not be determined and a person must judge, as a sentence; it is one of the asides, too. */
  doubt?: string | undefined
  /** A person must see it, whatever the settings say: an app's own data chose one of the accounts. */
  mustAsk?: boolean
  /** The part of the answer that needs no write: what was asked for and is not among the changes. The asides say it too. */
  settled?: Readonly<Record<string, unknown>>
  /** Whether accounts were left out because the approval of the call does not cover them. */
  uncovered?: boolean
  /** A run that is carried out outside of the call, once a person has approved it; such a plan has no changes itself. */
  run?: PlannedRun
  /** A fault that will pass and made the plan smaller than what was asked for. */
  passing?: IdentityError | undefined
}

/** Accounts of one tenant that weigh the same, for the guards. */
export interface RunWeight {
  tenant: string
  weights: readonly Weight[]
  administrator: boolean
  count: number
}

/** What a yes to a run is bound to, and what it weighs. */
interface PlannedRun {
  id: string
  /** A hash over all its rows. */
  digest: string
  accounts: number
  people: number
  /** Whom it concerns, as asked for, if it is one person. */
  person?: string
  /** What it does to the accounts. */
  operations: readonly ChangeName[]
  weights: readonly RunWeight[]
  /** Notes which approval it waits for. */
  asked(approval: string): Promise<void>
}

/** All that a person is shown of a plan. */
export const shownOf = ({ lines, asides = [] }: Pick<Plan, 'lines' | 'asides'>): string[] => [
  ...lines,
  ...asides,
]

/** Names one account of a plan. */
export const targetKey = (tenant: string, id: string): string => `${tenant}/${id}`

/**
 * What a change does to what somebody can do: sets values without weight, makes a new account, gives access, changes a
 * login (user name, email, external id), removes access, deletes. Settings, limits and scopes speak of these.
 */
export const WEIGHTS = ['changes', 'adds', 'gives', 'logins', 'removes', 'deletes'] as const
export type Weight = (typeof WEIGHTS)[number]

/** What the app showed when a change was read back. */
export interface Shown {
  account?: Account
  fields?: AccountFields
  group?: Group
  /** The app deactivated the account instead of deleting it. */
  kept?: true
  /** What changed at the account besides, although nobody asked for it; absent if nothing did. */
  alsoChanged?: readonly AlsoChanged[]
}

/** How one change ended. `done` and `verified: false`: the app accepted it and does not show it, or did more. */
export interface Carried extends Shown {
  outcome: 'done' | 'failed' | 'unknown'
  /** A person was given the task: what becomes of it is not known before they say so. */
  byHand?: true
  verified: boolean
  code?: ErrorCode
  note?: string
}
