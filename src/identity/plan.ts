import type { ErrorCode } from '../errors.ts'
import type { Account } from './account.ts'
import type { OperationName } from './operations.ts'

/** What a tool does to the apps; guards decide from it. */
export type Effect = 'reads' | 'adds' | 'changes' | 'removes'

/** One write to one account, as it will be carried out. */
export interface Change {
  tenant: string
  operation: Extract<OperationName, 'deactivateAccount' | 'reactivateAccount'>
  /** As it was read when the plan was made; an approval is bound to it. */
  account: Account
  /** What the account must say afterwards. */
  expect: Pick<Account, 'status'>
}

/** The exact change that a call would make. */
export interface Plan {
  changes: readonly Change[]
  /** What a person judges, one sentence a line; text of apps and agents stands quoted in it. */
  lines: readonly string[]
  reason?: string
  bulk: boolean
}

/** How one change ended. `done` and `verified: false`: the app accepted it and does not show it yet. */
export interface Carried {
  outcome: 'done' | 'failed' | 'unknown'
  verified: boolean
  account: Account
  code?: ErrorCode
  note?: string
}
