import type { Change } from '../domain/change.ts'
import { hiddenIn } from '../domain/facts.ts'
import type { NewPerson, RunInput } from '../domain/run.ts'
import { mustOffer } from '../engine/ask.ts'
import { newAccount } from '../engine/new-account.ts'
import type { Tenant } from '../engine/tenants.ts'
import { IdentityError, InvalidInput } from '../errors.ts'
import { weigh } from '../guards/policy.ts'
import { fold } from '../text/text.ts'
import { type Group, groupsOf } from './groups-of.ts'
import { NOT_WRITABLE, type Planned, type PlanningParts, shownError, skippedRow } from './plan-person.ts'

/** Nothing is claimed while a run is planned: each step claims its names and looks again. */
const UNCLAIMED = { names: async () => undefined }

/** Plans accounts for new people, with the groups of a colleague, app by app. */
export async function planOnboard(
  { people, like }: NonNullable<RunInput['onboard']>,
  tenants: readonly Tenant[],
  parts: PlanningParts,
): Promise<{ people: string[]; gaps: string[]; plan: (person: string) => Promise<Planned[]> }> {
  const byEmail = new Map(people.map((person) => [person.email, person]))
  const twice = people.find(
    ({ email }, at) => people.findIndex((one) => fold(one.email) === fold(email)) < at,
  )
  if (twice) throw new InvalidInput(`${twice.email} is in \`people\` twice.`, 'Name everybody once.')
  const { groups, gaps } =
    like === undefined
      ? { groups: new Map<string, Group[]>(), gaps: [] }
      : await groupsOf(like, tenants, parts)
  return {
    people: [...byEmail.keys()],
    gaps: [...gaps, ...tenants.flatMap(hiddenAmong)],
    plan: async (email) => {
      const person = byEmail.get(email)
      if (!person) return []
      return Promise.all(tenants.map((at) => planAt(person, at, groups.get(at.name) ?? [], parts)))
    },
  }
}

/** What the look-up before a new account does not tell. */
function hiddenAmong({ name, facts }: Tenant): string[] {
  const hidden = hiddenIn(facts)
  return hidden === undefined ? [] : [`Whoever gets an account in ${name} was not found there. ${hidden}`]
}

async function planAt(
  person: NewPerson,
  at: Tenant,
  groups: readonly Group[],
  parts: PlanningParts,
): Promise<Planned> {
  const tenant = at.name
  const named = { person: person.email, tenant }
  try {
    mustOffer(at, 'createAccount')
    if (groups.length > 0) mustOffer(at, 'updateMembers')
    if (!parts.isWritable(at)) return skippedRow({ ...named, ...NOT_WRITABLE })
    const { fields, note } = await takenBy(at, { userName: person.email, ...person }, parts)
    const found = await newAccount(tenant, fields, { ask: parts.ask, hold: UNCLAIMED })
    if ('there' in found) {
      const [{ id, userName, status }] = found.there
      const account = { id, userName }
      return status === 'inactive'
        ? skippedRow({ ...named, account, code: 'conflict', note: INACTIVE })
        : { row: { ...named, account, outcome: 'already', verified: true, note: ITS_GROUPS } }
    }
    const { change, unsure } = found
    const notes = [...(note === undefined ? [] : [note]), ...unsure]
    const joins = groups.map((group) => joining(change, group))
    for (const one of [change, ...joins]) await parts.judge(one)
    const targets = weigh({ changes: [change, ...joins], lines: [] }, parts.policy.about).targets
    return {
      row: {
        ...named,
        account: change.subject,
        outcome: 'waiting',
        verified: false,
        fields,
        steps: ['createAccount', ...groups.map(() => 'joinGroup' as const)],
        ...(groups.length > 0 && { groups }),
        ...(notes.length > 0 && { note: notes.join(' ') }),
      },
      // One account, with all that is to be done to it.
      target: {
        tenant,
        weights: [...new Set(targets.flatMap(({ weights }) => weights))],
        administrator: targets.some(({ administrator }) => administrator),
      },
    }
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    return skippedRow({ ...named, ...shownError(error) })
  }
}

/** What may be left out of a new account: its name and its address may not. */
const OPTIONAL = new Set(['title', 'department', 'role', 'licence', 'externalId', 'manager'])

/** The fields that the app takes, and what is left out. Throws what else the app has against the account. */
async function takenBy(
  { operations }: Tenant,
  given: NewPerson,
  { context }: PlanningParts,
): Promise<{ fields: NewPerson; note?: string }> {
  const check = (fields: NewPerson) =>
    operations.checkWrite?.({ operation: 'createAccount', accounts: [], fields }, context)
  try {
    await check(given)
    return { fields: given }
  } catch (error) {
    const { fields: left = [] } = error instanceof IdentityError ? error.details : {}
    if (left.length === 0 || !left.every((name) => OPTIONAL.has(name))) throw error
    // Every field is optional by its type, and those that are left out are.
    const fields = Object.fromEntries(
      Object.entries(given).filter(([name]) => !left.includes(name)),
    ) as NewPerson
    await check(fields)
    return { fields, note: `The app takes no ${left.join(' and no ')}: left out.` }
  }
}

const INACTIVE = 'There is an inactive account already: reactivate_user gives it back.'
const ITS_GROUPS = 'There is an account already; it stays as it is, with its groups.'

/** What joining a group will be, for the guards: the account is not there yet. */
const joining = ({ tenant, subject }: Change<'createAccount'>, group: Group): Change<'updateMembers'> => ({
  tenant,
  accounts: [],
  subject: { id: group.id, userName: group.name },
  operation: 'updateMembers',
  ask: { group, add: [subject], remove: [] },
  inside: undefined,
})
