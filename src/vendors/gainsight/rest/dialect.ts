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
import type { RestRows } from './request.ts'

/** A field of `match` that a dialect can filter by. */
export type FilterField = 'userName' | 'email' | 'status' | 'admin'

/** One of the two REST APIs that Gainsight has for users. */
export interface Dialect {
  names: FieldNames
  one(id: string, context: RequestContext): Promise<Rec | undefined>
  filters: readonly FilterField[]
  /** A page by its number, starting at 0. */
  page(
    ask: { page: number; size: number; match?: Match },
    context: RequestContext,
  ): Promise<FetchedPage | FilterRefused>
  /** Users by email, user name or id; undefined when the app refuses the search. Absent when it cannot search. */
  search?(who: string, size: number, context: RequestContext): Promise<RestRows | undefined>
  /** `checkWrite` for this dialect's own rules. */
  check(operation: keyof Writes, fields: AccountFields): readonly string[]
  create(fields: AccountFields, context: RequestContext): Promise<Created>
  update(target: Target, set: AccountFields, context: RequestContext): Promise<void>
  setActive(target: Target, active: boolean, context: RequestContext): Promise<void>
  remove(target: Target, context: RequestContext): Promise<void>
}
