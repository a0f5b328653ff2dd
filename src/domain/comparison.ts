import * as z from 'zod'
import { Account } from './account.ts'

/**
 * What a comparison finds of an account or a person. `stale`: active here, inactive in the truth. `missing`: active in the
 * truth, not here. `differs`: joined, and not the same. `orphan`: active here, and nobody in the truth.
 */
export const COMPARED_KINDS = ['stale', 'missing', 'differs', 'orphan'] as const
export type ComparedKind = (typeof COMPARED_KINDS)[number]

/** By what an account is joined to a person of the truth, the strongest first. */
export const JOIN_KEYS = ['externalId', 'userName', 'email'] as const
export type JoinKey = (typeof JOIN_KEYS)[number]

const COMPARED_FIELDS = ['key', 'status', 'email', 'name', 'department', 'manager'] as const

export const ComparedRow = z.lazy(() =>
  z.object({
    kind: z.enum(COMPARED_KINDS),
    /** The email, or else the user name. */
    person: z.string(),
    tenant: z.string(),
    account: Account.optional(),
    truth: Account.optional(),
    joinedBy: z.enum(JOIN_KEYS).optional(),
    fields: z
      .array(z.object({ field: z.enum(COMPARED_FIELDS), account: z.string(), truth: z.string() }))
      .optional(),
  }),
)
export type ComparedRow = z.infer<typeof ComparedRow>

export const ComparisonCounts = z.lazy(() =>
  z.object({
    tenant: z.string(),
    stale: z.int(),
    missing: z.int(),
    differs: z.int(),
    orphans: z.int(),
  }),
)
export type ComparisonCounts = z.infer<typeof ComparisonCounts>

/** The counts of a tenant by kind. */
export const countOf = ({ orphans, ...counts }: ComparisonCounts, kind: ComparedKind): number =>
  kind === 'orphan' ? orphans : counts[kind]

/** Which rows of a comparison are asked for; all when empty. */
export interface RowFilter {
  kind?: ComparedKind
  tenant?: string
}

/** A comparison of tenants with the one that is the truth. */
export interface Comparison {
  id: string
  caller: string
  truth: string
  tenants: readonly string[]
  state: 'running' | 'finished' | 'failed'
  /** Epoch milliseconds by the clock of the store, like all times here. */
  startedAt: number
  finishedAt?: number
  /** When whoever works on it last said so. */
  aliveAt: number
  /** Whether its caller has been told the result: the same question then begins a new one. */
  told?: true
  /** How many accounts were read so far, of all tenants. */
  read: number
  counts: ComparisonCounts[]
  /** Listings that were not read to their end, or not whole. */
  incomplete: { tenant: string; code: string }[]
  /** What else is to be known, in sentences. */
  notes: string[]
}

/** The account that a run takes access from, as the comparison found it. */
export interface ComparedAccount {
  person: string
  tenant: string
  account: { id: string; userName: string }
  /** The record that says that the person has left. */
  truth?: { tenant: string; id: string }
}
