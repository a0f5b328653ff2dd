import type { Operations, RequestContext, Target } from '../../domain/operations.ts'
import { Refused } from '../../errors.ts'
import { path } from '../http/client.ts'
import { recentGroups } from '../http/recent-groups.ts'
import { asWord, type Rec } from '../http/values.ts'
import { changing } from '../records/changing.ts'
import { recordReads } from '../records/reads.ts'
import { mustBeTarget } from '../records/target.ts'
import { readAccess } from './access.ts'
import { type AdministratorRules, checkAccount, checkRecord } from './administrators.ts'
import { mustAsk } from './api.ts'
import { checkNew, createAccount } from './create.ts'
import { checkFields, patchFor } from './edit.ts'
import { listGroups, readGroup, updateMembers } from './groups.ts'
import { STATE } from './record.ts'
import { googleSessions } from './sessions.ts'
import { type GoogleApp, googleUsers, userWithId } from './users.ts'

/** The operations on users and groups of a Workspace. */
export function googleOperations(app: GoogleApp, rules: AdministratorRules) {
  const sessions = googleSessions(app)
  const recent = recentGroups()
  /** The user as it is now, right before a change. */
  const current = async (target: Target, context: RequestContext): Promise<Rec> => {
    const found = await userWithId(app, target.id, context)
    const raw = mustBeTarget(found, target, ({ primaryEmail }) => asWord(primaryEmail))
    await checkRecord(rules, app, raw, context)
    return raw
  }
  /** Changes a user as it is now. What is not in the body stays (developers.google.com, "users.patch"). */
  const patch = async (target: Target, body: (raw: Rec) => Rec, context: RequestContext) => {
    const raw = await current(target, context)
    const at = path`/admin/directory/v1/users/${target.id}`
    await mustAsk(app, 'admin.directory.user', { method: 'PATCH', path: at, body: body(raw) }, context)
  }

  return {
    ...recordReads(googleUsers(app)),
    listGroups: (asked, context) => listGroups(app, recent.pages, asked, context),
    readGroup: (asked, context) => recent.read(asked, () => readGroup(app, asked, context)),
    readAccess: ({ id }, context) => readAccess(app, id, context),
    async readSessions({ id }, context) {
      const left = await sessions.left(id, context)
      return left === undefined ? {} : { left }
    },
    async checkWrite({ operation, accounts, fields }, context) {
      checkFields(fields)
      if (operation === 'createAccount') return checkNew(app, fields, context)
      // Who is in a group is no change of the account.
      if (operation !== 'updateMembers') for (const account of accounts) checkAccount(rules, account)
      if (
        operation === 'reactivateAccount' &&
        accounts.some(({ custom }) => custom?.[STATE] === 'ARCHIVED')
      ) {
        throw new Refused(
          'The account is archived, not suspended.',
          'Unarchive it, which takes a licence: Admin console, Directory > Users > the user > More options.',
        )
      }
      return []
    },
    ...changing(recent, {
      createAccount: ({ fields }, context) => createAccount(app, fields, app.externalIdType, context),
      endSessions: async (target, context) => {
        await current(target, context)
        await sessions.end(target.id, context)
      },
      deactivateAccount: (target, context) => patch(target, () => ({ suspended: true }), context),
      reactivateAccount: (target, context) => patch(target, () => ({ suspended: false }), context),
      updateAccount: ({ set, ...target }, context) =>
        patch(target, (raw) => patchFor(set, raw, app.externalIdType), context),
      updateMembers: (asked, context) => updateMembers(app, asked, context),
    }),
  } satisfies Operations
}
