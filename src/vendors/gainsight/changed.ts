import { Conflict, NotFound } from '../../errors.ts'

/** For a change to an account that is not there any more. */
export const gone = () => new NotFound('The account is gone.', 'Look it up again with find_user.')

/** For a change to an account that is another one by now. */
export const renamed = () =>
  new Conflict(
    'The account has another user name than the change was meant for.',
    'Look it up again with find_user.',
  )
