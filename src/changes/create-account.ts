import * as z from 'zod'
import { flat } from '../domain/field-diff.ts'
import type { Operations, RequestContext } from '../domain/operations.ts'
import { givesPrivilege } from '../domain/privilege.ts'
import { bare } from '../domain/quoting.ts'
import { inQuotes } from '../text/text.ts'
import { agentAlteration } from './briefed.ts'
import { defineChange, type Observed } from './define.ts'
import { newNamesIn, readFieldsBack, setTo } from './fields.ts'
import { cannotUndo, unchanged } from './inverse.ts'
import { reverseStatus } from './status.ts'

export const createAccount = defineChange({
  operation: 'createAccount',
  verb: 'Create',
  does: () => 'adds',
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
  async readBack({ ask }, { operations }, context) {
    const { userName, email, givenName: _, familyName: __, ...more } = ask.fields
    const seen = await readByName(userName ?? email ?? '', operations, context)
    return seen.account && Object.keys(more).length > 0
      ? readFieldsBack(seen.account.id, more, operations, context)
      : seen
  },
  async readTwin({ ask }, { operations }, context) {
    const { userName, email, externalId } = ask.fields
    // Some apps find an account by one of these names and not by another (langwatch/langwatch#6973).
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

async function readByName(user: string, app: Operations, context: RequestContext): Promise<Observed> {
  const [account, ...others] = (await app.findAccounts?.({ user }, context))?.accounts ?? []
  if (!account) return { problem: 'The app does not show the account.' }
  return others.length === 0 ? { account } : { problem: 'The app shows more than one such account.' }
}
