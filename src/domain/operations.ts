import type { IdentityError } from '../errors.ts'
import type { Account, AuditEvent, Group } from './account.ts'
import type { AuditFilter } from './audit-filter.ts'

/** Tells the caller what its call waits for, or how many parts of it are done. */
export type Tell = (message: string, at?: { done: number; of: number }) => void

/** The caller and the deadline of an operation; every request to an app carries them. */
export interface RequestContext {
  /** For fairness between callers. */
  caller: string
  /** Bulk work does not use the reserved share of the budget, which is for interactive requests. */
  priority: 'interactive' | 'bulk'
  /** When the caller stops waiting for the answer, epoch milliseconds. */
  deadline: number
  signal: AbortSignal
  tell?: Tell
  /** Called right before a write is sent; throws if it must not be sent. */
  mayLeave?: () => Promise<void>
}

/** One page of a listing. `next` is absent at the end; `complete` says whether the listing really ends there. */
export interface Page<Item, At> {
  items: Item[]
  /** Where the listing continues behind each of the items, for those who take only the first of them. */
  behind: At[]
  next?: At
  complete: boolean
  /** How many rows of this page could not be read; also a page with a `next` can have some. */
  unreadable?: number
  note?: string
}

/** Where an index-based listing continues. */
export interface ListPosition {
  /** 1-based index of the first row of the page (RFC 7644 §3.4.2.4). */
  start: number
  /** Id of the first row of the page before, to notice an app that ignores the index. */
  before?: string
  /** How many rows the app last said it has: fewer, and some have moved up. */
  total?: number
  /** The app's own cursor for the page that `start` is on (RFC 9865), and how many rows of that page are done. */
  cursor?: string
  skip?: number
  /** The app is read without a filter, so the index counts all its rows. */
  plain?: true
}

/** Where an audit pull continues. */
export interface AuditPosition {
  offset: number
  /** Events per request: the same in all of a pull, so that its pages can be compared. */
  size: number
  /** The app's own cursor of the page that `offset` counts in. */
  cursor?: string
  /** Digest of the page before, to notice an app that ignores the offset. */
  page?: string
  /** Id of the last event that was read, where the app gives ids: newer ones may have come before it. */
  last?: string
  /** How many equal events without an id there were in the second that the page before ended in, by their content. */
  equal?: Record<string, number>
}

export type AuditOrder = 'newest_first' | 'oldest_first' | 'unknown'

