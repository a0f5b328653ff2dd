import * as z from 'zod'
import { membershipIn } from '../domain/membership.ts'
import type { Target } from '../domain/operations.ts'
import { amongIds } from '../domain/same.ts'
import { inQuotes } from '../text/text.ts'
import { accountSummary } from './briefed.ts'
import { defineChange } from './define.ts'
import {
  type KeptMember,
  Members,
  membership,
  membershipHeadline,
  namesOf,
  policiesFollow,
  readAndReverse,
  storyOf,
  touchedMembers,
} from './members.ts'

export const updateMembers = defineChange({
  operation: 'updateMembers',
  headline: membershipHeadline,
  cases: () => [
    { when: 'adds a member', weights: ['gives', 'changes'] },
    { when: 'takes a member out', weights: ['removes', 'changes'] },
  ],
  weighs: ({ ask: { remove } }, _, id) =>
    remove.some((target) => target.id === id) ? ['removes', 'changes'] : ['gives', 'changes'],
  makes: 'nothing',
  sets: () => ({}),
  replaces: () => ({}),
  takesAdministrator: () => false,
  privileges: ({ ask }) => [ask.group.name],
  newNames: () => [],
  sentences: ({ ask: { group, add, remove } }, { title, tenant }) => [
    `Change the group ${inQuotes(group.name)} in ${title}, tenant ${tenant}.`,
    ...(add.length > 0 ? [`Add: ${namesOf(add)}.`] : []),
    ...(remove.length > 0 ? [`Remove: ${namesOf(remove)}.`] : []),
  ],
  consequence: (_, facts) => policiesFollow(facts),
  reversible: () => true,
  briefing: ({ ask, inside, accounts }) => ({
    group: { name: ask.group.name, from: 'app' },
    accounts: accounts.map((account) => {
      const leaves = ask.remove.some(({ id }) => id === account.id)
      return {
        ...accountSummary(account),
        alters: [membership(inside && amongIds(inside)(account.id), !leaves)],
        ...(leaves && { loses: { groups: { first: [ask.group.name], of: 1 } } }),
      }
    }),
  }),
  // A user who leaves a group keeps the licence.
  losing: { groups: 'Groups lost', licence: null },
  allOrNothing: ({ ask: { add, remove } }) => add.length + remove.length === 1,
  async readBack({ ask: { group, add, remove }, accounts, inside }, { operations }, context) {
    const read = await operations.readGroup?.({ id: group.id }, context)
    if (!read) return { problem: 'The app no longer shows this group.' }
    if (!read.members) return { group: read, problem: 'The app does not show the members of this group.' }
    const isIn = membershipIn(read)
    const whole = (target: Target) => accounts.find(({ id }) => id === target.id) ?? target
    const shown = (targets: readonly Target[], is: boolean | undefined) =>
      targets.filter((target) => isIn(whole(target)) === is)
    const wrong = [...shown(add, false), ...shown(remove, true)]
    const open = shown([...add, ...remove], undefined)
    // Some apps keep the first page of members and lose the rest when one is added (FusionAuth/fusionauth-issues#2784).
    const isThere = amongIds(read.members.map(({ id }) => id))
    const isAsked = amongIds([...add, ...remove].map(({ id }) => id))
    const lost = inside?.filter((id) => !isThere(id) && !isAsked(id)) ?? []
    const wasThere = inside && amongIds(inside)
    const came = wasThere ? read.members.filter(({ id }) => !wasThere(id) && !isAsked(id)) : []
    const problems = [
      ...(wrong.length > 0 ? [`The app does not show the change for ${wrong.length} of them.`] : []),
      ...(open.length > 0 ? [`The app does not tell whether ${open.length} of them are members.`] : []),
      ...(lost.length > 0 ? [`It no longer shows ${lost.length} others that were in the group.`] : []),
      ...(came.length > 0 ? [`It shows ${came.length} others that were not in the group before.`] : []),
    ]
    const untouched = wrong.length === add.length + remove.length && lost.length + came.length === 0
    return {
      group: read,
      ...(problems.length > 0 && { problem: problems.join(' ') }),
      ...(untouched && { untouched }),
    }
  },
  readTwin: async () => ({}),

  image: z.object({ members: Members }),
  imageOf({ ask, inside }) {
    const kept = (became: KeptMember['became']) => (target: { id: string; userName: string }) => ({
      id: target.id,
      userName: target.userName,
      ...(inside && { was: amongIds(inside)(target.id) ? ('in' as const) : ('out' as const) }),
      became,
    })
    return {
      members: [...ask.add.map(kept('in')), ...ask.remove.map(kept('out'))],
    }
  },
  touches: ({ members }) => touchedMembers(members),
  story: ({ members }) => storyOf(members),
  inverse: (past, { members }, read) => readAndReverse(past, { members, made: false }, read),
})
