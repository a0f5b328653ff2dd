import * as z from 'zod'
import { Account } from '../domain/account.ts'
import type { Facts } from '../domain/facts.ts'
import { bare, named } from '../domain/quoting.ts'
import { defineChange } from './define.ts'
import { accountIn } from './image.ts'
import {
  losesAccess,
  lostWithAccess,
  readStatus,
  reverseStatus,
  staysOpen,
  switchSentence,
  takesAccess,
} from './status.ts'

const DEACTIVATION_MEANS: Record<Facts['deactivate'], string> = {
  reversible: '',
  deletes: 'This app deletes deactivated accounts: it cannot be undone.',
  unknown: 'It is not known what this app does with deactivated accounts: it may delete them for good.',
}

function effects({ deactivate, caveats }: Facts): string[] {
  const known = caveats?.deactivate
  if (known === undefined) return [DEACTIVATION_MEANS[deactivate]]
  return [deactivate === 'unknown' ? 'It may be impossible to undo.' : DEACTIVATION_MEANS[deactivate], known]
}

const SEAT: Record<NonNullable<Facts['freesSeat']>, string> = {
  yes: 'It gives the seat back.',
  no: 'It does not give the seat back.',
  unknown: '',
}

export const deactivateAccount = defineChange({
  operation: 'deactivateAccount',
  headline: ({ accounts, who }) => ['Deactivate ', ...who(accounts)],
  cases: (facts) => [{ when: 'deactivates an account', weights: takesAccess(facts) }],
  weighs: (_, facts) => takesAccess(facts),
  makes: 'nothing',
  sets: () => ({}),
  replaces: () => ({}),
  takesAdministrator: () => true,
  privileges: () => [],
  newNames: () => [],
  sentences: ({ accounts }, where) =>
    accounts.map((account) =>
      where.owner === undefined
        ? switchSentence('Deactivate', account, where, 'inactive')
        : `Give ${bare(where.owner)} the task to deactivate ${named(account)} by hand in ${where.title}, tenant ${where.tenant}.`,
    ),
  consequence: (_, facts) =>
    [staysOpen(facts), ...effects(facts), SEAT[facts.freesSeat ?? 'unknown']]
      .filter((text) => text)
      .join(' '),
  reversible: ({ facts }) => (facts.deactivate === 'unknown' ? undefined : facts.deactivate === 'reversible'),
  briefing: ({ accounts }) => ({ accounts: accounts.map((account) => losesAccess(account, 'inactive')) }),
  // The app keeps them with a deactivated account.
  losing: { groups: 'Groups it can no longer use', licence: 'Licence it holds' },
  allOrNothing: () => true,
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
