import type { RequestContext } from '../../domain/operations.ts'
import type { FilterAttribute } from './capabilities.ts'
import { recordOf } from './evidence.ts'
import { valuesOf } from './look-up.ts'
import type { ScimUser } from './read.ts'
import type { ScimApp } from './request.ts'

/** The attributes that a person can be looked up by. */
export const NAMES = ['userName', 'emails.value', 'externalId'] as const

/**
 * Which of these the rows of a list do not show whole, by the record of one of its users. It is not asked for where the rows
 * show all of them and several emails of somebody.
 */
export async function hiddenIn(
  app: ScimApp,
  users: readonly [ScimUser, ...ScimUser[]],
  context: RequestContext,
): Promise<{ hidden: FilterAttribute[]; record: ScimUser | undefined }> {
  const [first] = users
  const record = tellsAll(users) ? undefined : await recordOf(app, first, context)
  const hidden = record ? NAMES.filter((by) => valuesOf(record, by).length > valuesOf(first, by).length) : []
  return { hidden, record }
}

const tellsAll = (users: readonly ScimUser[]): boolean =>
  NAMES.every((by) => users.some((user) => valuesOf(user, by).length > (by === 'emails.value' ? 1 : 0)))

/** What a list cannot be evidence of, in a sentence. */
export const notShown = (by: FilterAttribute): string =>
  `The list does not show all of ${by} that the records have.`
