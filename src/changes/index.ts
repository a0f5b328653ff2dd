import type { Change, ChangeName } from '../domain/change.ts'
import { createAccount } from './create-account.ts'
import { createGroup } from './create-group.ts'
import { deactivateAccount } from './deactivate-account.ts'
import type { BeforeImage, ChangeKind } from './define.ts'
import { deleteAccount } from './delete-account.ts'
import { endSessions } from './end-sessions.ts'
import type { Recalled } from './inverse.ts'
import { reactivateAccount } from './reactivate-account.ts'
import { updateAccount } from './update-account.ts'
import { updateMembers } from './update-members.ts'

/** All kinds of change; a missing one does not compile. */
export const kinds: { readonly [Name in ChangeName]: ChangeKind<Name> } = {
  createAccount,
  createGroup,
  deactivateAccount,
  deleteAccount,
  endSessions,
  reactivateAccount,
  updateAccount,
  updateMembers,
}

/** The kind of a change. */
export const kindOf = <Name extends ChangeName>(change: Change<Name>): ChangeKind<Name> =>
  kinds[change.operation]

const isKind = (name: string): name is ChangeName => Object.hasOwn(kinds, name)

/** The kind with this name, without the parts that need a change; undefined for an operation that only reads. */
export const kindNamed = (
  name: string,
): Pick<ChangeKind, 'cases' | 'headline' | 'makes' | 'losing'> | undefined =>
  isKind(name) ? kinds[name] : undefined

/** What a write did, in words, as far as the journal kept it. */
export const storyOf = (before: (BeforeImage & { cut?: true }) | undefined): string =>
  (before && !before.cut && recalled(before)?.story) || ''

const GROUP_KINDS: readonly string[] = ['createGroup', 'updateMembers']
const GROUP_TOOLS: readonly string[] = ['create_group', 'update_group_members']

/** Whether a write was to a group. What was never sent has the name of its tool alone. */
export const isOfGroup = ({ before, tool }: { before?: BeforeImage; tool: string }): boolean =>
  before === undefined ? GROUP_TOOLS.includes(tool) : GROUP_KINDS.includes(before.operation)

/** Restores a before-image from the journal; undefined if that is not possible. */
export const recalled = (before: BeforeImage): Recalled | undefined =>
  isKind(before.operation) ? kinds[before.operation].recall(before) : undefined
