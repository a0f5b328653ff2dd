import { kindNamed } from '../changes/index.ts'
import type { BriefedAccount, BriefedChange } from '../domain/briefing.ts'

export const makesAccount = ({ operation }: Pick<BriefedChange, 'operation'>): boolean =>
  kindNamed(operation)?.makes === 'account'

/** The accounts that exist already, each once: several changes can be made to one. */
export function existingAccounts(
  changes: readonly BriefedChange[],
): { change: BriefedChange; account: BriefedAccount }[] {
  const found = new Map<string, { change: BriefedChange; account: BriefedAccount }>()
  for (const change of changes.filter((one) => !makesAccount(one))) {
    for (const account of change.accounts) {
      const key = JSON.stringify([change.tenant, account.id ?? account.userName])
      if (!found.get(key)?.account.loses) found.set(key, { change, account })
    }
  }
  return [...found.values()]
}
