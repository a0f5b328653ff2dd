import type { Operations } from '../../identity/operations.ts'
import type { ScimApp } from './app.ts'
import { findAccounts } from './find.ts'
import { listGroups, readGroup } from './groups.ts'
import { setActive } from './patch.ts'
import { listAccounts, readAccount } from './users.ts'

/** What any app that speaks SCIM 2.0 can be asked to do. */
export const scimOperations = (app: ScimApp) =>
  ({
    findAccounts: ({ user }, errand) => findAccounts(app, user, errand),
    readAccount: ({ id }, errand) => readAccount(app, id, errand),
    listAccounts: (ask, errand) => listAccounts(app, ask, errand),
    listGroups: (ask, errand) => listGroups(app, ask, errand),
    readGroup: ({ group }, errand) => readGroup(app, group, errand),
    deactivateAccount: (target, errand) => setActive(app, target, false, errand),
    reactivateAccount: (target, errand) => setActive(app, target, true, errand),
  }) satisfies Operations
