import { Conflict, NotFound } from '../../errors.ts'

/** The account to change no longer exists. */
export const accountGone = () => new NotFound('The account is gone.', 'Look it up again with find_user.')

/** The id now belongs to a different user name. */
export const accountChanged = () =>
  new Conflict(
    'The account’s user name differs from the one this change is for.',
    'Look it up again with find_user.',
  )
