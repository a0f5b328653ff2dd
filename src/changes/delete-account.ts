import * as z from 'zod'
import { Account } from '../domain/account.ts'
import type { Facts } from '../domain/facts.ts'
import { named } from '../domain/quoting.ts'
import { inQuotes } from '../text/text.ts'
import { defineChange } from './define.ts'
import { accountIn } from './image.ts'
import { cannotUndo } from './inverse.ts'
import { losesAccess, lostWithAccess, reverseStatus, staysOpen } from './status.ts'

const DELETION_MEANS: Record<Facts['delete'], string> = {
  hard: 'It cannot be undone: the record, its groups and what the app keeps under it are lost.',
  soft: 'The app keeps the record for a while; its console shows whether it can be restored.',
  deactivates: 'This app does not delete: the account is deactivated.',
  unlinks: 'The account is unlinked from the directory and deactivated.',
  unknown: 'It is not known what this app does on deletion; assume that it cannot be undone.',
}

/** Whether the record stays, without access, so that an inactive account is the expected result. */
export const keepsAccount = (facts: Facts): boolean =>
  facts.delete === 'deactivates' || facts.delete === 'unlinks'

const DELETES = ['deletes', 'removes'] as const

export const deleteAccount = defineChange({
  operation: 'deleteAccount',
  headline: ({ accounts, who }) => ['Delete ', ...who(accounts)],
  cases: () => [{ when: 'deletes an account', weights: DELETES }],
  weighs: () => DELETES,
  makes: 'nothing',
  sets: () => ({}),
  replaces: () => ({}),
  takesAdministrator: () => true,
  privileges: () => [],
  newNames: () => [],
  sentences: ({ accounts }, { title, tenant }) =>
    accounts.flatMap((account) => {
      const { groups = [], licence } = account
      const lost = groups.map((group) => inQuotes(group))
      return [
        `DELETE the account of ${named(account)} in ${title}, tenant ${tenant}.`,
        ...(lost.length > 0 ? [`Groups lost: ${lost.join(', ')}.`] : []),
        ...(licence ? [`Licence freed: ${inQuotes(licence)}.`] : []),
      ]
    }),
  consequence: (_, facts) =>
    [DELETION_MEANS[facts.delete], facts.caveats?.delete, staysOpen(facts)].filter((text) => text).join(' '),
  reversible: ({ facts }) =>
    facts.delete === 'hard' ? false : facts.delete === 'deactivates' ? true : undefined,
  briefing: ({ accounts }) => ({ accounts: accounts.map((account) => losesAccess(account, 'deleted')) }),
  losing: { groups: 'Groups lost', licence: 'Licence freed' },
  allOrNothing: () => true,
  async readBack({ ask }, { operations, facts }, context) {
    const account = await operations.readAccount?.({ id: ask.id }, context)
    if (!account) return {}
    if (account.status !== 'inactive') {
      return { account, problem: `The app still shows the account, as ${account.status}.` }
    }
    return keepsAccount(facts)
      ? { account, kept: true }
      : { account, kept: true, problem: 'It still keeps the account, as inactive.' }
  },
  readTwin: async () => ({}),

  image: z.object({ account: Account }),
  imageOf: (change) => ({ account: accountIn(change) }),
  touches: () => ['access'],
  story: ({ account }) => `it was ${account.status}`,
  async inverse(past, { account }, read) {
    const now = await read.account(past.subject.id)
    // An app that only deactivated the account still shows it.
    if (!now) return cannotUndo('A deletion cannot be undone.')
    const { userName, status } = account
    const left = (shown: Account) => lostWithAccess(account, shown)
    const stays = 'Sessions that ended stay ended.'
    return reverseStatus(past, { userName, was: status, became: 'inactive', left, stays }, now)
  },
})
