import type { Account } from '../domain/account.ts'
import type { Alteration, BriefedAccount, BriefedChange, Briefing, Place } from '../domain/briefing.ts'
import type { Change, Plan } from '../domain/change.ts'
import { type FieldValue, flat } from '../domain/field-diff.ts'
import { touchesPower } from '../domain/privilege.ts'
import { sameText } from '../text/text.ts'
import type { Ask } from './ask.ts'
import type { Tenant } from './tenants.ts'

/** How many groups of an account are named. */
const GROUPS = 50

/** Gathers what a person should know of a plan; costs one look-up in each tenant that the plan leaves alone. */
export async function briefOn(plan: Plan, ask: Ask): Promise<Briefing> {
  const changes = plan.changes.map((change) => briefed(change, ask.tenants.get(change.tenant)))
  const elsewhere = await otherAccounts(plan, ask)
  return { changes, ...(elsewhere && { elsewhere }) }
}

const placeOf = ({ name, vendor }: Tenant): Place => ({ tenant: name, app: vendor.title })

function briefed(change: Change, tenant: Tenant): BriefedChange {
  const { operation } = change
  const reversible = canBeUndone(operation, tenant)
  const group =
    change.operation === 'updateMembers'
      ? change.ask.group.name
      : change.operation === 'createGroup'
        ? change.ask.name
        : undefined
  return {
    ...placeOf(tenant),
    operation,
    ...(group !== undefined && { group }),
    accounts: accountsOf(change),
    ...(touchesPower(change) && { power: true as const }),
    ...(reversible !== undefined && { reversible }),
  }
}

/** Whether the app lets such a change be taken back; undefined where nobody knows. */
function canBeUndone(operation: Change['operation'], { facts, operations }: Tenant): boolean | undefined {
  if (operation === 'deactivateAccount') {
    return facts.deactivate === 'unknown' ? undefined : facts.deactivate === 'reversible'
  }
  if (operation === 'deleteAccount') {
    return facts.delete === 'hard' ? false : facts.delete === 'deactivates' ? true : undefined
  }
  // The record may stay, but the access that it gives can be taken back.
  if (operation === 'createAccount') return operations.deactivateAccount ? true : undefined
  // No call deletes a group.
  return operation !== 'createGroup'
}

function accountsOf(change: Change): BriefedAccount[] {
  switch (change.operation) {
    case 'createAccount': {
      const alters = Object.entries(flat(change.ask.fields)).map(([what, after]) =>
        chosen(what, undefined, after),
      )
      return [{ userName: change.subject.userName, alters }]
    }
    case 'updateAccount': {
      const before = flat(change.before)
      const alters = Object.entries(flat(change.ask.set)).map(([what, after]) =>
        chosen(what, before[what], after),
      )
      return change.accounts.map((account) => ({ ...who(account), alters }))
    }
    case 'createGroup':
      return change.accounts.map((account) => ({ ...who(account), alters: [membership(false, true)] }))
    case 'updateMembers': {
      const { ask, inside } = change
      return change.accounts.map((account) => {
        const leaves = ask.remove.some(({ id }) => id === account.id)
        return {
          ...who(account),
          alters: [membership(inside?.includes(account.id), !leaves)],
          ...(leaves && { loses: { groups: { first: [ask.group.name], of: 1 } } }),
        }
      })
    }
    case 'reactivateAccount':
      return change.accounts.map((account) => ({
        ...who(account),
        alters: [ours('status', account.status, 'active')],
      }))
    case 'deactivateAccount':
    case 'deleteAccount': {
      const after = change.operation === 'deleteAccount' ? 'deleted' : 'inactive'
      return change.accounts.map((account) => ({
        ...who(account),
        alters: [ours('status', account.status, after)],
        loses: {
          ...(account.groups && {
            groups: { first: account.groups.slice(0, GROUPS), of: account.groups.length },
          }),
          ...(account.licence !== undefined && { licence: account.licence }),
        },
      }))
    }
  }
}

const who = ({ id, userName, name, email, title, department, admin, externalId }: Account) => ({
  id,
  userName,
  ...(name !== undefined && { name }),
  ...(email !== undefined && { email }),
  ...(title !== undefined && { title }),
  ...(department !== undefined && { department }),
  ...(admin !== undefined && { admin }),
  ...(externalId !== undefined && { externalId }),
})

/** A state that a change sets, in our words. */
const ours = (what: string, before: string | undefined, after: string): Alteration => ({
  what,
  ...(before !== undefined && { before }),
  after,
  from: 'server',
})

const membership = (before: boolean | undefined, after: boolean): Alteration => {
  const words = (isIn: boolean) => (isIn ? 'in the group' : 'not in the group')
  return ours('membership', before === undefined ? undefined : words(before), words(after))
}

/** A value that the agent named. */
const chosen = (what: string, before: FieldValue | undefined, after: FieldValue): Alteration => {
  const words = (value: FieldValue) => (typeof value === 'string' ? value : JSON.stringify(value))
  return { what, ...(before !== undefined && { before: words(before) }), after: words(after), from: 'agent' }
}

/** Where else the person is active; undefined where the plan does not concern exactly one. */
async function otherAccounts({ changes }: Plan, ask: Ask): Promise<Briefing['elsewhere']> {
  const [first, ...more] = changes.flatMap(({ accounts }) => accounts)
  if (!first || more.some((account) => !sameText(nameOf(account), nameOf(first)))) return undefined
  const others = ask.tenants
    .offering('findAccounts')
    .filter(({ name }) => changes.every(({ tenant }) => tenant !== name))
    .map(({ name }) => name)
  const found = await ask.each('findAccounts', others, { user: nameOf(first) })
  const active: Place[] = []
  const unknown: Place[] = []
  for (const one of found) {
    const statuses = 'answer' in one ? one.answer.map(({ status }) => status) : ['unknown']
    if (statuses.includes('active')) active.push(placeOf(one.tenant))
    else if (statuses.includes('unknown')) unknown.push(placeOf(one.tenant))
  }
  return { active, unknown }
}

const nameOf = ({ email, userName }: Account): string => email ?? userName
