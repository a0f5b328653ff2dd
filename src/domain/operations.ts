import type { Account, AuditEvent, Group } from './account.ts'

/** Who an operation works for, and until when; every request to an app carries it. */
export interface RequestContext {
  /** For fairness between callers. */
  caller: string
  /** Bulk work leaves the reserved share of the budget to questions that a person asked just now. */
  priority: 'interactive' | 'bulk'
  /** Epoch milliseconds after which nobody waits for the answer any more. */
  deadline: number
  signal: AbortSignal
  /** Asked just before each request that changes something leaves; throws when it must not. */
  mayLeave?: () => Promise<void>
}

/** One page of a listing. `next` is absent at the end; `complete` says whether the end is really the end. */
export interface Page<Item, At> {
  items: Item[]
  next?: At
  complete: boolean
  note?: string
}

/** Where a listing by index goes on. */
export interface ListPosition {
  /** 1-based index of the first row of the page (RFC 7644 §3.4.2.4). */
  start: number
  /** Id of the first row of the page before, to notice an app that ignores the index. */
  before?: string
}

/** Where an audit pull goes on. */
export interface AuditPosition {
  offset: number
  /** Id of the first event of the page before, to notice an app that ignores the offset. */
  before?: string
}

export type AuditOrder = 'newest_first' | 'oldest_first' | 'unknown'

export interface AuditPage extends Page<AuditEvent, AuditPosition> {
  order: AuditOrder
}

export type TokenVerdict =
  | 'ok'
  | 'rejected'
  | 'wrong_token'
  | 'missing_grant'
  | 'expired'
  | 'expires_soon'
  | 'wrong_address'
  | 'sso_not_active'
  | 'rate_limited'
  | 'unreachable'
  | 'not_configured'

/** What a token may do on one surface of an app, found out by a read. */
export interface SurfaceCheck {
  surface: string
  ok: boolean
  status?: number
  meaning: string
  hint?: string
}

/** One token's examination; `token` is the name of its slot or slots in the settings. */
export interface TokenCheck {
  token: string
  fingerprint?: string
  verdict: TokenVerdict
  surfaces: SurfaceCheck[]
  /** ISO 8601, where the token itself tells. */
  expiresAt?: string
  budget: BudgetLeft[]
}

/** What is left of one window of a token's budget. */
export interface BudgetLeft {
  window: 'second' | 'minute' | 'hour' | 'day'
  limit: number
  left: number
}

/** What can be said of an account; a vendor takes what its app knows and refuses the rest. */
export interface AccountFields {
  userName?: string
  email?: string
  givenName?: string
  familyName?: string
  title?: string
  department?: string
  role?: string
  licence?: string
  /** Id or user name of another account, as the app wants it. */
  manager?: string
  externalId?: string
  locale?: string
  timezone?: string
  phone?: string
  status?: 'active' | 'inactive'
  admin?: boolean
  /** Attributes of the app's own, by its own names. */
  custom?: Record<string, string | boolean | string[]>
}

/** Equality over the fields named, case-insensitive. */
export interface Match extends Omit<AccountFields, 'manager' | 'locale' | 'timezone' | 'phone' | 'custom'> {
  group?: string
}

/** An account with all that the app tells of it in our words. */
export interface FullAccount {
  account: Account
  fields: AccountFields
}

/** What an app was found to be able to do, by reads alone. */
export interface AppProbe {
  /** Whether the app could be asked at all. */
  ok: boolean
  findings: { about: string; found: string }[]
  /** Settings of the tenant that would fit the app better, under their own names. */
  proposes: Record<string, string | number | boolean>
}

/** The account a write is pinned to. */
export interface Target {
  id: string
  userName: string
}

/** What a vendor can be asked of its app without changing anything; each may be repeated. */
export interface Reads {
  /** Every account whose user name, email, external id or id equals `user`, checked again here. */
  findAccounts?(ask: { user: string }, context: RequestContext): Promise<Account[]>
  /** The account with this id, or undefined. */
  readAccount?(ask: { id: string }, context: RequestContext): Promise<Account | undefined>
  /** The account with this id and all its fields, or undefined. */
  readFields?(ask: { id: string }, context: RequestContext): Promise<FullAccount | undefined>
  listAccounts?(
    ask: { match?: Match; limit: number; at?: ListPosition },
    context: RequestContext,
  ): Promise<Page<Account, ListPosition>>
  listGroups?(
    ask: { limit: number; at?: ListPosition },
    context: RequestContext,
  ): Promise<Page<Group, ListPosition>>
  /** The group whose id or name equals `group`, with its members where the app tells them. */
  readGroup?(ask: { group: string }, context: RequestContext): Promise<Group | undefined>
  /**
   * Throws what a write to these accounts, or of these values, would be refused with whatever it finds; asks the app
   * nothing, so that no person is asked about what cannot be.
   */
  checkWrite?(
    ask: { accounts: readonly Account[]; fields: AccountFields },
    context: RequestContext,
  ): Promise<void>
  pullAudit?(
    ask: { since: Date; until: Date; user?: string; limit: number; at?: AuditPosition },
    context: RequestContext,
  ): Promise<AuditPage>
  /** Each token against each surface. */
  checkTokens?(ask: Record<never, never>, context: RequestContext): Promise<TokenCheck[]>
  /** Finds out what the app can do, and keeps what the other operations can use of it. */
  probeApp?(ask: Record<never, never>, context: RequestContext): Promise<AppProbe>
}

/**
 * What a vendor can be asked to change. A write is sent once: it resolves when the app accepted it, throws
 * `UnknownOutcome` when it may have happened, and any other error when it certainly did not. Each is a kind of change,
 * of which `changes/` knows the rest.
 */
export interface Writes {
  deactivateAccount?(ask: Target, context: RequestContext): Promise<void>
  reactivateAccount?(ask: Target, context: RequestContext): Promise<void>
  /** Never called for an account that a look-up found. Throws `Conflict` when the app says that there is one. */
  createAccount?(ask: { fields: AccountFields }, context: RequestContext): Promise<void>
  /** Changes just the fields named. Throws `Unsupported` for a field that the app does not have. */
  updateAccount?(ask: Target & { set: AccountFields }, context: RequestContext): Promise<void>
  /** Never called for a name that a look-up found. Throws `Conflict` when the app says that there is such a group. */
  createGroup?(
    ask: { name: string; externalId?: string; members: readonly Target[] },
    context: RequestContext,
  ): Promise<void>
  /** Changes who is in a group, leaving everybody else in it. */
  updateMembers?(
    ask: { group: { id: string; name: string }; add: readonly Target[]; remove: readonly Target[] },
    context: RequestContext,
  ): Promise<void>
  /** Present only where the settings allow it. */
  deleteAccount?(ask: Target, context: RequestContext): Promise<void>
}

/** What a vendor can be asked to do; an operation it lacks is absent. */
export interface Operations extends Reads, Writes {}

/** The operations of one app, as far as its vendor knows them. */
export interface AppOperations extends Operations {
  /** Whether the app itself was found not to have what its vendor can ask for. */
  lacks?(operation: OperationName): boolean
}

export type OperationName = keyof Operations
export type AskOf<Name extends OperationName> = Parameters<NonNullable<Operations[Name]>>[0]
export type AnswerOf<Name extends OperationName> = Awaited<ReturnType<NonNullable<Operations[Name]>>>
