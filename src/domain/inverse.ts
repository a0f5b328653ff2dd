import { sameText } from '../text/text.ts'
import type { Account, Group } from './account.ts'
import type {
  BeforeImage,
  KeptField,
  KeptMember,
  OfCreation,
  OfMembers,
  OfSwitch,
  OfUpdate,
} from './before-image.ts'
import type { Change } from './change.ts'
import { type FieldValue, flat, sameValue } from './field-diff.ts'
import type { AccountFields, FullAccount } from './operations.ts'

/** A write that was made, as it was recorded. */
export interface PastChange {
  tenant: string
  /** The account or the group; of a creation the account that was made, or `new` where that is not known. */
  subject: { id: string; userName: string }
  /** Absent where it was not kept whole. */
  before?: BeforeImage
  outcome: 'done' | 'failed' | 'unknown'
  /** What was written to the same account or group after it, as far as it did not fail; undefined where that is not known. */
  since: readonly (BeforeImage | undefined)[]
}

/** What it takes to undo a write, or why that is not done. `left` are its parts that stay as they are, each with why. */
export type Reversal =
  | { outcome: 'unchanged' | 'left_alone' | 'cannot_undo'; note: string }
  | { change: Change; left: readonly string[] }

const CHANGED = 'changed since by somebody else: left alone'
const RENAMED = 'bears another user name by now: left alone'
const AGAIN = 'changed again by a later call: left alone'
const left = (note: string) => ({ outcome: 'left_alone' as const, note: `${note}.` })
const cannot = (note: string) => ({ outcome: 'cannot_undo' as const, note })
const stays = (note: string) => ({ outcome: 'unchanged' as const, note })
const AS_BEFORE = stays('It is as it was before.')
const GONE = cannot('The app no longer shows it.')

/** Takes back that an account was switched on or off, or made; `now` is what the app shows of it. */
export function reverseSwitch(
  { tenant, subject, since }: PastChange,
  before: OfSwitch | OfCreation,
  now: Account | undefined,
): Reversal {
  if (before.operation === 'deleteAccount') return cannot('A deletion cannot be undone.')
  if (before.operation === 'createAccount' && subject.id === 'new') {
    return cannot('Which account was made is not known.')
  }
  if (!now) return GONE
  const made = before.operation === 'createAccount'
  const was = made ? 'inactive' : before.account.status
  const became = before.operation === 'deactivateAccount' ? 'inactive' : 'active'
  if (was === 'unknown') return cannot('Whether it was active before is not known.')
  if (!sameText(now.userName, made ? subject.userName : before.account.userName)) return left(RENAMED)
  if (now.status === was) return made ? stays('It is inactive; the account itself stays.') : AS_BEFORE
  if (since.some(touchesAccess)) return left(AGAIN)
  if (now.status !== became) return left(CHANGED)
  const ask = { id: now.id, userName: now.userName }
  const operation = was === 'active' ? 'reactivateAccount' : 'deactivateAccount'
  return {
    change: { tenant, accounts: [now], subject: ask, operation, ask },
    left: made ? [] : lost(before.account, now),
  }
}

const touchesAccess = (later: BeforeImage | undefined): boolean =>
  !later || !('fields' in later || 'members' in later)

/** What an app took from an account together with its access. */
function lost(before: Account, now: Account): string[] {
  const groups = now.groups && before.groups?.filter((group) => !now.groups?.includes(group))
  return [
    ...(groups && groups.length > 0 ? [`groups that it is no longer in: ${groups.join(', ')}`] : []),
    ...(before.licence && now.licence !== before.licence ? [`licence: was ${before.licence}`] : []),
  ]
}

