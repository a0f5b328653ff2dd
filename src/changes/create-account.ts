import * as z from 'zod'
import { flat } from '../domain/field-diff.ts'
import type { Operations, RequestContext } from '../domain/operations.ts'
import { givesPrivilege } from '../domain/privilege.ts'
import { bare } from '../domain/quoting.ts'
import { inQuotes } from '../text/text.ts'
import { chosen } from './briefed.ts'
import { defineChange, type Look } from './define.ts'
import { newNamesIn, readFieldsBack, setTo } from './fields.ts'
import { cannot, stays } from './inverse.ts'
import { reverseStatus } from './status.ts'

export const createAccount = defineChange({
  operation: 'createAccount',
  verb: 'Create',
  does: 'adds',
  weighs: () => 'adds',
  makes: 'account',
  sets: ({ ask }) => ask.fields,
  replaces: () => ({}),
  takesAdministrator: () => false,
  changesPrivilege: ({ ask }) => ask.fields.admin === true || givesPrivilege(ask.fields),
  newNames: ({ subject, ask }) => newNamesIn(subject.userName, ask.fields),
  sentences({ ask: { fields } }, { title, tenant }) {
    const { userName, email = userName ?? '', givenName, familyName, ...more } = fields
    const name = [givenName, familyName].filter((part) => part).join(' ')
    return [
      `Create an account for ${inQuotes(name, 401)} (${bare(email)}) in ${title}, tenant ${tenant}.`,
      ...Object.entries(flat({ ...(userName !== email && { userName }), ...more })).map(([field, value]) =>
        setTo(field, value),
      ),
    ]
  },
  consequence: () => '',
  // The record may stay, but the access that it gives can be taken back.
  reversible: ({ operations }) => (operations.deactivateAccount ? true : undefined),
  briefing: ({ subject, ask }) => ({
    accounts: [
      {
        userName: subject.userName,
        alters: Object.entries(flat(ask.fields)).map(([what, after]) => chosen(what, undefined, after)),
      },
    ],
  }),
  losing: { groups: null, licence: null },
  async readBack({ ask }, { operations }, context) {
    const { userName, email, givenName: _, familyName: __, ...more } = ask.fields
    const seen = await readByName(userName ?? email ?? '', operations, context)
    return seen.account && Object.keys(more).length > 0
      ? readFieldsBack(seen.account.id, more, operations, context)
      : seen
  },
  async readTwin({ ask }, { operations }, context) {
    const { userName, email, externalId } = ask.fields
    // Some apps find nobody by the one who can be found by the other (langwatch/langwatch#6973).
    for (const user of new Set([userName, email, externalId])) {
      const seen = user === undefined ? {} : await readByName(user, operations, context)
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
    if (id === 'new') return cannot('Which account was made is not known.')
    return reverseStatus(
      past,
      {
        userName,
        was: 'inactive',
        became: 'active',
        already: stays('It is inactive; the account itself stays.'),
        left: () => [],
        stays: 'The account itself stays, and an invitation that the app sent is not called back.',
      },
      await read.account(id),
    )
  },
})

async function readByName(user: string, app: Operations, context: RequestContext): Promise<Look> {
  const [account, ...others] = (await app.findAccounts?.({ user }, context)) ?? []
  if (!account) return { problem: 'The app does not show the account.' }
  return others.length === 0 ? { account } : { problem: 'The app shows more than one such account.' }
}
