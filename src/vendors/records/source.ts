import type { AskedNames, Match, RequestContext } from '../../domain/operations.ts'
import type { IdentityError } from '../../errors.ts'
import type { FetchedPage } from '../http/collect.ts'
import type { Rec } from '../http/values.ts'
import type { FieldName } from '../scim/fields.ts'
import type { Origin } from '../scim/read.ts'

/**
 * The users of an app that has a protocol of its own. Each record is brought into SCIM form (RFC 7643 §4), so that the
 * same code reads, compares and names them as everywhere else.
 */
export interface RecordSource {
  /** `tells`: what the rows of a list tell. */
  origin: Origin
  /** The fields that a change can set. */
  takes: readonly FieldName[]
  pageSize: number
  /** The most pages that one listing reads. */
  maxPages: number
  /** The record in SCIM form; undefined for what is no user. */
  asScim(raw: unknown): Rec | undefined
  /** Ids in the raw record that people know somebody by, beside id and external id. */
  otherIdsOf?(raw: unknown): readonly string[]
  /** The whole record with this id, and no other; undefined if there is none. */
  one(id: string, context: RequestContext): Promise<unknown>
  /**
   * Every record that bears one of the names as user name, email, external or other id, and that with the id `user`; the
   * names are without blanks around them. Throws where the app's answer is no evidence.
   */
  named(ask: AskedNames, context: RequestContext): Promise<NamedRecords>
  /** The record of somebody whom a search found, as it is now. Without it, what a search found is never behind. */
  again?(id: string, context: RequestContext): Promise<unknown>
  /** The same for a person's name; a page of candidates. Without it the list is read. */
  called?(name: string, context: RequestContext): Promise<FetchedPage>
  /**
   * A page of the list, which the app may narrow down to what matches. A page with neither `nextCursor` nor `total` is the
   * last one.
   */
  page(at: { match: Match; start: number; cursor?: string }, context: RequestContext): Promise<FetchedPage>
  /** Whether the app itself narrows a list down by an email, where values are surely compared alike. */
  searchesEmail?: true
  /** Of a copy: what is said with every answer. */
  standing?(context: RequestContext): Promise<Standing>
}

export interface NamedRecords {
  /** Asked for by themselves. Others may be among them, and a record more than once: the first of them counts. */
  direct: readonly unknown[]
  /** What a search found, in which every record shows one of the names. */
  searched: readonly unknown[]
}

/** How old a copy is, as a sentence, and why somebody may be missing in it. */
export interface Standing {
  note?: string
  gap?: IdentityError
}
