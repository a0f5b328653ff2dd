import type { Account, AuditEvent } from '../domain/account.ts'
import { sameText } from '../text/text.ts'

/** What a snapshot keeps of an account, and what can be said to have changed. */
const FIELDS = [
  ...([
    'userName',
    'email',
    'name',
    'externalId',
    'title',
    'department',
    'role',
    'licence',
    'manager',
  ] as const),
] as const

export interface Kept extends Pick<Account, (typeof FIELDS)[number] | 'status' | 'admin' | 'groups'> {}

export function keptOf(account: Account): Kept {
  const { userName, status, admin, groups, moreGroups } = account
  const texts = FIELDS.flatMap((name) => (account[name] === undefined ? [] : [[name, account[name]]]))
  return {
    ...(Object.fromEntries(texts) as Partial<Kept>),
    userName,
    status,
    ...(admin !== undefined && { admin }),
    // Groups that are not all told cannot be compared.
    ...(groups && !moreGroups && { groups: groups.toSorted() }),
  }
}

type Difference = Pick<AuditEvent, 'action'> & Partial<Pick<AuditEvent, 'group' | 'detail'>>

/** What happened to an account between two lists. What one of them does not tell is unknown, and no change. */
export function differencesOf(before: Kept | undefined, now: Kept | undefined): Difference[] {
  if (!now) return before ? [{ action: 'deleted' }] : []
  if (!before) return [{ action: 'created' }]
  const changed = FIELDS.flatMap((name): string[] => {
    const [was, is] = [before[name], now[name]]
    return was === undefined || is === undefined || was === is || sameText(was, is)
      ? []
      : [`${name}: ${was} → ${is}`]
  })
  const admin = before.admin !== undefined && now.admin !== undefined && before.admin !== now.admin
  const detail = [...changed, ...(admin ? [`admin: ${before.admin} → ${now.admin}`] : [])].join('; ')
  return [
    ...(before.status === 'active' && now.status === 'inactive' ? [{ action: 'deactivated' }] : []),
    ...(before.status === 'inactive' && now.status === 'active' ? [{ action: 'reactivated' }] : []),
    ...(detail === '' ? [] : [{ action: 'changed', detail }]),
    ...groupsOf(before, now),
  ]
}

function groupsOf({ groups: before }: Kept, { groups: now }: Kept): Difference[] {
  if (!before || !now) return []
  return [
    ...now.filter((group) => !before.includes(group)).map((group) => ({ action: 'joined', group })),
    ...before.filter((group) => !now.includes(group)).map((group) => ({ action: 'left', group })),
  ]
}