/** Takes back what an account was made to say, field by field. */
export function reverseFields(
  { tenant, since }: PastChange,
  { account, fields }: OfUpdate,
  now: FullAccount | undefined,
): Reversal {
  if (!now) return GONE
  const renamed = fields.find(({ name }) => name === 'userName')?.became
  const names = [account.userName, ...(typeof renamed === 'string' ? [renamed] : [])]
  if (!names.some((name) => sameText(name, now.account.userName))) return left(RENAMED)
  const told = flat(now.fields)
  const verdicts = fields.map((field) => ({ field, why: whyNotField(field, told[field.name], since) }))
  const apart = verdicts.flatMap(({ field, why }) => (why ? [`${field.name}: ${why}`] : []))
  const back = verdicts.flatMap(({ field: { name, was }, why }) =>
    why === undefined && was !== undefined ? [[name, was] as const] : [],
  )
  if (back.length === 0) return nothing(apart)
  const { id, userName } = now.account
  const ask = { id, userName, set: unflat(back) }
  return {
    change: {
      tenant,
      accounts: [now.account],
      subject: { id, userName },
      operation: 'updateAccount',
      ask,
      before: now.fields,
    },
    left: apart,
  }
}

/** Why a field is not set back; empty where that is not needed, undefined where nothing speaks against it. */
function whyNotField(
  { name, was, became }: KeptField,
  held: FieldValue | undefined,
  since: PastChange['since'],
): string | undefined {
  if (became === undefined) return 'what it was is not kept'
  if (sameValue(name, held, was)) return ''
  if (since.some((later) => touchesField(later, name))) return AGAIN
  if (!sameValue(name, held, became)) return CHANGED
  return was === undefined ? 'it had no value that is known, and cannot be emptied from here' : undefined
}

const touchesField = (later: BeforeImage | undefined, name: string): boolean =>
  !later || ('fields' in later && later.fields.some((field) => field.name === name))

/** The members whose being in the group or not differs from before, as far as that is known. */
export const strayed = ({ members }: OfMembers, group: Group): KeptMember[] =>
  members.filter(({ id, was }) => was === undefined || was !== place(group, id))

const place = ({ members = [] }: Group, id: string) =>
  members.some((member) => member.id === id) ? ('in' as const) : ('out' as const)

/** Takes back who was put into a group or out of it; `accounts` are those of the strayed, as the app shows them. */
export function reverseMembers(
  { tenant, subject, since }: PastChange,
  before: OfMembers,
  group: Group | undefined,
  accounts: readonly Account[],
): Reversal {
  const made = before.operation === 'createGroup'
  if (made && subject.id === 'new') return cannot('Which group was made is not known.')
  if (!group) return GONE
  if (made && before.members.length === 0) return cannot('No call deletes a group.')
  if (!group.members) return cannot('The app does not tell who is in the group.')
  const apart: string[] = []
  const back: { account: Account; to: KeptMember['became'] }[] = []
  for (const { id, userName, was } of strayed(before, group)) {
    const account = accounts.find((one) => one.id === id)
    if (was === undefined) apart.push(`${userName}: whether it was in the group is not known`)
    else if (!account) apart.push(`${userName}: the app no longer shows it`)
    else if (since.some((later) => touchesMember(later, id))) apart.push(`${userName}: ${AGAIN}`)
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
      tenant,
      accounts: back.map(({ account }) => account),
      subject: { id, userName: name },
      operation: 'updateMembers',
      ask: { group: { id, name }, add: targets('in'), remove: targets('out') },
      inside: group.members.map((member) => member.id),
    },
    left: apart,
  }
}

const touchesMember = (later: BeforeImage | undefined, id: string): boolean =>
  !later || ('members' in later && later.members.some((member) => member.id === id))

/** The verdict where no part is set back: each of `apart` says why. */
function nothing(apart: readonly string[]): Reversal {
  if (apart.length === 0) return AS_BEFORE
  const note = apart.join('; ')
  return apart.some((why) => why.endsWith('left alone')) ? left(note) : cannot(`${note}.`)
}

const unflat = (values: readonly (readonly [string, FieldValue])[]): AccountFields => {
  const custom = values.flatMap(([name, value]) =>
    name.startsWith('custom.') ? [[name.slice('custom.'.length), value] as const] : [],
  )
  const plain = values.filter(([name]) => !name.startsWith('custom.'))
  return { ...Object.fromEntries(plain), ...(custom.length > 0 && { custom: Object.fromEntries(custom) }) }
}
