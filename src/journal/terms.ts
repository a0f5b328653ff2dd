import type { JournalLine } from './events.ts'

/** What a line can be found by. Two lines about the same thing have the same term. */
export type Term = string

const term = (kind: string, ...names: readonly string[]): Term => JSON.stringify([kind, ...names])

export const ofCall = (call: string): Term => term('call', call)
export const ofApproval = (id: string): Term => term('approval', id)
export const ofTenant = (tenant: string): Term => term('tenant', tenant)
export const ofSubject = ({ tenant, id }: { tenant: string; id: string }): Term => term('subject', tenant, id)
export const ofCaller = (caller: string): Term => term('caller', caller)

/** Everything that this line is found by. */
export const termsOf = ({ call, caller, account, approval }: JournalLine): Term[] => [
  ofCall(call),
  ofCaller(caller),
  ...(approval ? [ofApproval(approval.id)] : []),
  ...(account ? [ofTenant(account.tenant), ofSubject(account)] : []),
]
