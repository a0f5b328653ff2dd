import type { Account } from '../domain/account.ts'
import { type ComparedRow, JOIN_KEYS, type JoinKey } from '../domain/comparison.ts'
import { emailsOf } from '../domain/correlate.ts'
import { fold, sameText } from '../text/text.ts'

// How accounts are joined to people, and what is said of them. Free of any storage.

/** The values by which an account can be joined. A user name that is an address is an email too. */
export function keysOf(account: Account): [key: JoinKey, value: string][] {
  const { userName, externalId } = account
  const emails = [...emailsOf(account), ...(userName.includes('@') ? [userName] : [])]
  const values: Record<JoinKey, readonly string[]> = {
    externalId: externalId === undefined ? [] : [externalId],
    userName: [userName],
    email: emails,
  }
  return JOIN_KEYS.flatMap((key) =>
    [...new Set(values[key].map(fold))].flatMap((value): [JoinKey, string][] =>
      value === '' ? [] : [[key, value]],
    ),
  )
}

/** Somebody in the truth who has one of an account's keys. */
export interface Candidate {
  key: JoinKey
  id: string
  status: Account['status']
}

/** Whom an account is joined to, by what, and which keys lead to somebody else. */
export interface Join {
  id: string
  by: JoinKey
  rivals: JoinKey[]
  /** Somebody whom those keys lead to is active. */
  rivalIsActive: boolean
}

/**
 * The strongest key decides. Where several people have it, the other keys tell them apart, and else it is one who is
 * active: a doubt never makes somebody look gone.
 */
export function joinOf(candidates: readonly Candidate[]): Join | undefined {
  const by = JOIN_KEYS.find((key) => candidates.some((one) => one.key === key))
  if (by === undefined) return undefined
  let found = candidates.filter(({ key }) => key === by)
  for (const key of JOIN_KEYS.slice(JOIN_KEYS.indexOf(by) + 1)) {
    const agreeing = found.filter(({ id }) => candidates.some((one) => one.key === key && one.id === id))
    if (found.length > 1 && agreeing.length > 0) found = agreeing
  }
  const inOrder = found.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const chosen = inOrder.find(({ status }) => status === 'active') ?? inOrder[0]
  if (!chosen) return undefined
  const leads = (key: JoinKey, id: string) => candidates.some((one) => one.key === key && one.id === id)
  const isRival = ({ key, id }: Candidate) =>
    id !== chosen.id && (key === by ? found.some((one) => one.id === id) : !leads(key, chosen.id))
  const rivals = candidates.filter(isRival)
  return {
    id: chosen.id,
    by,
    rivals: JOIN_KEYS.filter((key) => rivals.some((one) => one.key === key)),
    rivalIsActive: rivals.some(({ status }) => status === 'active'),
  }
}

/** An account with whom it is joined to, and what is known of both sides. */
export interface Joined {
  account: Account
  truth?: Account
  join?: Join
  /** Whom the manager of each side is in the truth, where that is known. */
  managers: { account?: string; truth?: string }
  /** Whether the listing of the truth was read whole. */
  isTruthWhole: boolean
}

type Field = NonNullable<ComparedRow['fields']>[number]

/** What is to be said of an account; undefined if nothing is. */
export function verdictOf(joined: Joined): ComparedRow | undefined {
  const { account, truth, join, isTruthWhole } = joined
  const row = { person: personOf(truth ?? account), tenant: account.tenant, account: shown(account) }
  // Whoever was not read may be in the rest of the list.
  if (!truth || !join) {
    return account.status === 'active' && isTruthWhole ? { kind: 'orphan', ...row } : undefined
  }
  const both = { ...row, truth: shown(truth), joinedBy: join.by }
  const isGone = account.status === 'active' && truth.status === 'inactive'
  // The rest of the list may have somebody active of that name or address; an external id is one person's.
  const isCertain = !join.rivalIsActive && (isTruthWhole || join.by === 'externalId')
  if (isGone && isCertain) return { kind: 'stale', ...both }
  const fields = differing(joined, account, truth, join, isGone && join.rivalIsActive)
  return fields.length > 0 ? { kind: 'differs', ...both, fields } : undefined
}

function differing(
  { managers }: Joined,
  account: Account,
  truth: Account,
  { by, rivals }: Join,
  isDoubtful: boolean,
): Field[] {
  const keys = rivals.map((key): Field => ({ field: 'key', ...sides(account[key], truth[key]) }))
  const otherId = by !== 'externalId' && known(account.externalId, truth.externalId)
  const isBack = account.status === 'inactive' && truth.status === 'active'
  return [
    ...(keys.length === 0 && otherId ? [{ field: 'key', ...otherId } as const] : keys.slice(0, 1)),
    ...(isBack || isDoubtful
      ? [{ field: 'status', account: account.status, truth: truth.status } as const]
      : []),
    ...fieldIf('email', account.email, truth.email),
    ...fieldIf('name', nameOf(account), nameOf(truth)),
    ...fieldIf('department', account.department, truth.department),
    ...managerIf(account, truth, managers),
  ]
}

/** Managers are compared as people, where both are known; else only names are: apps have ids of their own. */
function managerIf(account: Account, truth: Account, managers: Joined['managers']): Field[] {
  const isKnown = managers.account !== undefined && managers.truth !== undefined
  if (isKnown && managers.account === managers.truth) return []
  const [own, other] = [account.managerName ?? account.manager, truth.managerName ?? truth.manager]
  if (isKnown) return [{ field: 'manager', ...sides(own, other) }]
  return fieldIf('manager', account.managerName, truth.managerName)
}

const fieldIf = (field: Field['field'], account?: string, truth?: string): Field[] => {
  const both = known(account, truth)
  return both ? [{ field, ...both }] : []
}

/** Both values if both are known and differ. What an app does not tell is unknown, and differs from nothing. */
const known = (account?: string, truth?: string): { account: string; truth: string } | undefined =>
  account === undefined || truth === undefined || sameText(account, truth) ? undefined : { account, truth }

const sides = (account = '', truth = '') => ({ account, truth })

const nameOf = ({ name, givenName, familyName }: Account): string | undefined =>
  name ?? ([givenName, familyName].filter((part) => part).join(' ') || undefined)

export const personOf = ({ email, userName }: Account): string => email ?? userName

/** What is kept of an account while it is compared. */
export function comparable(account: Account): Account {
  const { tenant, vendor, id, userName, email, otherEmails, name, givenName, familyName, status } = account
  const { externalId, department, manager, managerName } = account
  return {
    ...{ tenant, vendor, id, userName, status },
    ...defined({ email, otherEmails, name, givenName, familyName }),
    ...defined({ externalId, department, manager, managerName }),
  }
}

/** What a row shows of an account. */
export function shown(account: Account): Account {
  const { otherEmails: _, givenName: __, familyName: ___, ...rest } = comparable(account)
  const name = nameOf(account)
  return { ...rest, ...defined({ name }) }
}

const defined = <Fields extends object>(fields: Fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]?: Exclude<Fields[Name], undefined>
  }
