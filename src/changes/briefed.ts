import type { Account } from '../domain/account.ts'
import type { Alteration } from '../domain/briefing.ts'
import type { FieldValue } from '../domain/field-diff.ts'

/** What the approval page shows of an existing account. */
export const accountSummary = ({
  id,
  userName,
  name,
  email,
  title,
  department,
  admin,
  externalId,
}: Account) => ({
  id,
  userName,
  ...(name !== undefined && { name }),
  ...(email !== undefined && { email }),
  ...(title !== undefined && { title }),
  ...(department !== undefined && { department }),
  ...(admin !== undefined && { admin }),
  ...(externalId !== undefined && { externalId }),
})

/** A state that a change sets, worded by this server. */
export const serverAlteration = (what: string, before: string | undefined, after: string): Alteration => ({
  what,
  ...(before !== undefined && { before }),
  after,
  from: 'server',
})

/** A value that the agent chose. */
export const agentAlteration = (
  what: string,
  before: FieldValue | undefined,
  after: FieldValue,
): Alteration => {
  const words = (value: FieldValue) => (typeof value === 'string' ? value : JSON.stringify(value))
  return { what, ...(before !== undefined && { before: words(before) }), after: words(after), from: 'agent' }
}
