import type { AccountFields, Match, RequestContext, Target } from '../../../domain/operations.ts'
import type { Rec } from '../../http/values.ts'
import type { Names } from './records.ts'
import type { Rows } from './request.ts'

/** One of the two mapping in which Gainsight's REST API speaks of users. */
export interface Dialect {
  names: Names
  one(id: string, context: RequestContext): Promise<Rec | undefined>
  /** A page by its number, counted from 0. */
  page(ask: { page: number; size: number; match?: Match }, context: RequestContext): Promise<Rows>
  /** Users by email, user name or id; undefined when the app refuses the search, absent where it can't search. */
  search?(who: string, size: number, context: RequestContext): Promise<Rows | undefined>
  create(fields: AccountFields, context: RequestContext): Promise<void>
  update(target: Target, set: AccountFields, context: RequestContext): Promise<void>
  setActive(target: Target, active: boolean, context: RequestContext): Promise<void>
  remove(target: Target, context: RequestContext): Promise<void>
}
