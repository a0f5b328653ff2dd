import { Ambiguous } from '../errors.ts'
import { inQuotes } from '../text/text.ts'
import type { Account } from './account.ts'

/** The only account, or undefined. Throws `Ambiguous` with the candidates if several match. */
export function onlyOne(accounts: readonly Account[], user: string): Account | undefined {
  if (accounts.length < 2) return accounts[0]
  const candidates = accounts.map(({ tenant, id, userName }) => ({ tenant, id, userName }))
  throw new Ambiguous(
    `${accounts.length} accounts match ${inQuotes(user)} in ${candidates[0]?.tenant}.`,
    'Use the id of one of the candidates.',
    { tenant: candidates[0]?.tenant ?? '', candidates },
  )
}
