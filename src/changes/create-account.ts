import * as z from 'zod'
import { flat } from '../domain/field-diff.ts'
import type { AccountFields, Operations, RequestContext } from '../domain/operations.ts'
import { accessWeights, privilegesIn } from '../domain/privilege.ts'
import { bare } from '../domain/quoting.ts'
import { sameAddress, sameUserName } from '../domain/same.ts'
import { inQuotes, sameText } from '../text/text.ts'
import { agentAlteration } from './briefed.ts'
import { defineChange, type Observed } from './define.ts'
import { newNamesIn, notShown, setTo } from './fields.ts'
import { cannotUndo, unchanged } from './inverse.ts'
import { reverseStatus } from './status.ts'

export const createAccount = defineChange({
  operation: 'createAccount',
  headline: ({ accounts, who }) => ['Create an account for ', ...who(accounts)],
  cases: () => [
    { when: 'makes a plain account', weights: ['adds'] },
    { when: 'makes one with a role, a licence or other rights', weights: ['gives', 'adds'] },
  ],
  weighs: ({ ask }, facts) => [
    ...new Set(accessWeights({ ...ask.fields, admin: ask.fields.admin || undefined }, undefined, facts)),
    'adds',
  ],
  makes: 'account',
  sets: ({ ask }) => ask.fields,
  replaces: () => ({}),
  takesAdministrator: () => false,
  privileges: ({ ask: { fields } }) => privilegesIn({ ...fields, admin: fields.admin || undefined }),
  newNames: ({ subject, ask }) => newNamesIn(subject.userName, ask.fields),
  sentences({ ask: { fields } }, { title, tenant }) {
    const { userName, email = userName ?? '', givenName, familyName, ...more } = fields
    const name = nameOf(fields)
    return [
      `Create an account for ${inQuotes(name, 401)} (${bare(email)}) in ${title}, tenant ${tenant}.`,
      ...Object.entries(flat({ ...(userName !== email && { userName }), ...more })).map(([field, value]) =>
        setTo(field, value),
      ),
    ]
  },
  consequence: () => '',
  // The record may stay, but the access that it gives can be removed again.
  reversible: ({ operations }) => (operations.deactivateAccount ? true : undefined),
  briefing: ({ subject, ask }) => ({
    accounts: [
      {
        userName: subject.userName,
        alters: Object.entries(flat(ask.fields)).map(([what, after]) =>
          agentAlteration(what, undefined, after),
        ),
      },
    ],
  }),
  losing: { groups: null, licence: null },
  allOrNothing: () => true,
  async readBack({ ask }, { operations }, context, created) {
    const { userName, email, givenName, familyName, ...more } = ask.fields
    const seen = created === undefined ? await readByName(userName ?? email ?? '', operations, context) : {}
    const id = created ?? seen.account?.id
    if (id === undefined) return seen
    const read = await operations.readFields?.({ id }, context)
    if (!read) return { problem: 'The app does not show the account.' }
    const { account, fields } = read
    const isMeant = [account.userName, account.email].some(
      (name) => sameUserName(name, userName) || sameAddress(name, email),
    )
    // Whoever takes it for the new one adds somebody else to groups, or deactivates them by an undo.
    if (!isMeant) {
      const problem = `The app answered with the account ${bare(account.userName)}, which may be another person's.`
      return { problem }
    }
    // An app that tells no emails has the address as user name.
    const emails = [account.email, ...(account.otherEmails ?? [])].filter((one) => one !== undefined)
    const isReached =
      emails.length === 0
        ? sameUserName(account.userName, email)
        : emails.some((one) => sameAddress(one, email))
    if (email !== undefined && !isReached)
      return { account, problem: 'The app does not show the new email; it may have ignored it.' }
    // Some apps make the user name themselves, and nobody finds the account by the one that was asked for.
    if (userName !== undefined && !sameUserName(account.userName, userName))
      return { account, problem: 'The app shows another user name.' }
    // Some apps answer a creation with an account that is there already (snipe/snipe-it#13854), and some tell no parts of names.
    const names = {
      ...(givenName !== undefined && { givenName }),
      ...(familyName !== undefined && { familyName }),
    }
    const shown = sameText(account.name, nameOf(ask.fields)) ? { ...names, ...fields } : fields
    return { account, ...notShown({ ...more, ...names }, shown) }
  },
  async readTwin({ ask }, { operations }, context) {
    // Some apps find an account by one of these names and not by another (langwatch/langwatch#6973).
    for (const user of namesToLookUp(ask.fields)) {
      const seen = await readByName(user, operations, context)
      if (seen.account) return seen
    }
    return {}
  },

  image: z.object({}),
  imageOf: () => ({}),
  touches: () => ['access'],
  story: () => '',
  async inverse(past, _, read) {
    const { id, userName } = past.subject
    if (id === 'new') return cannotUndo('It is not known which account was created.')
    return reverseStatus(
      past,
      {
        userName,
        was: 'inactive',
        became: 'active',
        already: unchanged('It is inactive; the account itself stays.'),
        left: () => [],
        stays: 'The account itself stays, and an invitation that the app sent is not revoked.',
      },
      await read.account(id),
    )
  },
})

const nameOf = ({ givenName, familyName }: AccountFields): string =>
  [givenName, familyName].filter((part) => part).join(' ')

/** Each name of a new account by which it may exist already, once. */
export const namesToLookUp = ({ userName, email, externalId }: AccountFields): string[] => {
  const names = [userName, email, externalId].filter((name) => name !== undefined)
  return names.filter((name, index) => names.findIndex((other) => sameUserName(name, other)) === index)
}

async function readByName(user: string, app: Operations, context: RequestContext): Promise<Observed> {
  const [account, ...others] = (await app.findAccounts?.({ user }, context))?.accounts ?? []
  if (!account) return { problem: 'The app does not show the account.' }
  return others.length === 0 ? { account } : { problem: 'The app shows more than one such account.' }
}