/** Events in the order of the log. */
export interface AuditPage extends Page<AuditEvent, AuditPosition> {
  order: AuditOrder
  /** How many events could not be read. */
  leftOut: number
  /** Time of the last event that was read, also of one that was not asked for. */
  reached?: string
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

/** What a token can do on one surface of an app, tested with a read. */
export interface SurfaceCheck {
  surface: string
  ok: boolean
  status?: number
  meaning: string
  hint?: string
}

/** The check of one token; `token` is the name of its slot or slots in the settings. */
export interface TokenCheck {
  token: string
  fingerprint?: string
  verdict: TokenVerdict
  surfaces: SurfaceCheck[]
  /** ISO 8601, if the token itself says so. */
  expiresAt?: string
  budget: BudgetLeft[]
}

/** What is left of one window of a token's budget. */
export interface BudgetLeft {
  window: 'second' | 'minute' | 'hour' | 'day'
  /** Of changes alone; absent for all requests. */
  of?: 'changes'
  limit: number
  left: number
}

/** The fields of an account; a vendor accepts those that its app has and refuses the rest. */
export interface AccountFields {
  userName?: string
  email?: string
  givenName?: string
  familyName?: string
  /** The name that the app shows, where it is kept apart from the parts. */
  displayName?: string
  /** The full name with titles and middle names. */
  formattedName?: string
  title?: string
  department?: string
  role?: string
  licence?: string
  /** Id or user name of another account, as the app expects it. */
  manager?: string
  externalId?: string
  locale?: string
  timezone?: string
  phone?: string
  status?: 'active' | 'inactive'
  admin?: boolean
  /** App-specific attributes, by the app's names. */
  custom?: Record<string, string | boolean | string[]>
}

/** Equality on the given fields, ignoring case. */
export interface Match
  extends Omit<AccountFields, 'displayName' | 'formattedName' | 'locale' | 'timezone' | 'phone' | 'custom'> {
  userType?: string
  location?: string
  group?: string
}

/** An account with all fields that the app shows. */
export interface FullAccount {
  account: Account
  fields: AccountFields
}

/** What an app shows of an account's sessions and tokens; what it does not tell is absent. */
export interface SessionsShown {
  /** When they were last ended, by the app's own mark; compared with an earlier one, never with a clock. */
  endedAt?: string
  /** How many are left. */
  left?: number
}

/** What an app tells of an account's access beyond the account itself; what it does not tell is absent. */
export interface AccessShown {
  /** The app's own word for its status, and what that means for signing in. */
  state?: string
  roles?: string[]
  sessions?: string
  factors?: string[]
  /** The app that provisions it, or the directory that it is synchronised from. */
  provisionedBy?: string
  /** What cannot be known here, and where to look. */
  unknown?: { what: string; where: string }[]
}

/** An app that an identity provider assigns to somebody. */
export interface Assignment {
  /** Its name at the provider. */
  app?: string
  /** Whether a group of the provider brings it. */
  byGroup: boolean
  /** Id of the account in that app; absent if the provider does not tell. */
  accountId?: string
  /** Whether the provider writes to that app, or only signs people in; absent if not known. */
  writes?: boolean
}

/** What an app was found to support, by reads only. */
export interface AppProbe {
  /** Whether the app could be probed at all. */
  ok: boolean
  findings: { about: string; found: string }[]
  /** Settings of the tenant that would fit the app better than what it has, by name. */
  proposes: Record<string, unknown>
  /** What was seen and cannot be served, whatever the settings are. */
  unserved: string[]
}

/** The account that a write is bound to. */
export interface Target {
  id: string
  userName: string
}

/**
 * The accounts that a look-up found. Without a `gap` they are all there are, on evidence; a look-up that found nobody
 * and has a gap throws it instead.
 */
export interface Found {
  accounts: Account[]
  /** Why there may be others. */
  gap?: IdentityError
  /** How old what it was found in is, of a copy; in a sentence. */
  note?: string
}

/** Names to look accounts up by: one request can answer them all. */
export interface AskedNames {
  user: string
  also?: readonly string[]
}

/** The read operations of a vendor; each can be repeated. */
export interface Reads {
  /**
   * Every account whose user name, email, external id or id equals `user`, compared again on this side. `also` has other
   * names that it may have instead; they are no ids.
   */
  findAccounts?(ask: AskedNames, context: RequestContext): Promise<Found>
  /** Candidates for a person's name: given, family or display name, or the part of an address before the @. */
  findByName?(ask: { name: string }, context: RequestContext): Promise<Found>
  /** The account with this id, or undefined. */
  readAccount?(ask: { id: string }, context: RequestContext): Promise<Account | undefined>
  /** The account with this id and all its fields, or undefined. */
  readFields?(ask: { id: string }, context: RequestContext): Promise<FullAccount | undefined>
  readSessions?(ask: { id: string }, context: RequestContext): Promise<SessionsShown>
  readAccess?(ask: { id: string }, context: RequestContext): Promise<AccessShown>
  /** Of an identity provider: its app with the id `app`, as it is assigned to the user; undefined if it is not. */
  readAssignment?(ask: { id: string; app: string }, context: RequestContext): Promise<Assignment | undefined>
  listAccounts?(
    ask: { match?: Match; limit: number; at?: ListPosition },
    context: RequestContext,
  ): Promise<Page<Account, ListPosition>>
  listGroups?(
    ask: { limit: number; at?: ListPosition },
    context: RequestContext,
  ): Promise<Page<Group, ListPosition>>
  /**
   * The group with this id, or whose id or name equals `group`, with its members if the app shows them. With `recent`,
   * one that was read a moment ago will do.
   */
  readGroup?(
    ask: { id: string } | { group: string; recent?: boolean },
    context: RequestContext,
  ): Promise<Group | undefined>
  /**
   * Throws the error that a write to these accounts, or of these values, would get in any case; it keeps a person from
   * being asked about an impossible change. Answers with what a person should know about the way in which the app is
   * changed, in sentences. Sends no request once the app was asked for the accounts, save to read a group or what a new
   * account needs.
   */
  checkWrite?(
    ask: {
      operation: keyof Writes
      accounts: readonly Account[]
      fields: AccountFields
      /** The group whose members are to change. */
      group?: { id: string }
    },
    context: RequestContext,
  ): Promise<readonly string[]>
  pullAudit?(
    ask: AuditFilter & {
      since: Date
      until: Date
      limit: number
      at?: AuditPosition
      /** The caller will ask for what is behind the page, in the same span: it may be fetched meanwhile. */
      readsOn?: true
    },
    context: RequestContext,
  ): Promise<AuditPage>
  /** Each token against each surface. */
  checkTokens?(ask: Record<never, never>, context: RequestContext): Promise<TokenCheck[]>
  /** Finds out what the app supports, and stores what the other operations can use of it. */
  probeApp?(ask: Record<never, never>, context: RequestContext): Promise<AppProbe>
}

/** What the app's reply says of what it created; without an id it is looked up by name. */
export interface Created {
  id?: string
}

/**
 * The write operations of a vendor. A write is sent once: it resolves if the app accepted it, throws `UnknownOutcome`
 * if it may have happened, and any other error if it certainly did not. Each is a kind of change; `changes/` has the
 * rest of it.
 */
export interface Writes {
  deactivateAccount?(ask: Target, context: RequestContext): Promise<void>
  /** Ends every session of the account, and the tokens that would start new ones. */
  endSessions?(ask: Target, context: RequestContext): Promise<void>
  reactivateAccount?(ask: Target, context: RequestContext): Promise<void>
  /** Called only after a look-up found no account. Throws `Conflict` if the app reports an existing one. */
  createAccount?(ask: { fields: AccountFields }, context: RequestContext): Promise<Created>
  /** Changes only the given fields. Throws `Unsupported` for a field that the app does not have. */
  updateAccount?(ask: Target & { set: AccountFields }, context: RequestContext): Promise<void>
  /** Called only after a look-up found no group. Throws `Conflict` if the app reports an existing one. */
  createGroup?(
    ask: { name: string; externalId?: string; members: readonly Target[] },
    context: RequestContext,
  ): Promise<Created>
  /** Adds and removes members of a group; all others stay. */
  updateMembers?(
    ask: { group: { id: string; name: string }; add: readonly Target[]; remove: readonly Target[] },
    context: RequestContext,
  ): Promise<void>
  /** Present only if the settings allow it. */
  deleteAccount?(ask: Target, context: RequestContext): Promise<void>
}

/** All operations of a vendor; one that it lacks is absent. */
export interface Operations extends Reads, Writes {}

/** The operations of one app, as far as its vendor supports them. */
export interface AppOperations extends Operations {
  /** Whether the app itself was found to lack an operation that its vendor supports. */
  lacks?(operation: OperationName): boolean
  /**
   * Sends a status change again in another form, where the app is done with one form, accepted or not, and shows no change;
   * false if there is no other form. The status is set, so that to send it twice is the same as once.
   */
  resend?(operation: OperationName, target: Target, context: RequestContext): Promise<boolean>
  /** What a person can do instead of an operation that the app lacks; undefined if there is nothing to say. */
  insteadOf?(operation: OperationName): string | undefined
}

export type OperationName = keyof Operations
export type AskOf<Name extends OperationName> = Parameters<NonNullable<Operations[Name]>>[0]
export type AnswerOf<Name extends OperationName> = Awaited<ReturnType<NonNullable<Operations[Name]>>>
