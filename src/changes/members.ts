import * as z from 'zod'
import type { Account, Group } from '../domain/account.ts'
import type { Alteration, Words } from '../domain/briefing.ts'
import type { Facts } from '../domain/facts.ts'
import { knownInside, membershipIn } from '../domain/membership.ts'
import { bare } from '../domain/quoting.ts'
import { sameUserName } from '../domain/same.ts'
import { serverAlteration } from './briefed.ts'
import type { Headlined } from './define.ts'
import {
  type AppReader,
  CHANGED_AGAIN,
  cannotUndo,
  NOT_SHOWN,
  nothingRestored,
  type PastChange,
  RENAMED,
  type Reversal,
  touchedSince,
  unchanged,
} from './inverse.ts'

/** A user in a group or out of it; `was` is absent if the app did not show it. */
const Member = z.lazy(() =>
  z.object({
    id: z.string(),
    userName: z.string(),
    was: z.enum(['in', 'out']).optional(),
    became: z.enum(['in', 'out']),
  }),
)
export type KeptMember = z.infer<typeof Member>

export const Members = z.array(Member)

/** "ada@example.com, grace@example.com", each quoted where it could be misread. */
export const namesOf = (people: readonly { userName: string }[]): string =>
  people.map(({ userName }) => bare(userName)).join(', ')

/** How late an app's policies follow a group; can be empty. */
export const policiesFollow = ({ propagationMinutes }: Facts): string =>
  propagationMinutes ? `Policies follow a change of a group after up to ${propagationMinutes} minutes.` : ''

const IN = 'in the group'
const OUT = 'not in the group'

export const membership = (before: boolean | undefined, after: boolean): Alteration => {
  const words = (isIn: boolean) => (isIn ? IN : OUT)
  return serverAlteration('membership', before === undefined ? undefined : words(before), words(after))
}

/** Who comes into the group, and who leaves it. */
export function membershipHeadline({ group, accounts, who }: Headlined): Words {
  const leave = accounts.filter(({ alters }) => alters.some(({ after }) => after === OUT))
  const join = accounts.filter((account) => !leave.includes(account))
  const name = { theirs: group?.name ?? '' }
  if (leave.length === 0) return ['Add ', ...who(join), ' to ', name]
  if (join.length === 0) return ['Take ', ...who(leave), ' out of ', name]
  return ['Add ', ...who(join), ' to ', name, ' and take ', ...who(leave), ' out of it']
}

export const storyOf = (members: readonly KeptMember[]): string =>
  members.map(({ userName, was, became }) => `${userName}: ${was ?? 'not known'} → ${became}`).join(', ')

export const touchedMembers = (members: readonly KeptMember[]) =>
  members.map(({ id }) => `member ${id}` as const)

/** What a write did to the members of a group. */
interface MembershipChange {
  members: readonly KeptMember[]
  /** Whether the write created the group. */
  made: boolean
}

/** Reads the group and the members whose membership differs from before, and reverses the write. */
export async function readAndReverse(
  past: PastChange,
  image: MembershipChange,
  read: AppReader,
): Promise<Reversal> {
  const { id } = past.subject
  const found = id === 'new' ? undefined : await read.group(id)
  // Never another group, such as one whose name equals this id.
  const group = found?.id === id ? found : undefined
  const people = group?.members ? differingMembers(image.members, group) : []
  const accounts = await Promise.all(people.map((one) => read.account(one.id)))
  return reverseMembers(
    past,
    image,
    group,
    accounts.filter((one) => one !== undefined),
  )
}

/** The members whose membership differs from before, as far as that is known. */
const differingMembers = (members: readonly KeptMember[], group: Group): KeptMember[] =>
  members.filter(
    (member) => member.was === undefined || membershipIn(group)(member) !== (member.was === 'in'),
  )

/** Reverses additions and removals; `accounts` are those of the differing members, as the app shows them. */
function reverseMembers(
  past: PastChange,
  { members, made }: MembershipChange,
  group: Group | undefined,
  accounts: readonly Account[],
): Reversal {
  if (made && past.subject.id === 'new') return cannotUndo('It is not known which group was created.')
  if (!group) return NOT_SHOWN
  if (made && members.length === 0) return cannotUndo('No call deletes a group.')
  if (!group.members) return cannotUndo('The app does not show who is in the group.')
  const apart: string[] = []
  const back: { account: Account; to: KeptMember['became'] }[] = []
  for (const { id, userName, was } of differingMembers(members, group)) {
    const account = accounts.find((one) => one.id === id)
    if (was === undefined) apart.push(`${userName}: whether it was in the group is not known`)
    else if (!account) apart.push(`${userName}: the app no longer shows it`)
    else if (touchedSince(past, `member ${id}`)) apart.push(`${userName}: ${CHANGED_AGAIN}`)
    else if (!sameUserName(account.userName, userName)) apart.push(`${userName}: ${RENAMED}`)
    else back.push({ account, to: was })
  }
  if (back.length === 0 && apart.length === 0 && made) {
    return unchanged('None of the added members are in it; the group itself stays.')
  }
  if (back.length === 0) return nothingRestored(apart)
  const targets = (to: KeptMember['became']) =>
    back.flatMap(({ account: { id, userName }, to: wanted }) => (wanted === to ? [{ id, userName }] : []))
  const { id, name } = group
  return {
    change: {
      tenant: past.tenant,
      accounts: back.map(({ account }) => account),
      subject: { id, userName: name },
      operation: 'updateMembers',
      ask: { group: { id, name }, add: targets('in'), remove: targets('out') },
      inside: knownInside(
        group,
        back.map(({ account }) => account),
      ),
    },
    left: apart,
    stays: made ? 'The group itself stays: no call deletes it.' : '',
  }
}
