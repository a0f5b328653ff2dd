import type { Account } from '../../domain/account.ts'
import type { RequestContext } from '../../domain/operations.ts'
import { sameUserName } from '../../domain/same.ts'
import { type IdentityError, Refused } from '../../errors.ts'
import { asWord, type Rec } from '../http/values.ts'
import { administratorOf } from './record.ts'
import { type GoogleApp, rawUser } from './users.ts'

const WHERE = 'A super administrator can do it by hand: Admin console, Directory > Users.'

const ofAdministrators = (): IdentityError =>
  new Refused('This server does not change the accounts of administrators here.', WHERE)

const ofTheDelegate = (admin: string): IdentityError =>
  new Refused(
    `The service account acts for ${admin}: without that account this server would have no access.`,
    WHERE,
  )

export interface AdministratorRules {
  /** The administrator that the tokens act for. */
  admin: string
  /** Whether administrators may be changed at all. */
  adminWrites: boolean
}

/** Throws if a change of this account is refused for the administrator that it is. */
export function checkAccount({ admin, adminWrites }: AdministratorRules, account: Account): void {
  if (sameUserName(account.userName, admin)) throw ofTheDelegate(admin)
  if (account.admin && !adminWrites) throw ofAdministrators()
}

/**
 * The same right before a write, by the record as it is now. Google lets nobody but super administrators change
 * administrators (support.google.com/a/answer/2405986), so the one that the tokens act for must be one.
 */
export async function checkRecord(
  { admin, adminWrites }: AdministratorRules,
  app: GoogleApp,
  raw: Rec,
  context: RequestContext,
): Promise<void> {
  if (sameUserName(asWord(raw.primaryEmail), admin)) throw ofTheDelegate(admin)
  if (administratorOf(raw) === undefined) return
  if (!adminWrites) throw ofAdministrators()
  if (administratorOf(await rawUser(app, admin, context)) === 'super') return
  throw new Refused(
    `Google lets only super administrators change administrators, and ${admin} is none.`,
    WHERE,
  )
}
