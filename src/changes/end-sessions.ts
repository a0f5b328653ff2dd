import * as z from 'zod'
import { Account } from '../domain/account.ts'
import type { SessionsShown } from '../domain/operations.ts'
import { named } from '../domain/quoting.ts'
import { accountSummary, serverAlteration } from './briefed.ts'
import { defineChange } from './define.ts'
import { accountIn } from './image.ts'
import { cannotUndo } from './inverse.ts'

const FOR_GOOD = 'Sessions that were ended cannot be given back.'

export const endSessions = defineChange({
  operation: 'endSessions',
  headline: ({ accounts, who }) => ['End every session of ', ...who(accounts)],
  cases: () => [{ when: 'ends sessions', weights: ['removes'] }],
  weighs: () => ['removes'],
  makes: 'nothing',
  sets: () => ({}),
  replaces: () => ({}),
  // Whoever has to sign in again is still an administrator.
  takesAdministrator: () => false,
  privileges: () => [],
  newNames: () => [],
  sentences: ({ accounts }, { title, tenant }) =>
    accounts.map((account) => `End every session of ${named(account)} in ${title}, tenant ${tenant}.`),
  consequence: () => FOR_GOOD,
  reversible: () => false,
  briefing: ({ accounts }) => ({
    accounts: accounts.map((account) => ({
      ...accountSummary(account),
      alters: [serverAlteration('sessions', undefined, 'ended')],
    })),
  }),
  losing: { groups: null, licence: null },
  allOrNothing: () => true,
  async readBack({ ask, accounts: [account], before }, { operations }, context) {
    const now = await operations.readSessions?.({ id: ask.id }, context)
    const problem = problemIn(before, now)
    return { ...(account && { account }), ...(problem && { problem }) }
  },
  readTwin: async () => ({}),

  image: z.object({ account: Account }),
  imageOf: (change) => ({ account: accountIn(change) }),
  // What the account says of itself stays as it was, so later undoing need not mind.
  touches: () => [],
  story: ({ account }) => `it was ${account.status}`,
  inverse: async () => cannotUndo(FOR_GOOD),
})

/** What the app does not show of the end of the sessions; undefined if it shows that they have ended. */
function problemIn(before: SessionsShown | undefined, now: SessionsShown | undefined): string | undefined {
  if (now?.left !== undefined && now.left > 0) return `The app still shows ${now.left} sessions or tokens.`
  if (now?.left === 0) return undefined
  const marked = now?.endedAt !== undefined && before !== undefined && now.endedAt !== before.endedAt
  return marked ? undefined : 'The app does not tell which sessions are left.'
}
