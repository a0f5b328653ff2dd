import type { AppOperations, OperationName } from '../../domain/operations.ts'
import { recentGroups } from '../http/recent-groups.ts'
import { singleFlight } from '../http/single-flight.ts'
import { type Capabilities, capabilitiesOf } from './capabilities.ts'
import { createAccount, createGroup } from './create.ts'
import { checkNeeds } from './create-needs.ts'
import { deleteAccount } from './delete.ts'
import { checkFixed, editsFor } from './fields.ts'
import { testFilters } from './filter-tests.ts'
import { findAccounts } from './find.ts'
import { findByName } from './find-by-name.ts'
import { knownForms, type Purpose, REPLACES_ALL } from './forms.ts'
import { listGroups, readGroup, readGroupById } from './groups.ts'
import { knownMemberShape } from './member-shape.ts'
import { updateMembers } from './members.ts'
import { membersShown } from './members-shown.ts'
import { probablyReplaces, resendActive, setActive, updateAccount } from './patch.ts'
import { probeApp } from './probe-app.ts'
import type { ScimApp } from './request.ts'
import { sharedScan } from './shared-scan.ts'
import { userScan } from './user-scan.ts'
import { listAccounts, readAccount, readFields } from './users.ts'

/** What each change of a user is for. */
const PURPOSES: { readonly [Operation in OperationName]?: Purpose } = {
  deactivateAccount: 'status',
  reactivateAccount: 'status',
  updateAccount: 'fields',
}

/** The operations of any SCIM 2.0 app. */
export const scimOperations = (plain: ScimApp) => {
  const known = plain.known ?? capabilitiesOf(plain.memory)
  const { deactivateBy = 'active' } = plain.settings
  const forms = knownForms(plain.memory, plain.mapping)
  const memberShape = knownMemberShape(plain.memory)
  const shown = membersShown(known)
  const recent = recentGroups()
  const { memory, client } = plain
  const scan = userScan(sharedScan(memory.shared, client.sealer, 'scim.userScan'))
  /** The app with everything learned so far, by this process or another. */
  const app = async (): Promise<ScimApp> => {
    const { pageMaximum = Number.POSITIVE_INFINITY } = await known.recall()
    const settings = { ...plain.settings, pageSize: Math.min(plain.settings.pageSize, pageMaximum) }
    const learned = { known, forms, memberShape, membersShown: shown }
    return { ...plain, ...learned, pages: recent.pages, scan, settings, testFilters: testing }
  }
  const testing = singleFlight(async (context) => testFilters(await app(), context))
  /** The app, of which all that was fetched may be outdated now. */
  const changing = (): Promise<ScimApp> => {
    recent.forget()
    return app()
  }
  return {
    findAccounts: async (ask, context) => findAccounts(await app(), ask, context),
    findByName: async ({ name }, context) => findByName(await app(), name, context),
    readAccount: async ({ id }, context) => readAccount(await app(), id, context),
    readFields: async ({ id }, context) => readFields(await app(), id, context),
    listAccounts: async (ask, context) => listAccounts(await app(), ask, context),
    listGroups: async (ask, context) => listGroups(await app(), ask, context),
    readGroup: (ask, context) =>
      recent.read(ask, async () =>
        'id' in ask
          ? readGroupById(await app(), ask.id, context)
          : readGroup(await app(), ask.group, context),
      ),
    async checkWrite({ operation, fields }, context) {
      if (operation === 'updateAccount') checkFixed(plain.mapping ?? {}, fields)
      editsFor(plain.mapping, fields, {})
      if (operation === 'createAccount') await checkNeeds(await app(), fields, context)
      const purpose =
        operation === 'deactivateAccount' && deactivateBy === 'delete' ? undefined : PURPOSES[operation]
      return purpose && (await probablyReplaces(await app(), purpose)) ? [REPLACES_ALL] : []
    },
    deactivateAccount: async (target, context) =>
      deactivateBy === 'delete'
        ? deleteAccount(await changing(), target, context)
        : setActive(await changing(), target, false, context),
    reactivateAccount: async (target, context) => setActive(await changing(), target, true, context),
    createAccount: async ({ fields }, context) => createAccount(await changing(), fields, context),
    updateAccount: async (ask, context) => updateAccount(await changing(), ask, context),
    createGroup: async (ask, context) => createGroup(await changing(), ask, context),
    updateMembers: async (ask, context) => updateMembers(await changing(), ask, context),
    ...(plain.settings.allowDelete && {
      deleteAccount: async (target, context) => deleteAccount(await changing(), target, context),
    }),
    async resend(operation, target, context) {
      if (PURPOSES[operation] !== 'status' || deactivateBy !== 'active') return false
      return resendActive(await changing(), target, operation === 'reactivateAccount', context)
    },
    probeApp: async (_, context) => probeApp({ ...plain, known }, context),
  } satisfies AppOperations
}

/** What to do instead of an operation that the app is known not to offer. */
export const insteadAt =
  ({ deactivateBy, allowDelete }: Pick<ScimApp['settings'], 'deactivateBy' | 'allowDelete'>) =>
  (operation: string): string | undefined => {
    if (deactivateBy !== 'none' || operation !== 'deactivateAccount') return undefined
    return allowDelete
      ? 'The app cannot deactivate accounts over SCIM. A person can do it in its console; delete_user ends the access too, for good.'
      : 'The app cannot deactivate accounts over SCIM. A person can do it in its console.'
  }

const GROUP_OPERATIONS: readonly string[] = ['listGroups', 'readGroup', 'createGroup', 'updateMembers']

/** Whether an app lacks an operation: one that its settings say so of, or groups, once it is known to have none. */
export function lacking(
  known: Capabilities,
  { deactivateBy }: Pick<ScimApp['settings'], 'deactivateBy'> = {},
): (operation: string) => boolean {
  let looked = false
  return (operation) => {
    if (STATUS_OPERATIONS.includes(operation)) return deactivateBy === 'none'
    if (!GROUP_OPERATIONS.includes(operation)) return false
    // This call is synchronous, so capabilities from before the start apply from the second call on.
    if (!looked) void known.recall()
    looked = true
    return known.now.noGroups === true
  }
}

const STATUS_OPERATIONS: readonly string[] = ['deactivateAccount', 'reactivateAccount']
