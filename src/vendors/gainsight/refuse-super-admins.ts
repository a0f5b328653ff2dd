import type { Account } from '../../domain/account.ts'
import type { Operations, RequestContext, Target } from '../../domain/operations.ts'
import { sameUserName } from '../../domain/same.ts'
import { accountChanged } from './changed.ts'
import { noSuperAdmins } from './rules.ts'

// A change is planned from a recent read. Reading again would cost a hundredth of the hourly limit.
const FRESH_MS = 60_000
const MAX_ACCOUNTS_REMEMBERED = 1_000

type GainsightOperations = Operations &
  Required<Pick<Operations, 'findAccounts' | 'readAccount' | 'readFields' | 'checkWrite'>>

/** The operations, refusing every write to a super admin or to an account whose user name has changed. */
export function refusingSuperAdmins(operations: GainsightOperations): Operations {
  const seen = new Map<string, { account: Account; at: number }>()
  const remember = <Read extends Account | undefined>(account: Read): Read => {
    if (account) {
      if (seen.size >= MAX_ACCOUNTS_REMEMBERED) seen.clear()
      seen.set(account.id, { account, at: Date.now() })
    }
    return account
  }
  const readAccount: GainsightOperations['readAccount'] = async (ask, context) =>
    remember(await operations.readAccount(ask, context))

  const checkTarget = async ({ id, userName }: Target, context: RequestContext): Promise<void> => {
    const known = seen.get(id)
    const account =
      known && Date.now() - known.at < FRESH_MS ? known.account : await readAccount({ id }, context)
    if (account?.admin) throw noSuperAdmins()
    if (account && !sameUserName(account.userName, userName)) {
      throw accountChanged()
    }
    // The next write must read the changed account again.
    seen.delete(id)
  }
  const guarded =
    <Ask extends Target>(write: ((ask: Ask, context: RequestContext) => Promise<void>) | undefined) =>
    async (ask: Ask, context: RequestContext): Promise<void> => {
      await checkTarget(ask, context)
      return write?.(ask, context)
    }

  const { deactivateAccount, reactivateAccount, updateAccount, deleteAccount } = operations
  const { createGroup, updateMembers } = operations
  return {
    ...operations,
    findAccounts: async (ask, context) => {
      const found = await operations.findAccounts(ask, context)
      found.accounts.forEach(remember)
      return found
    },
    readAccount,
    readFields: async (ask, context) => {
      const full = await operations.readFields(ask, context)
      remember(full?.account)
      return full
    },
    checkWrite: async (ask, context) => {
      if (ask.accounts.some(({ admin }) => admin)) throw noSuperAdmins()
      return operations.checkWrite(ask, context)
    },
    deactivateAccount: guarded(deactivateAccount),
    reactivateAccount: guarded(reactivateAccount),
    updateAccount: guarded(updateAccount),
    ...(deleteAccount && { deleteAccount: guarded(deleteAccount) }),
    ...(createGroup && {
      createGroup: async (ask, context) => {
        for (const member of ask.members) await checkTarget(member, context)
        return createGroup(ask, context)
      },
    }),
    ...(updateMembers && {
      updateMembers: async (ask, context) => {
        for (const member of [...ask.add, ...ask.remove]) await checkTarget(member, context)
        return updateMembers(ask, context)
      },
    }),
  }
}
