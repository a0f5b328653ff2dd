import type { Target } from '../../domain/operations.ts'
import { sameUserName } from '../../domain/same.ts'
import { Conflict, NotFound } from '../../errors.ts'
import type { Rec } from '../http/values.ts'

/** The record of a target, read right before a change. Throws where it is gone, or bears another user name by now. */
export function mustBeTarget(
  raw: Rec | undefined,
  { id, userName }: Target,
  nameIn: (raw: Rec) => string | undefined,
): Rec {
  if (!raw) throw new NotFound('The account is gone.', 'Look it up again with find_user.')
  if (raw.id === id && sameUserName(nameIn(raw), userName)) return raw
  throw new Conflict(
    'The account’s user name differs from the one this change is for.',
    'Look it up again with find_user.',
  )
}
