import type { Account } from '../../src/domain/account.ts'

// A comparison as somebody would write it down, with none of the code under test.

/** What is said of an account, or of somebody who has none. */
export interface Said {
  kind: string
  id: string
  truth?: string
  fields?: string[]
}

const lower = (values: readonly (string | undefined)[]) =>
  values.flatMap((value) => (value === undefined ? [] : [value.toLowerCase()]))

/** The values that join accounts, by the strongest key first. */
const KEYS: ((account: Account) => string[])[] = [
  ({ externalId }) => lower([externalId]),
  ({ userName }) => lower([userName]),
  ({ email, otherEmails = [], userName }) =>
    lower([email, ...otherEmails, userName.includes('@') ? userName : undefined]),
]

/** Whom an account is joined to by each key. */
type Matches = (one: Account) => Account[][]

/** By no index. */
export const everybody =
  (truths: readonly Account[]): Matches =>
  (one) =>
    KEYS.map((key) => truths.filter((truth) => key(truth).some((value) => key(one).includes(value))))

/** For so many that nobody can be compared with everybody. */
export function grouped(truths: readonly Account[]): Matches {
  const groups = KEYS.map((key) => {
    const group = new Map<string, Account[]>()
    for (const truth of truths) {
      for (const value of new Set(key(truth))) group.set(value, [...(group.get(value) ?? []), truth])
    }
    return { key, group }
  })
  return (one) =>
    groups.map(({ key, group }) => [...new Set(key(one).flatMap((value) => group.get(value) ?? []))])
}

export function naive(truths: readonly Account[], here: readonly Account[], matchesOf: Matches): Said[] {
  const said: Said[] = []
  const taken = new Set<string>()
  for (const one of here) {
    const matches = matchesOf(one)
    const at = matches.findIndex((found) => found.length > 0)
    if (at < 0) {
      if (one.status === 'active') said.push({ kind: 'orphan', id: one.id })
      continue
    }
    let found = matches[at] ?? []
    for (const weaker of matches.slice(at + 1)) {
      const agreeing = found.filter((truth) => weaker.includes(truth))
      if (found.length > 1 && agreeing.length > 0) found = agreeing
    }
    const inOrder = found.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    const chosen = inOrder.find(({ status }) => status === 'active') ?? inOrder[0]
    if (!chosen) throw new TypeError('nobody is chosen')
    taken.add(chosen.id)
    const others = [
      found.filter((truth) => truth !== chosen),
      ...matches.slice(at + 1).map((weaker) => (weaker.includes(chosen) ? [] : weaker)),
    ].flat()
    const isDoubtful = others.some(({ status }) => status === 'active')
    const isGone = one.status === 'active' && chosen.status === 'inactive'
    if (isGone && !isDoubtful) {
      said.push({ kind: 'stale', id: one.id, truth: chosen.id })
      continue
    }
    const differ = (a?: string, b?: string) =>
      a !== undefined && b !== undefined && a.toLowerCase() !== b.toLowerCase()
    const fields = [
      ...(others.length > 0 || (at > 0 && differ(one.externalId, chosen.externalId)) ? ['key'] : []),
      ...(isGone || (one.status === 'inactive' && chosen.status === 'active') ? ['status'] : []),
      ...(['email', 'name', 'department'] as const).filter((field) => differ(one[field], chosen[field])),
    ]
    if (fields.length > 0) said.push({ kind: 'differs', id: one.id, truth: chosen.id, fields })
  }
  for (const { id, status } of truths) {
    if (status === 'active' && !taken.has(id)) said.push({ kind: 'missing', id })
  }
  return said
}
