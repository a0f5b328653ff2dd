import type { FaultKind } from '../faults.ts'
import type { Incoming } from '../http-types.ts'
import { isCreate, isGroups, isPatch, isScim, isUsers, operationsOf, quirk, refuse } from './fault-parts.ts'

/** A fault that refuses one of the two ways to remove a member from a group. */
const memberRemoval = (
  about: string,
  refused: (operation: Record<string, unknown>) => boolean,
): FaultKind => ({
  about,
  when: (incoming) =>
    isPatch(incoming) &&
    isGroups(incoming) &&
    operationsOf(incoming).some((one) => one.op === 'remove' && refused(one)),
  act: () => refuse(400, 'The path of the operation is not supported', 'invalidPath'),
})

const membersIn = (incoming: Incoming): number =>
  operationsOf(incoming).reduce((sum, { value }) => sum + (Array.isArray(value) ? value.length : 1), 0)

const isWrite = (method: string) => method === 'PUT' || method === 'PATCH' || method === 'DELETE'
const MAX_MEMBERS_PER_PATCH = 100

/** Deviations of SCIM services in create, update and delete. */
export const WRITE_FAULTS = {
  'put-unsupported': {
    about: 'Refuses every PUT with 405 (or 501, if set).',
    when: ({ method }) => method === 'PUT',
    status: 405,
    act: (_, __, { status }) => refuse(status, 'PUT is not supported'),
  },
  'formatted-read-only': {
    about: 'Refuses a PATCH of name.formatted with 400.',
    when: (incoming) => isPatch(incoming) && /formatted/.test(incoming.text),
    act: () => refuse(400, 'Attribute name.formatted is readOnly', 'mutability'),
  },
  'put-read-only-refused': {
    about: 'Refuses a PUT of read-only attributes with 400.',
    when: (incoming) =>
      incoming.method === 'PUT' && isUsers(incoming) && /"(meta|groups)":/.test(incoming.text),
    act: () => refuse(400, 'Attribute meta is readOnly', 'mutability'),
  },
  'active-ignored': quirk('active-ignored', 'Reports success for writes of active but ignores them.'),
  'lower-cases': quirk('lower-cases', 'Stores user names in lower case.'),
  'title-lost': quirk('title-lost', 'Every change of a user clears its title.'),
  'create-upsert': quirk('create-upsert', 'Creating an existing user returns it unchanged, with 200.'),
  'create-not-kept': quirk('create-not-kept', 'Answers a create with 201 but creates nothing.'),
  'deactivation-deletes': quirk(
    'deactivation-deletes',
    'Deletes users instead of deactivating them (PagerDuty).',
  ),
  // GitHub Enterprise Managed Users (docs.github.com, "Deprovisioning and reinstating users")
  'deactivation-renames': quirk('deactivation-renames', 'Renames users who are deactivated.'),
  'delete-deactivates': quirk('delete-deactivates', 'Deactivates users instead of deleting them.'),
  'delete-missing-204': {
    about: 'Answers the delete of a missing record with 204.',
    when: ({ method }) => method === 'DELETE',
    async act(incoming, run) {
      const outcome = await run(incoming)
      return typeof outcome === 'object' && outcome.status === 404 ? { status: 204 } : outcome
    },
  },
  'owner-protected': quirk('owner-protected', 'Refuses to deactivate the first user, the owner, with 400.'),
  // Some apps apply the operations of a PATCH one by one, against RFC 7644 §3.5.2.
  'members-one-by-one': quirk('members-one-by-one', 'Adds two members at once, and refuses the rest.'),
  // AWS IAM Identity Center, PagerDuty, monday
  'display-name-required': {
    about: 'Refuses to create users without displayName.',
    when: (incoming) => isCreate(incoming) && isUsers(incoming) && !/"displayName":/.test(incoming.text),
    act: () => refuse(400, 'displayName is required', 'invalidValue'),
  },
  // FusionAuth/fusionauth-issues#2784
  'member-add-drops': quirk('member-add-drops', 'Adding a member drops existing ones beyond the first 100.'),
  'members-too-many': {
    about: `Refuses a change of more than ${MAX_MEMBERS_PER_PATCH} members with 413.`,
    when: (incoming) =>
      isPatch(incoming) && isGroups(incoming) && membersIn(incoming) > MAX_MEMBERS_PER_PATCH,
    act: () => refuse(413, 'Too many members', 'tooMany'),
  },
  'member-remove-filter': memberRemoval(
    'Removes members only by a filter in the path.',
    ({ path }) => !String(path).includes('['),
  ),
  'member-remove-list': memberRemoval('Removes members only by a list of values.', ({ path }) =>
    String(path).includes('['),
  ),
  // Captain-P-Goldfish/SCIM-SDK#746
  'etag-refused': {
    about: 'Answers 412 to every write with If-Match.',
    when: (incoming) =>
      isScim(incoming) && isWrite(incoming.method) && incoming.headers['if-match'] !== undefined,
    act: () => refuse(412, 'Version mismatch'),
  },
} satisfies Record<string, FaultKind>
