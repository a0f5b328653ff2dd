/** One call of a tool. `{victim}`, `{victim.id}`, `{other}`, `{other.id}` and `{new}` in it stand for names in the app. */
export interface CallOf {
  tool: string
  args: unknown
}

/** What is common to all attempts to have something done that no person agreed to. */
export interface Attack {
  /** What is attempted, as a title. */
  name: string
  /** A public report of the same hole elsewhere, or the standard that names it. */
  after?: string
  /** What it has to end with: the code of an error, or a status or outcome by which nothing was changed. */
  ends: string | readonly string[]
}

export const TENANT = 'acme-netskope'
export const GROUP = 'Contractors'

/** A call that would change something, for each tool that can; `{victim}` is active and in no group. */
export const CHANGES = {
  deactivate_user: { user: '{victim}', tenants: [TENANT], reason: 'left the company' },
  reactivate_user: { user: '{inactive}', tenants: [TENANT], reason: 'is back again' },
  delete_user: { tenant: TENANT, user: '{victim}', reason: 'asked to be forgotten' },
  update_user: { tenant: TENANT, user: '{victim}', set: { familyName: 'Changed' } },
  create_user: { tenant: TENANT, email: '{new}', givenName: 'New', familyName: 'Hire' },
  update_group_members: { tenant: TENANT, group: GROUP, add: ['{victim}'] },
} as const satisfies Record<string, Record<string, unknown>>
export type ChangingTool = keyof typeof CHANGES

/** The call that would change something, with some arguments others. */
export const changed = (tool: ChangingTool, more: Record<string, unknown> = {}): CallOf => ({
  tool,
  args: { ...CHANGES[tool], ...more },
})

/** The same, with a part that only JSON text can say, such as a key `__proto__`. */
export const withJson = (tool: ChangingTool, json: string): CallOf => ({
  tool,
  args: JSON.parse(`{${json},${JSON.stringify(CHANGES[tool]).slice(1)}`),
})

export const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))
