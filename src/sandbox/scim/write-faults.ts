import type { FaultKind } from '../faults.ts'
import type { Incoming } from '../http-types.ts'
import { isGroups, isPatch, isScim, operationsOf, quirk, refuse } from './fault-parts.ts'

/** A fault that refuses one of the two ways to take somebody out of a group. */
const removal = (about: string, refused: (operation: Record<string, unknown>) => boolean): FaultKind => ({
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
const MOST_MEMBERS = 100

/** Odd ways in which SCIM services change, create and end a record. */
export const WRITE_FAULTS = {
  'put-unsupported': {
    about: 'Refuses every PUT with status 405 (or 501, if told).',
    when: ({ method }) => method === 'PUT',
    status: 405,
    act: (_, __, { status }) => refuse(status, 'PUT is not supported'),
  },
  'active-ignored': quirk('active-ignored', 'Takes writes of active, says well and leaves it as it was.'),
  'lower-cases': quirk('lower-cases', 'Stores user names in lower case.'),
  'create-upsert': quirk('create-upsert', 'Answers the creation of one that exists 200, as it is.'),
  'create-not-kept': quirk('create-not-kept', 'Answers a creation 201 and creates nothing.'),
  'deactivation-deletes': quirk(
    'deactivation-deletes',
    'Deletes whom it is to deactivate, as PagerDuty does.',
  ),
  'delete-deactivates': quirk('delete-deactivates', 'Deactivates whom it is to delete.'),
  'delete-missing-204': {
    about: 'Answers the deletion of nobody 204.',
    when: ({ method }) => method === 'DELETE',
    async act(incoming, run) {
      const outcome = await run(incoming)
      return typeof outcome === 'object' && outcome.status === 404 ? { status: 204 } : outcome
    },
  },
  'owner-protected': quirk('owner-protected', 'Refuses to deactivate the first user, the owner, with 400.'),
  // FusionAuth/fusionauth-issues#2784
  'member-add-drops': quirk('member-add-drops', 'Adding a member drops those beyond the first 100.'),
  'members-too-many': {
    about: `Refuses a change of more than ${MOST_MEMBERS} members with 413.`,
    when: (incoming) => isPatch(incoming) && isGroups(incoming) && membersIn(incoming) > MOST_MEMBERS,
    act: () => refuse(413, 'Too many members', 'tooMany'),
  },
  'member-remove-filter': removal(
    'Takes members out by a filter in the path alone.',
    ({ path }) => !String(path).includes('['),
  ),
  'member-remove-list': removal('Takes members out by a list of them alone.', ({ path }) =>
    String(path).includes('['),
  ),
  // Captain-P-Goldfish/SCIM-SDK#746
  'etag-refused': {
    about: 'Answers 412 to every write that names a version.',
    when: (incoming) =>
      isScim(incoming) && isWrite(incoming.method) && incoming.headers['if-match'] !== undefined,
    act: () => refuse(412, 'Version mismatch'),
  },
} satisfies Record<string, FaultKind>
