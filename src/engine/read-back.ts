import type { Change, Shown } from '../domain/change.ts'
import { unlike } from '../domain/field-diff.ts'
import type { AccountFields, Operations, RequestContext } from '../domain/operations.ts'
import { plainText, sameText } from '../text/text.ts'
import type { Tenant } from './tenants.ts'

/** What an app shows of a change; `problem` says in what it does not show it. */
export interface Look extends Shown {
  problem?: string
}

type ChangeBy<Operation extends Change['operation']> = Extract<Change, { operation: Operation }>

/** Reads once what came of a change. */
export async function look(
  change: Change,
  { operations: app, facts }: Pick<Tenant, 'operations' | 'facts'>,
  context: RequestContext,
): Promise<Look> {
  switch (change.operation) {
    case 'deactivateAccount':
      return lookAtStatus(change.ask.id, 'inactive', app, context).then((seen) =>
        // Some apps delete what is deactivated, and to be gone is then what was asked for.
        facts.deactivate === 'deletes' && !seen.account ? {} : seen,
      )
    case 'reactivateAccount':
      return lookAtStatus(change.ask.id, 'active', app, context)
    case 'deleteAccount': {
      const account = await app.readAccount?.({ id: change.ask.id }, context)
      if (!account) return {}
      // Where to delete is no more than to deactivate, an account that is inactive is what was asked for.
      const keeps = facts.delete === 'deactivates' || facts.delete === 'unlinks'
      if (keeps && account.status === 'inactive') return { account }
      return { account, problem: `The app still shows the account, as ${account.status}.` }
    }
    case 'createAccount':
      return lookAtNew(change.ask.fields, app, context)
    case 'updateAccount':
      return lookAtFields(change.ask.id, change.ask.set, app, context)
    case 'createGroup':
      return lookForGroup(change.ask, app, context)
    case 'updateMembers':
      return lookAtMembers(change, app, context)
  }
}

/** What an app has already in the place of what it says it can't make a second time; empty where that is not shown. */
export async function lookForTwin(
  change: Change,
  { operations: app }: Pick<Tenant, 'operations'>,
  context: RequestContext,
): Promise<Look> {
  if (change.operation === 'createGroup') return lookForGroup(change.ask, app, context)
  if (change.operation !== 'createAccount') return {}
  const { userName, email, externalId } = change.ask.fields
  // Some apps find nobody by the one who can be found by the other (langwatch/langwatch#6973).
  for (const user of new Set([userName, email, externalId])) {
    const seen = user === undefined ? {} : await lookForAccount(user, app, context)
    if (seen.account) return seen
  }
  return {}
}

/** Whether a new account is there, with all that was said of it besides its names. */
async function lookAtNew(fields: AccountFields, app: Operations, context: RequestContext): Promise<Look> {
  const { userName, email, givenName: _, familyName: __, ...more } = fields
  const seen = await lookForAccount(userName ?? email ?? '', app, context)
  return seen.account && Object.keys(more).length > 0
    ? lookAtFields(seen.account.id, more, app, context)
    : seen
}

async function lookForAccount(user: string, app: Operations, context: RequestContext): Promise<Look> {
  const [account, ...others] = (await app.findAccounts?.({ user }, context)) ?? []
  if (!account) return { problem: 'The app does not show the account.' }
  return others.length === 0 ? { account } : { problem: 'The app shows more than one such account.' }
}

async function lookForGroup(
  { name, members }: ChangeBy<'createGroup'>['ask'],
  app: Operations,
  context: RequestContext,
): Promise<Look> {
  const group = await app.readGroup?.({ group: name }, context)
  if (!group || !sameText(group.name, plainText(name))) return { problem: 'The app does not show the group.' }
  const shown = new Set(group.members?.map(({ id }) => id))
  const missing = members.filter(({ id }) => !shown.has(id))
  if (missing.length === 0) return { group }
  const problem = group.members
    ? `The app does not show ${missing.length} of its members.`
    : 'The app does not tell the members of this group.'
  return { group, problem }
}

async function lookAtStatus(
  id: string,
  status: string,
  app: Operations,
  context: RequestContext,
): Promise<Look> {
  const account = await app.readAccount?.({ id }, context)
  if (!account) return { problem: 'The app no longer shows this account.' }
  return account.status === status
    ? { account }
    : { account, problem: `The app still shows it as ${account.status}.` }
}

async function lookAtFields(
  id: string,
  set: AccountFields,
  app: Operations,
  context: RequestContext,
): Promise<Look> {
  const read = await app.readFields?.({ id }, context)
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
  { ask: { group, add, remove }, inside = [] }: ChangeBy<'updateMembers'>,
  app: Operations,
  context: RequestContext,
): Promise<Look> {
  const read = await app.readGroup?.({ group: group.id }, context)
  if (!read) return { problem: 'The app no longer shows this group.' }
  if (!read.members) return { group: read, problem: 'The app does not tell the members of this group.' }
  const ids = new Set(read.members.map(({ id }) => id))
  const wrong = [...add.filter(({ id }) => !ids.has(id)), ...remove.filter(({ id }) => ids.has(id))]
  // Some apps keep the first page of members and lose the rest when one is added (FusionAuth/fusionauth-issues#2784).
  const lost = inside.filter((id) => !ids.has(id) && !remove.some((target) => target.id === id))
  const problems = [
    ...(wrong.length > 0 ? [`The app does not show the change for ${wrong.length} of them.`] : []),
    ...(lost.length > 0 ? [`It no longer shows ${lost.length} others who were in the group.`] : []),
  ]
  return { group: read, ...(problems.length > 0 && { problem: problems.join(' ') }) }
}
