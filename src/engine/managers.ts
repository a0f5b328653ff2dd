import type { Account } from '../domain/account.ts'
import { IdentityError } from '../errors.ts'
import type { Ask } from './ask.ts'

/** Why a chain of managers ends. An app that tells no manager has not said that there is none. */
export const CHAIN_ENDS = ['not_told', 'not_found', 'ambiguous', 'circle', 'longer', 'failed'] as const

interface ManagerChain {
  tenant: string
  /** The account that it begins at, by id. */
  of: string
  /** Nearest first. */
  managers: Account[]
  end: (typeof CHAIN_ENDS)[number]
  error?: IdentityError
}

/** Each level costs a look-up. */
const MOST_LEVELS = 6

/** Follows the manager that an account names, and so on, within its own app. */
export async function managersAbove(account: Account, ask: Ask): Promise<ManagerChain> {
  const { tenant, id } = account
  const managers: Account[] = []
  const ended = (end: ManagerChain['end'], error?: IdentityError): ManagerChain => ({
    ...{ tenant, of: id, managers, end },
    ...(error && { error }),
  })
  for (let edge = account.manager; edge !== undefined; edge = managers.at(-1)?.manager) {
    if (managers.length === MOST_LEVELS) return ended('longer')
    try {
      const { accounts, gap } = await ask.one(tenant, 'findAccounts', { user: edge })
      const [manager, ...others] = accounts
      if (others.length > 0 || (manager && gap)) return ended('ambiguous')
      if (!manager) return ended('not_found')
      if (manager.id === id || managers.some((above) => above.id === manager.id)) return ended('circle')
      managers.push(manager)
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error
      return ended('failed', error)
    }
  }
  return ended('not_told')
}
