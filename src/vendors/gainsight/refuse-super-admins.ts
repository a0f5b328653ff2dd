import type { Account } from '../../domain/account.ts'
import type { Operations, RequestContext, Target } from '../../domain/operations.ts'
import { sameText } from '../../text/text.ts'
import { renamed } from './changed.ts'
import { noSuperAdmins } from './rules.ts'

// A change is planned on what was read a moment ago; reading it once more would spend a hundredth of an hour's requests.
const FRESH_MS = 60_000
const MOST = 1_000

type Ops = Operations &
  Required<Pick<Operations, 'findAccounts' | 'readAccount' | 'readFields' | 'checkWrite'>>

/** The operations, with every write to a super admin refused, and to an account that is another by now. */
export function refusingSuperAdmins(operations: Ops): Operations {
  const seen = new Map<string, { account: Account; at: number }>()
  const note = <Seen extends Account | undefined>(account: Seen): Seen => {
    if (account) {
      if (seen.size >= MOST) seen.clear()
      seen.set(account.id, { account, at: Date.now() })
    }
    return account
  }
  const readAccount: Ops['readAccount'] = async (ask, context) =>
    note(await operations.readAccount(ask, context))

  const spare = async ({ id, userName }: Target, context: RequestContext): Promise<void> => {
    const known = seen.get(id)
    const account =
      known && Date.now() - known.at < FRESH_MS ? known.account : await readAccount({ id }, context)
    if (account?.admin) throw noSuperAdmins()
    if (account && !sameText(account.userName, userName)) {
      throw renamed()
    }
    // After a change it is to be looked at anew.
    seen.delete(id)
  }
  const spared =
    <Ask extends Target>(write: ((ask: Ask, context: RequestContext) => Promise<void>) | undefined) =>
    async (ask: Ask, context: RequestContext): Promise<void> => {
      await spare(ask, context)
      return write?.(ask, context)
    }

  const { deactivateAccount, reactivateAccount, updateAccount, deleteAccount } = operations
  const { createGroup, updateMembers } = operations
  return {
    ...operations,
    findAccounts: async (ask, context) => (await operations.findAccounts(ask, context)).map(note),
    readAccount,
    readFields: async (ask, context) => {
      const full = await operations.readFields(ask, context)
      note(full?.account)
      return full
    },
    checkWrite: async (ask, context) => {
      if (ask.accounts.some(({ admin }) => admin)) throw noSuperAdmins()
      return operations.checkWrite(ask, context)
    },
    deactivateAccount: spared(deactivateAccount),
    reactivateAccount: spared(reactivateAccount),
    updateAccount: spared(updateAccount),
    ...(deleteAccount && { deleteAccount: spared(deleteAccount) }),
    ...(createGroup && {
      createGroup: async (ask, context) => {
        for (const member of ask.members) await spare(member, context)
        return createGroup(ask, context)
      },
    }),
    ...(updateMembers && {
      updateMembers: async (ask, context) => {
        for (const member of [...ask.add, ...ask.remove]) await spare(member, context)
        return updateMembers(ask, context)
      },
    }),
  }
}
