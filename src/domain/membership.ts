import type { Account, Group } from './account.ts'
import { emailsOf } from './correlate.ts'
import { amongIds, comparable } from './same.ts'

/** Who is in a group or not, as far as their names are known. */
type Somebody = Pick<Account, 'id' | 'userName'> &
  Partial<Pick<Account, 'email' | 'otherEmails' | 'externalId'>>
type Members = Pick<Group, 'members' | 'unreadableMembers'>

/**
 * Whether somebody is a member of the group itself. Undefined where the app does not tell: it shows no members, or some that
 * cannot be read, or one by a name of theirs and another id.
 */
export function membershipIn({
  members,
  unreadableMembers = 0,
}: Members): (who: Somebody) => boolean | undefined {
  if (!members) return () => undefined
  const hasId = amongIds(members.map(({ id }) => id))
  const named = new Set(members.flatMap(({ id, userName = id }) => [comparable(id), comparable(userName)]))
  return (who) => {
    if (hasId(who.id)) return true
    const names = [who.userName, who.externalId, ...emailsOf(who)].filter((name) => name !== undefined)
    return unreadableMembers > 0 || names.some((name) => named.has(comparable(name))) ? undefined : false
  }
}

/** The ids of the members, where it is known of each of these people whether they are among them. */
export function knownInside(group: Members, people: readonly Somebody[]): string[] | undefined {
  const isIn = membershipIn(group)
  return people.some((one) => isIn(one) === undefined) ? undefined : group.members?.map(({ id }) => id)
}
