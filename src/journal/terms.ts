import type { Account } from '../domain/account.ts'
import { fold } from '../text/text.ts'
import type { JournalLine } from './events.ts'

/** What a line can be found by. Two lines about the same thing have the same term. */
export type Term = string

const term = (kind: string, ...names: readonly string[]): Term => JSON.stringify([kind, ...names])

export const ofCall = (call: string): Term => term('call', call)
export const ofApproval = (id: string): Term => term('approval', id)
export const ofTenant = (tenant: string): Term => term('tenant', tenant)
export const ofSubject = ({ tenant, id }: { tenant: string; id: string }): Term => term('subject', tenant, id)
export const ofCaller = (caller: string): Term => term('caller', caller)

/** A person by any name of an account: user name, id, email or external id, in any letter case. */
export const ofPerson = (name: string): Term => term('person', fold(name))
/** The writes to groups by which this account came into one or left it. */
export const ofMember = ({ tenant, id }: { tenant: string; id: string }): Term => term('member', tenant, id)

/** A user in a group or out of it, as the before-image of a write to the group has it. */
interface PastMember {
  id: string
  userName: string
  was?: string
  became?: string
}

/** Who came into the group or left it by this write; nobody for a write to an account. */
export const membersIn = ({ before }: Pick<JournalLine, 'before'>): readonly PastMember[] => {
  const { members }: Record<string, unknown> = before ?? {}
  return Array.isArray(members) ? (members as (PastMember | null)[]).filter((one) => one !== null) : []
}

/** The names of the account that a line is about, with those that it had before. */
export function namesIn({ account, before }: Pick<JournalLine, 'account' | 'before'>): string[] {
  if (!account) return []
  const { userName, externalId, email, otherEmails } = (before?.account ?? {}) as Partial<Account>
  return texts([account.id, account.userName, userName, externalId, email, ...[otherEmails].flat()])
}

/** A journal is read as it is: what is no name in it is left out. */
const texts = (values: readonly unknown[]): string[] => values.filter((value) => typeof value === 'string')

/** Everything that this line is found by. */
export const termsOf = ({ call, caller, account, approval, before }: JournalLine): Term[] => [
  ofCall(call),
  ofCaller(caller),
  ...(approval ? [ofApproval(approval.id)] : []),
  ...(account ? [ofTenant(account.tenant), ofSubject(account)] : []),
  ...namesIn({ account, before }).map(ofPerson),
  ...membersIn({ before }).flatMap(({ id, userName }) => [
    ...(account ? [ofMember({ tenant: account.tenant, id })] : []),
    ...texts([id, userName]).map(ofPerson),
  ]),
]
