import * as z from 'zod'
import { Account } from '../domain/account.ts'
import { accountSummary, serverAlteration } from './briefed.ts'
import { defineChange } from './define.ts'
import { accountIn } from './image.ts'
import { GIVES_BACK, lostWithAccess, readStatus, reverseStatus, switchSentence } from './status.ts'

export const reactivateAccount = defineChange({
  operation: 'reactivateAccount',
  headline: ({ accounts, who }) => ['Reactivate ', ...who(accounts)],
  cases: () => [{ when: 'reactivates an account', weights: GIVES_BACK }],
  weighs: () => GIVES_BACK,
  makes: 'nothing',
  sets: () => ({}),
  replaces: () => ({}),
  takesAdministrator: () => false,
  privileges: () => [],
  newNames: () => [],
  sentences: ({ accounts }, where) =>
    accounts.map((account) => switchSentence('Reactivate', account, where, 'active')),
  consequence: (_, { propagationMinutes }) =>
    propagationMinutes ? `It may take up to ${propagationMinutes} minutes to take effect everywhere.` : '',
  reversible: () => true,
  briefing: ({ accounts }) => ({
    accounts: accounts.map((account) => ({
      ...accountSummary(account),
      alters: [serverAlteration('status', account.status, 'active')],
    })),
  }),
  losing: { groups: null, licence: null },
  allOrNothing: () => true,
  readBack: (change, { operations }, context) => readStatus(change, 'active', operations, context),
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
        became: 'active',
        left: (now) => lostWithAccess(account, now),
        stays: '',
      },
      await read.account(past.subject.id),
    ),
})
