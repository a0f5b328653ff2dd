import { Ambiguous } from '../errors.ts'
import { inQuotes } from '../text/text.ts'
import type { Account } from './account.ts'

/** The one account meant, or undefined; two that match are `Ambiguous`, with both named. */
export function onlyOne(accounts: readonly Account[], user: string): Account | undefined {
  if (accounts.length < 2) return accounts[0]
  const candidates = accounts.map(({ tenant, id, userName }) => ({ tenant, id, userName }))
  throw new Ambiguous(
    `${accounts.length} accounts match ${inQuotes(user)} in ${candidates[0]?.tenant}.`,
    'Name one of the candidates by its id.',
    { tenant: candidates[0]?.tenant ?? '', candidates },
  )
}
