import type { Account } from '../domain/account.ts'
import type { Alteration } from '../domain/briefing.ts'
import type { FieldValue } from '../domain/field-diff.ts'

/** What the page shows of an account that is there already. */
export const who = ({ id, userName, name, email, title, department, admin, externalId }: Account) => ({
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
export const ours = (what: string, before: string | undefined, after: string): Alteration => ({
  what,
  ...(before !== undefined && { before }),
  after,
  from: 'server',
})

/** A value that the agent named. */
export const chosen = (what: string, before: FieldValue | undefined, after: FieldValue): Alteration => {
  const words = (value: FieldValue) => (typeof value === 'string' ? value : JSON.stringify(value))
  return { what, ...(before !== undefined && { before: words(before) }), after: words(after), from: 'agent' }
}
