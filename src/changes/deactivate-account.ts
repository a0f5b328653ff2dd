import * as z from 'zod'
import { Account } from '../domain/account.ts'
import { defineChange } from './define.ts'
import { accountIn } from './image.ts'
import { losesAccess, lostWithAccess, readStatus, reverseStatus, switchSentence } from './status.ts'

export const deactivateAccount = defineChange({
  operation: 'deactivateAccount',
  verb: 'Deactivate',
  does: 'removes',
  weighs: () => 'removes',
  makes: 'nothing',
  sets: () => ({}),
  replaces: () => ({}),
  takesAdministrator: () => true,
  changesPrivilege: () => false,
  newNames: () => [],
  sentences: ({ accounts }, where) =>
    accounts.map((account) => switchSentence('Deactivate', account, where, 'inactive')),
  consequence: (_, facts) =>
    [
      facts.propagationMinutes &&
        `The account's traffic can still pass for up to ${facts.propagationMinutes} minutes.`,
      facts.endsSessions !== 'yes' && 'Sessions at the identity provider are not ended.',
      facts.deactivate === 'deletes' && 'This app deletes deactivated accounts: it cannot be undone.',
      facts.deactivate === 'unknown' && 'It is not known whether this app can undo it.',
    ]
      .filter((text) => text)
      .join(' '),
  reversible: ({ facts }) => (facts.deactivate === 'unknown' ? undefined : facts.deactivate === 'reversible'),
  briefing: ({ accounts }) => ({ accounts: accounts.map((account) => losesAccess(account, 'inactive')) }),
  // The app keeps them with a deactivated account.
  losing: { groups: 'Groups it can no longer use', licence: 'Licence it holds' },
  async readBack(change, { operations, facts }, context) {
    const seen = await readStatus(change, 'inactive', operations, context)
    // Some apps delete deactivated accounts; a missing account is then the expected result.
    return facts.deactivate === 'deletes' && !seen.account ? {} : seen
  },
  readTwin: async () => ({}),

  image: z.object({ account: Account }),
  imageOf: (change) => ({ account: accountIn(change) }),
  touches: () => ['access'],
  story: ({ account }) => `it was ${account.status}`,
  inverse: async (past, { account }, read) =>
    reverseStatus(
      past,
      {
        userName: account.userName,
        was: account.status,
        became: 'inactive',
        left: (now) => lostWithAccess(account, now),
        stays: 'Sessions that ended stay ended.',
      },
      await read.account(past.subject.id),
    ),
})
