import { namesToLookUp } from '../changes/create-account.ts'
import type { Account } from '../domain/account.ts'
import type { Change } from '../domain/change.ts'
import { matchedBy } from '../domain/correlate.ts'
import { hiddenIn } from '../domain/facts.ts'
import type { AccountFields } from '../domain/operations.ts'
import type { IdentityError } from '../errors.ts'
import type { Ask } from './ask.ts'
import type { Hold } from './hold.ts'
import { taken } from './taken-names.ts'

/** The accounts that a person has already, or the change that makes them one, and why they may have one nevertheless. */
type NewAccount =
  | { there: readonly [Account, ...Account[]]; gap: IdentityError | undefined }
  | { change: Change<'createAccount'>; unsure: string[] }

/**
 * Plans an account, with every name claimed that it is to have. Throws `Conflict` where another person has one of them, and
 * what the app answers where nobody is found and it may have somebody: then nothing is created.
 */
export async function newAccount(
  tenant: string,
  fields: AccountFields & { email: string },
  { ask, hold }: { ask: Ask; hold: Pick<Hold, 'names'> },
): Promise<NewAccount> {
  const { email } = fields
  const [user = email, ...also] = namesToLookUp(fields)
  await hold.names(tenant, [user, ...also])
  const { accounts, gap } = await ask.one(tenant, 'findAccounts', { user, also })
  const [first, ...others] = accounts
  if (first) {
    // An external id alone does not make an account that of the same person.
    const isThere = accounts.some((one) => matchedBy(one, email).length + matchedBy(one, user).length > 0)
    if (!isThere) throw taken(tenant, [user, ...also], accounts)
    return { there: [first, ...others], gap }
  }
  const subject = { id: 'new', userName: fields.userName ?? email }
  const hidden = hiddenIn(ask.tenants.get(tenant).facts)
  return {
    change: { tenant, accounts: [], subject, operation: 'createAccount', ask: { fields } },
    unsure: hidden ? [`Not found in ${tenant} before. ${hidden}`] : [],
  }
}
