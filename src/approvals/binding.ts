import { createHash } from 'node:crypto'
import { kindOf } from '../changes/index.ts'
import type { Account } from '../domain/account.ts'
import { type Change, type Plan, targetKey } from '../domain/change.ts'
import { emailsOf } from '../domain/correlate.ts'
import type { Facts } from '../domain/facts.ts'
import { bare } from '../domain/quoting.ts'
import { ApprovalVoid } from '../errors.ts'
import { canonicalJson } from '../text/canonical-json.ts'

/** A call, as far as a person's yes is bound to it. */
interface Asked {
  tool: { name: string }
  /** Parsed. */
  input: unknown
  caller: object
}

/** Where a change goes, and what the app does with it. */
interface Destination {
  address: string
  facts: Facts
}

/** What a person's yes is bound to. */
export interface Binding {
  /** Hash of all the rest. */
  digest: string
  /** Hash of tool, arguments and caller. */
  request: string
  /** Under the `targetKey` of each account: a hash of its part of the plan, and one of each aspect of that part. */
  targets: Readonly<Record<string, string>>
  /** Hash of the words that the person was shown of what is to be done. */
  words: string
  /** What could not be determined about the plan. */
  doubt?: string
}

/** Binds a yes to tool, arguments and caller, to what is shown, and to each change with the records behind it. */
export function bindingOf(call: Asked, plan: Plan, about: (tenant: string) => Destination): Binding {
  const parts = new Map<string, Part>()
  for (const change of plan.changes) {
    const { tenant, accounts, subject } = change
    for (const account of accounts.length > 0 ? accounts : [undefined]) {
      const key = targetKey(tenant, account?.id ?? subject.id)
      const changes = [...(parts.get(key)?.changes ?? []), change]
      parts.set(key, { account, changes, destination: about(tenant) })
    }
  }
  const targets = Object.fromEntries([...parts].map(([key, part]) => [key, hashOf(part)]))
  const { doubt, run } = plan
  const bound = {
    request: requestHash(call),
    targets,
    ...(run && { run: run.digest }),
    words: hash(plan.lines),
    ...(doubt !== undefined && { doubt }),
  }
  return { ...bound, digest: hash(bound) }
}

/** A hash of tool, arguments and caller. */
export function requestHash({ tool, input, caller }: Asked): string {
  const { approvalId: _, ...args } = input as Record<string, unknown>
  return hash({ tool: tool.name, args, caller })
}

const hash = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('base64url')

/** The aspects of an account's part of a plan, in words that say what has changed. */
const ASPECTS = {
  names: 'its names',
  emails: 'its emails',
  status: 'its status',
  rights: 'its role',
  groups: 'its groups',
  licence: 'its licence',
  fields: 'other fields of it',
  change: 'what is to be done',
  address: 'the address of the tenant',
  facts: 'what the app does with it',
} as const
type Aspect = keyof typeof ASPECTS
const ASPECT_NAMES = Object.keys(ASPECTS) as readonly Aspect[] // the object literal names its keys

/** The changes of a plan to one account, or what it creates. */
interface Part {
  account: Account | undefined
  changes: readonly Change[]
  destination: Destination
}

function hashOf({ account, changes, destination: { address, facts } }: Part): string {
  const aspects: Record<Aspect, unknown> = {
    ...aspectsOf(account),
    change: changes.map((change) => ({
      operation: change.operation,
      ask: change.ask,
      replaced: kindOf(change).replaces(change),
    })),
    address,
    facts,
  }
  return [hash(aspects), ...ASPECT_NAMES.map((name) => hash(aspects[name] ?? null).slice(0, 8))].join(' ')
}

/** The record, by aspect, without what an app changes by itself all the time and what is of a single look-up. */
function aspectsOf(account: Account | undefined) {
  if (!account)
    return {
      names: null,
      emails: null,
      status: null,
      rights: null,
      groups: null,
      licence: null,
      fields: null,
    }
  const { id, userName, name, email: _, otherEmails: __, status, role, userType, admin, ...more } = account
  const { givenName, familyName, groups, moreGroups, licence, ...rest } = more
  const { tenant, vendor, lastSignInAt, createdAt, updatedAt, caution, matchedBy, ...fields } = rest
  return {
    names: { id, userName, name, givenName, familyName },
    emails: emailsOf(account).toSorted(),
    status,
    rights: { role, userType, admin },
    groups: { groups: groups?.toSorted(), moreGroups },
    licence,
    fields,
  }
}

/** What a yes was given for, as far as it was kept. */
export type Given = Partial<Binding> & Pick<Binding, 'digest'>

/** Why a yes does not cover this plan; undefined if it does. A doubt that is gone, or what came back since, is no reason. */
export function whyNotCovered(
  given: Given,
  { request, targets, digest, doubt, words }: Binding,
  plan: Plan,
): string | undefined {
  if (given.digest === digest) return undefined
  const { targets: approved } = given
  if (given.request !== request || !approved) return ANOTHER_CALL
  const gone = Object.keys(approved).filter((key) => targets[key] === undefined)
  const changed = plan.changes.flatMap(({ tenant, accounts, subject }) =>
    (accounts.length > 0 ? accounts : [subject]).flatMap(({ id, userName }) => {
      const key = targetKey(tenant, id)
      const aspects = differing(approved[key], targets[key])
      // Of several accounts in one change, one that is gone changes what is to be done for all.
      const own = gone.length > 0 ? aspects.filter((aspect) => aspect !== ASPECTS.change) : aspects
      return own.length > 0 ? [`${bare(userName)} in ${tenant} (${own.join(', ')})`] : []
    }),
  )
  const why = [
    ...(changed.length > 0 ? [`changed since: ${[...new Set(changed)].join('; ')}`] : []),
    ...(gone.length > 0 ? [`no longer to be changed: ${gone.map((key) => bare(key)).join(', ')}`] : []),
    ...(doubt !== undefined && doubt !== given.doubt ? ['there is a doubt that there was not'] : []),
  ]
  if (why.length === 0 && words !== given.words) why.push('the plan reads otherwise now')
  return why.length > 0 ? why.join('; ') : undefined
}

const ANOTHER_CALL = 'it was for another call'

/** The aspects in which two parts differ, in words. */
function differing(before: string | undefined, now: string | undefined): string[] {
  if (before === now) return []
  if (before === undefined) return ['not in the plan before']
  const [was, is] = [before.split(' ').slice(1), now?.split(' ').slice(1) ?? []]
  return ASPECT_NAMES.flatMap((name, at) => (was[at] === is[at] ? [] : [ASPECTS[name]]))
}

/** Throws `ApprovalVoid`, saying why, unless the approval with this id was given for this plan. */
export function mustCover(given: Given & { id: string }, bound: Binding, plan: Plan): void {
  const why = whyNotCovered(given, bound, plan)
  if (why === undefined) return
  throw new ApprovalVoid(
    why === ANOTHER_CALL
      ? `There is no approval ${given.id} for this call.`
      : `The approval ${given.id} was given for another state (${why}).`,
    ASK_APPROVAL_AGAIN,
  )
}

export const ASK_APPROVAL_AGAIN = 'Make the call again without an approvalId to request a new approval.'
