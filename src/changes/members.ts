import * as z from 'zod'
import type { Account, Group } from '../domain/account.ts'
import type { Alteration } from '../domain/briefing.ts'
import { bare } from '../domain/quoting.ts'
import { sameText } from '../text/text.ts'
import { ours } from './briefed.ts'
import {
  AGAIN,
  cannot,
  GONE,
  nothing,
  type PastChange,
  RENAMED,
  type Reader,
  type Reversal,
  stays,
  touchedSince,
} from './inverse.ts'

/** Somebody in a group or out of it; `was` is absent where the app did not tell. */
const Member = z.object({
  id: z.string(),
  userName: z.string(),
  was: z.enum(['in', 'out']).optional(),
  became: z.enum(['in', 'out']),
})
export type KeptMember = z.infer<typeof Member>

export const Members = z.array(Member)

/** "ada@example.com, grace@example.com", each so that it can be taken for nothing else. */
export const namesOf = (people: readonly { userName: string }[]): string =>
  people.map(({ userName }) => bare(userName)).join(', ')

export const membership = (before: boolean | undefined, after: boolean): Alteration => {
  const words = (isIn: boolean) => (isIn ? 'in the group' : 'not in the group')
  return ours('membership', before === undefined ? undefined : words(before), words(after))
}

export const storyOf = (members: readonly KeptMember[]): string =>
  members.map(({ userName, was, became }) => `${userName}: ${was ?? 'not known'} → ${became}`).join(', ')

export const touchedMembers = (members: readonly KeptMember[]) =>
  members.map(({ id }) => `member ${id}` as const)

/** What a write did to the members of a group. */
interface Regrouped {
  members: readonly KeptMember[]
  /** Whether the write made the group. */
  made: boolean
}

/** Reads the group and whoever is not where they were, and takes that back. */
export async function readAndReverse(past: PastChange, image: Regrouped, read: Reader): Promise<Reversal> {
  const { id } = past.subject
  const found = id === 'new' ? undefined : await read.group(id)
  // Asked for by id or name: a group that is named like the id is another one.
  const group = found?.id === id ? found : undefined
  const people = group?.members ? strayed(image.members, group) : []
  const accounts = await Promise.all(people.map((one) => read.account(one.id)))
  return reverseMembers(
    past,
    image,
    group,
    accounts.filter((one) => one !== undefined),
  )
}

/** The members whose being in the group or not differs from before, as far as that is known. */
const strayed = (members: readonly KeptMember[], group: Group): KeptMember[] =>
  members.filter(({ id, was }) => was === undefined || was !== place(group, id))

const place = ({ members = [] }: Group, id: string) =>
  members.some((member) => member.id === id) ? ('in' as const) : ('out' as const)

/** Takes back who was put into a group or out of it; `accounts` are those of the strayed, as the app shows them. */
export function reverseMembers(
  past: PastChange,
  { members, made }: Regrouped,
  group: Group | undefined,
  accounts: readonly Account[],
): Reversal {
  if (made && past.subject.id === 'new') return cannot('Which group was made is not known.')
  if (!group) return GONE
  if (made && members.length === 0) return cannot('No call deletes a group.')
  if (!group.members) return cannot('The app does not tell who is in the group.')
  const apart: string[] = []
  const back: { account: Account; to: KeptMember['became'] }[] = []
  for (const { id, userName, was } of strayed(members, group)) {
    const account = accounts.find((one) => one.id === id)
    if (was === undefined) apart.push(`${userName}: whether it was in the group is not known`)
    else if (!account) apart.push(`${userName}: the app no longer shows it`)
    else if (touchedSince(past, `member ${id}`)) apart.push(`${userName}: ${AGAIN}`)
    else if (!sameText(account.userName, userName)) apart.push(`${userName}: ${RENAMED}`)
    else back.push({ account, to: was })
  }
  if (back.length === 0 && apart.length === 0 && made) {
    return stays('Nobody who was put into it is in it; the group itself stays.')
  }
  if (back.length === 0) return nothing(apart)
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
      inside: group.members.map((member) => member.id),
    },
    left: apart,
    stays: made ? 'The group itself stays: no call deletes it.' : '',
  }
}
