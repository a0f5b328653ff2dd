import type { AccountFields, Errand, Operations } from './identity/operations.ts'
import type { Change, Shown } from './identity/plan.ts'
import { unlike } from './identity/unlike.ts'
import type { Tenant } from './tenants.ts'

/** What an app shows of a change; `problem` says in what it does not show it. */
export interface Look extends Shown {
  problem?: string
}

/** Reads once what came of a change. */
export async function look(
  change: Change,
  { operations: app, facts }: Pick<Tenant, 'operations' | 'facts'>,
  errand: Errand,
): Promise<Look> {
  switch (change.operation) {
    case 'deactivateAccount':
      return lookAtStatus(change.ask.id, 'inactive', app, errand).then((seen) =>
        // Some apps delete what is deactivated, and to be gone is then what was asked for.
        facts.deactivate === 'deletes' && !seen.account ? {} : seen,
      )
    case 'reactivateAccount':
      return lookAtStatus(change.ask.id, 'active', app, errand)
    case 'deleteAccount': {
      const account = await app.readAccount?.({ id: change.ask.id }, errand)
      return account ? { account, problem: 'The app still shows the account.' } : {}
    }
    case 'createAccount': {
      const { userName, email } = change.ask.fields
      const found = (await app.findAccounts?.({ user: userName ?? email ?? '' }, errand)) ?? []
      const [account] = found
      if (!account) return { problem: 'The app does not show the account.' }
      return found.length === 1 ? { account } : { problem: 'The app shows more than one such account.' }
    }
    case 'updateAccount':
      return lookAtFields(change.ask.id, change.ask.set, app, errand)
    case 'updateMembers':
      return lookAtMembers(change.ask, app, errand)
  }
}

async function lookAtStatus(id: string, status: string, app: Operations, errand: Errand): Promise<Look> {
  const account = await app.readAccount?.({ id }, errand)
  if (!account) return { problem: 'The app no longer shows this account.' }
  return account.status === status
    ? { account }
    : { account, problem: `The app still shows it as ${account.status}.` }
}

async function lookAtFields(id: string, set: AccountFields, app: Operations, errand: Errand): Promise<Look> {
  const read = await app.readFields?.({ id }, errand)
  if (!read) return { problem: 'The app no longer shows this account.' }
  const ignored = unlike(set, read.fields)
  return {
    ...read,
    ...(ignored.length > 0 && {
      problem: `The app does not show the new ${ignored.join(', ')}; it may have ignored it.`,
    }),
  }
}

async function lookAtMembers(
  { group, add, remove }: Extract<Change, { operation: 'updateMembers' }>['ask'],
  app: Operations,
  errand: Errand,
): Promise<Look> {
  const read = await app.readGroup?.({ group: group.id }, errand)
  if (!read) return { problem: 'The app no longer shows this group.' }
  if (!read.members) return { group: read, problem: 'The app does not tell the members of this group.' }
  const ids = new Set(read.members.map(({ id }) => id))
  const wrong = [...add.filter(({ id }) => !ids.has(id)), ...remove.filter(({ id }) => ids.has(id))]
  return {
    group: read,
    ...(wrong.length > 0 && { problem: `The app does not show the change for ${wrong.length} of them.` }),
  }
}
