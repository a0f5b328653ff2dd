import type { Operations } from '../../domain/operations.ts'
import { recentGroups } from '../http/recent-groups.ts'
import { changing } from '../records/changing.ts'
import { recordReads } from '../records/reads.ts'
import { readAccess } from './access.ts'
import { accountWrites, checkAccounts } from './accounts.ts'
import { readAssignment } from './assignments.ts'
import { checkGroup, createGroup, updateMembers } from './group-writes.ts'
import { listGroups, readGroup } from './groups.ts'
import { pullAudit } from './logs.ts'
import { profileOf } from './profile.ts'
import type { OktaSettings } from './settings.ts'
import { type OktaApp, oktaUsers } from './users.ts'

/** The operations on users, groups and the log of an organisation. */
export function oktaOperations(app: OktaApp, { deactivateMeans, provisions }: OktaSettings) {
  const recent = recentGroups()
  return {
    ...recordReads(oktaUsers(app)),
    readAccess: ({ id }, context) => readAccess(app, id, context),
    ...(provisions && { readAssignment: (asked, context) => readAssignment(app, asked, context) }),
    async checkWrite({ fields, group, ...asked }, context) {
      profileOf(fields, app.externalIdAttribute)
      return [
        ...checkAccounts(asked, deactivateMeans),
        ...(group ? await checkGroup(app, group.id, context) : []),
      ]
    },
    listGroups: (asked, context) => listGroups(app, recent.pages, asked, context),
    readGroup: (asked, context) => recent.read(asked, () => readGroup(app, asked, context)),
    pullAudit: (asked, context) => pullAudit(app, asked, context),
    ...changing(recent, {
      ...accountWrites(app, deactivateMeans),
      createGroup: (asked, context) => createGroup(app, asked, context),
      updateMembers: (asked, context) => updateMembers(app, asked, context),
    }),
  } satisfies Operations
}
