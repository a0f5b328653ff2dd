import type {
  AccountFields,
  Created,
  Match,
  RequestContext,
  Target,
  Writes,
} from '../../../domain/operations.ts'
import type { FetchedPage } from '../../http/collect.ts'
import type { FilterRefused } from '../../http/filtered.ts'
import type { Rec } from '../../http/values.ts'
import type { FieldNames } from './records.ts'
import type { AnyOf } from './where.ts'

/** A field of `match` that a dialect can filter by. */
export type FilterField = 'userName' | 'email' | 'status' | 'admin'

/** How a group is put on one user's record, and taken off it. */
export type SetGroup = (
  target: Target,
  membership: { group: string; isIn: boolean },
  context: RequestContext,
) => Promise<void>

/** One of the two REST APIs that Gainsight has for users. */
export interface Dialect {
  name: 'services' | 'users'
  names: FieldNames
  one(id: string, context: RequestContext): Promise<Rec | undefined>
  filters: readonly FilterField[]
  /** A page by its number, starting at 0. */
  page(
    ask: { page: number; size: number; match?: Match },
    context: RequestContext,
  ): Promise<FetchedPage | FilterRefused>
  /** Users who fit one of the conditions. Absent when the dialect cannot search. */
  search?(either: AnyOf, size: number, context: RequestContext): Promise<FetchedPage | FilterRefused>
  /** `checkWrite` for this dialect's own rules. */
  check(operation: keyof Writes, fields: AccountFields): readonly string[]
  create(fields: AccountFields, context: RequestContext): Promise<Created>
  update(target: Target, set: AccountFields, context: RequestContext): Promise<void>
  setActive(target: Target, active: boolean, context: RequestContext): Promise<void>
  remove(target: Target, context: RequestContext): Promise<void>
  /** Absent when it has no groups. */
  setGroup?: SetGroup
}
