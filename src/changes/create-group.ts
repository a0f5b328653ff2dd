import * as z from 'zod'
import type { AskOf, Operations, RequestContext } from '../domain/operations.ts'
import { amongIds } from '../domain/same.ts'
import { inQuotes, plainText, sameText } from '../text/text.ts'
import { accountSummary } from './briefed.ts'
import { defineChange, type Observed } from './define.ts'
import {
  Members,
  membership,
  namesOf,
  policiesFollow,
  readAndReverse,
  storyOf,
  touchedMembers,
} from './members.ts'

export const createGroup = defineChange({
  operation: 'createGroup',
  headline: ({ group, accounts, who }) => [
    'Create the group ',
    { theirs: group?.name ?? '' },
    ...(accounts.length > 0 ? [' with ', ...who(accounts)] : []),
  ],
  cases: () => [
    { when: 'makes an empty group', weights: ['adds'] },
    { when: 'makes one with members', weights: ['gives', 'adds'] },
  ],
  weighs: ({ ask }) => (ask.members.length > 0 ? ['gives', 'adds'] : ['adds']),
  makes: 'group',
  sets: () => ({}),
  replaces: () => ({}),
  takesAdministrator: () => false,
  privileges: ({ ask }) => [ask.name],
  newNames: ({ ask: { name } }) => [{ about: name, names: { name } }],
  sentences: ({ ask: { name, members } }, { title, tenant }) => [
    `Create the group ${inQuotes(name, 320)} in ${title}, tenant ${tenant}.`,
    ...(members.length > 0 ? [`Add: ${namesOf(members)}.`] : []),
  ],
  consequence: ({ ask: { members } }, facts) => (members.length > 0 ? policiesFollow(facts) : ''),
  // No call deletes a group.
  reversible: () => false,
  briefing: ({ ask, accounts }) => ({
    group: { name: ask.name, from: 'agent' },
    accounts: accounts.map((account) => ({ ...accountSummary(account), alters: [membership(false, true)] })),
  }),
  losing: { groups: null, licence: null },
  allOrNothing: () => true,
  readBack: ({ ask }, { operations }, context, created) => readCreated(ask, created, operations, context),
  readTwin: ({ ask }, { operations }, context) => readCreated(ask, undefined, operations, context),

  image: z.object({ members: Members }),
  imageOf: ({ ask }) => ({
    members: ask.members.map((one) => ({ ...one, was: 'out' as const, became: 'in' as const })),
  }),
  touches: ({ members }) => touchedMembers(members),
  story: ({ members }) => storyOf(members),
  inverse: (past, { members }, read) => readAndReverse(past, { members, made: true }, read),
})

async function readCreated(
  { name, members }: AskOf<'createGroup'>,
  id: string | undefined,
  app: Operations,
  context: RequestContext,
): Promise<Observed> {
  const group = await app.readGroup?.(id === undefined ? { group: name } : { id }, context)
  if (!group || !sameText(group.name, plainText(name))) return { problem: 'The app does not show the group.' }
  if (!group.members) {
    return members.length > 0
      ? { group, problem: 'The app does not show the members of this group.' }
      : { group }
  }
  const shown = new Set(group.members.map(({ id }) => id))
  const missing = members.filter(({ id }) => !shown.has(id))
  const isAsked = amongIds(members.map(({ id }) => id))
  const others = group.members.filter(({ id }) => !isAsked(id))
  const problems = [
    ...(missing.length > 0 ? [`The app does not show ${missing.length} of its members.`] : []),
    ...(others.length > 0 ? [`It shows ${others.length} others that were not asked for.`] : []),
  ]
  return { group, ...(problems.length > 0 && { problem: problems.join(' ') }) }
}
