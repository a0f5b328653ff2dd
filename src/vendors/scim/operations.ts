import type { Operations } from '../../domain/operations.ts'
import { hasNoGroups, type Known, knownOf } from './capabilities.ts'
import { createAccount, createGroup } from './create.ts'
import { deleteAccount } from './delete.ts'
import { editsFor } from './fields.ts'
import { findAccounts } from './find.ts'
import { listGroups, readGroup } from './groups.ts'
import { updateMembers } from './members.ts'
import { setActive, updateAccount } from './patch.ts'
import { probeApp } from './probe-app.ts'
import type { ScimApp } from './request.ts'
import { listAccounts, readAccount, readFields } from './users.ts'

/** What any app that speaks SCIM 2.0 can be asked to do. */
export const scimOperations = (plain: ScimApp) => {
  const known = plain.known ?? knownOf(plain.memory)
  /** The app with all that is known of it by now, by this process or another. */
  const app = async (): Promise<ScimApp> => {
    const { pageMaximum = Number.POSITIVE_INFINITY } = await known.recall()
    const settings = { ...plain.settings, pageSize: Math.min(plain.settings.pageSize, pageMaximum) }
    return { ...plain, known, settings }
  }
  return {
    findAccounts: async ({ user }, errand) => findAccounts(await app(), user, errand),
    readAccount: async ({ id }, errand) => readAccount(await app(), id, errand),
    readFields: async ({ id }, errand) => readFields(await app(), id, errand),
    listAccounts: async (ask, errand) => listAccounts(await app(), ask, errand),
    listGroups: async (ask, errand) => listGroups(await app(), ask, errand),
    readGroup: async ({ group }, errand) => readGroup(await app(), group, errand),
    checkWrite: async ({ fields }) => void editsFor(plain.ways, fields, {}),
    deactivateAccount: async (target, errand) => setActive(await app(), target, false, errand),
    reactivateAccount: async (target, errand) => setActive(await app(), target, true, errand),
    createAccount: async ({ fields }, errand) => createAccount(await app(), fields, errand),
    updateAccount: async (ask, errand) => updateAccount(await app(), ask, errand),
    createGroup: async (ask, errand) => createGroup(await app(), ask, errand),
    updateMembers: async (ask, errand) => updateMembers(await app(), ask, errand),
    ...(plain.settings.allowDelete && {
      deleteAccount: async (target, errand) => deleteAccount(await app(), target, errand),
    }),
    probeApp: async (_, errand) => probeApp({ ...plain, known }, errand),
  } satisfies Operations
}

const ON_GROUPS = ['listGroups', 'readGroup', 'createGroup', 'updateMembers'] as const

/** The operations without those on groups, from when it is known that the app has none. */
export function withoutAbsentGroups(operations: Operations, known: Known): Operations {
  let looked = false
  const offered = (name: (typeof ON_GROUPS)[number]): PropertyDescriptor => ({
    enumerable: true,
    get() {
      // What was learned before this start shows from the second look on: a look can't wait.
      if (!looked) void known.recall()
      looked = true
      return hasNoGroups(known.now) ? undefined : operations[name]
    },
  })
  return Object.defineProperties(
    { ...operations },
    Object.fromEntries(ON_GROUPS.map((name) => [name, offered(name)])),
  )
}
