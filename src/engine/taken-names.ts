import type { Account } from '../domain/account.ts'
import { emailsOf } from '../domain/correlate.ts'
import type { AccountFields } from '../domain/operations.ts'
import { bare } from '../domain/quoting.ts'
import { sameAddress, sameId, sameUserName } from '../domain/same.ts'
import { Conflict, IdentityError } from '../errors.ts'
import type { Ask } from './ask.ts'

type Names = Pick<AccountFields, 'userName' | 'email' | 'externalId'>

/**
 * Throws `Conflict` if another account of the app bears one of these names, as any of its names: whoever has it would
 * be taken for the other. Answers with what a person should know where the app cannot be asked.
 */
export async function mustBeFree(
  ask: Ask,
  tenant: string,
  { userName, email, externalId }: Names,
  own: Pick<Account, 'id'>,
): Promise<string[]> {
  const names = [userName, email, externalId].filter((name) => name !== undefined)
  const [user, ...also] = new Set(names)
  if (user === undefined) return []
  try {
    const { accounts, gap } = await ask.one(tenant, 'findAccounts', { user, also })
    const others = accounts.filter(({ id }) => id !== own.id)
    if (others.length > 0) throw taken(tenant, names, others)
    return gap ? [notChecked(names, gap)] : []
  } catch (error) {
    if (!(error instanceof IdentityError) || error instanceof Conflict) throw error
    return [notChecked(names, error)]
  }
}

/** The refusal of names that other accounts have. */
export function taken(tenant: string, names: readonly string[], others: readonly Account[]): Conflict {
  const borne = names.filter((name) => others.some((other) => bears(other, name)))
  return new Conflict(
    `Another account of ${tenant} has ${(borne.length > 0 ? borne : names).map((name) => bare(name)).join(', ')} already.`,
    'Look at it with find_user. Two people must never share a user name, an email or an external id.',
    { tenant, candidates: others.map(({ id, userName }) => ({ tenant, id, userName })) },
  )
}

const bears = (account: Account, name: string): boolean =>
  sameUserName(account.userName, name) ||
  sameId(account.externalId, name) ||
  emailsOf(account).some((email) => sameAddress(email, name))

const notChecked = (names: readonly string[], { message }: IdentityError): string =>
  `It is not known whether another account has ${names.map((name) => bare(name)).join(', ')}. ${message}`
