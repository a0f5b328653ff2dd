import { type Attack, type CallOf, type ChangingTool, changed, TENANT } from './attack.ts'
import { MEANWHILE, type Meddling } from './meddling.ts'

/**
 * A change waits for a person outside the agent's reach, and its id is then used otherwise than it was given. Left out:
 * the same call, the id as it was, the same client, and a person who approved.
 */
export interface ApprovalAttack extends Attack {
  ask?: CallOf
  /** What became of the request: `used` by the same call once before, `expired` once it was approved. */
  state?: 'approved' | 'denied' | 'pending' | 'used' | 'expired'
  meanwhile?: Meddling
  call?: CallOf
  /** The id that is sent; `other` is that of an approved change of somebody else. */
  id?: (id: string, other: string) => unknown
  client?: 'another'
}

const used = (name: string, more: Partial<ApprovalAttack>): ApprovalAttack => ({
  name,
  ends: 'approval_void',
  ...more,
})

const flipped = (id: string, at: number) => id.slice(0, at) + (id[at] === '0' ? '1' : '0') + id.slice(at + 1)

/** Ids that nobody gave out, or gave out for something else. */
const IDS: readonly (readonly [what: string, id: NonNullable<ApprovalAttack['id']>, ends?: string])[] = [
  ['of its own making', () => 'AAAA-BBBB-CC'],
  ['of another change', (_, other) => other],
  ['with its first letter changed', (id) => flipped(id, 0)],
  ['with its last letter changed', (id) => flipped(id, id.length - 1)],
  ['cut short', (id) => id.slice(0, -1)],
  ['made longer', (id) => `${id}0`],
  ['twice over', (id) => `${id} ${id}`],
  ['beside another', (id, other) => `${other},${id}`],
  ['with a path before it', (id) => `../${id}`],
  ['with a wildcard', (id) => `${id.slice(0, 4)}*`],
  ['with a wildcard of SQL', (id) => `${id.slice(0, 4)}%`],
  ['with a statement of SQL', () => "' OR 1=1 --"],
  ['that is a key of the store', () => 'approval/digest/'],
  ['that is a name of every object', () => '__proto__'],
  ['that is the word approved', () => 'approved'],
  ['that is a star', () => '*'],
  // No id at all, as some clients say it.
  ['that is nothing', () => '', 'approval_required'],
  ['that is null', () => null, 'approval_required'],
  ['that is true', () => true, 'invalid_input'],
  ['that is a list of ids', (id) => [id], 'invalid_input'],
  ['that is an object', (id) => ({ id }), 'invalid_input'],
  ['of a megabyte', () => 'A'.repeat(1_000_000), 'invalid_input'],
]
const ids = IDS.map(([what, id, ends]) => used(`an id ${what}`, { id, ...(ends && { ends }) }))

/** The id of a change that was approved, and the change that it is used for. */
const SWAPS: readonly (readonly [what: string, ask: CallOf, call: CallOf])[] = [
  [
    'deactivation of another person',
    changed('deactivate_user'),
    changed('deactivate_user', { user: '{other}' }),
  ],
  [
    'deactivation of the same person by another name',
    changed('deactivate_user'),
    changed('deactivate_user', { user: '{victim.id}' }),
  ],
  [
    'deactivation for another reason',
    changed('deactivate_user'),
    changed('deactivate_user', { reason: 'another reason' }),
  ],
  [
    'deactivation in one tenant more',
    changed('deactivate_user'),
    changed('deactivate_user', { tenants: [TENANT, 'acme-mindtickle'] }),
  ],
  [
    'deactivation in the same tenant twice',
    changed('deactivate_user'),
    changed('deactivate_user', { tenants: [TENANT, TENANT] }),
  ],
  [
    'deactivation in another tenant',
    changed('deactivate_user', { user: 'ada@example.com' }),
    changed('deactivate_user', { user: 'ada@example.com', tenants: ['acme-mindtickle'] }),
  ],
  ['deletion of another person', changed('delete_user'), changed('delete_user', { user: '{other}' })],
  [
    'deletion for another reason',
    changed('delete_user'),
    changed('delete_user', { reason: 'another reason' }),
  ],
  ['another field', changed('update_user'), changed('update_user', { set: { givenName: 'Changed' } })],
  ['another value', changed('update_user'), changed('update_user', { set: { familyName: 'Other' } })],
  [
    'one field more',
    changed('update_user'),
    changed('update_user', { set: { familyName: 'Changed', department: 'IT' } }),
  ],
  ['a field of another person', changed('update_user'), changed('update_user', { user: '{other}' })],
  [
    'another group',
    changed('update_group_members'),
    changed('update_group_members', { group: 'Remote access' }),
  ],
  ['another member', changed('update_group_members'), changed('update_group_members', { add: ['{other}'] })],
  [
    'one member more',
    changed('update_group_members'),
    changed('update_group_members', { add: ['{victim}', '{other}'] }),
  ],
  ['a new account under another email', changed('create_user'), changed('create_user', { email: 'x.{new}' })],
  [
    'a new account under another name',
    changed('create_user'),
    changed('create_user', { familyName: 'Admin' }),
  ],
  [
    'a new account with more',
    changed('create_user'),
    changed('create_user', { attributes: { department: 'IT' } }),
  ],
]
const swaps = SWAPS.map(([what, ask, call]) =>
  used(`an approval used for ${what}`, { ask, call, after: 'Ilmar7786/marzban-sdk#74' }),
)

const ALL: readonly ChangingTool[] = [
  'deactivate_user',
  'reactivate_user',
  'delete_user',
  'update_user',
  'create_user',
  'update_group_members',
]
const crossTool = ALL.flatMap((asked) =>
  ALL.filter((tool) => tool !== asked).map((tool) =>
    used(`an approval of ${asked} used for ${tool}`, {
      ask: changed(asked),
      call: changed(tool),
      after: 'kipi-system#390',
    }),
  ),
)

const stale = MEANWHILE.map(([meanwhile, ends]) =>
  used(`an approval for an account that is ${meanwhile} by now`, { meanwhile, ends, after: 'CWE-367' }),
)

/** Each tool with an id whose time, turn or person is not there. */
const states = ALL.flatMap((tool): ApprovalAttack[] => [
  used(`a request of ${tool} that nobody decided`, {
    ask: changed(tool),
    state: 'pending',
    ends: 'approval_required',
    after: 'Ilmar7786/marzban-sdk#131',
  }),
  used(`a request of ${tool} that was denied`, {
    ask: changed(tool),
    state: 'denied',
    ends: 'approval_denied',
  }),
  used(`an approval of ${tool} whose time is over`, { ask: changed(tool), state: 'expired' }),
  used(`an approval of ${tool} by another client`, { ask: changed(tool), client: 'another' }),
  used(`an id of nobody for ${tool}`, { ask: changed(tool), id: () => 'K7Q2-M9XD-41' }),
])

export const approvalAttacks: readonly ApprovalAttack[] = [
  ...ids,
  ...swaps,
  ...crossTool,
  ...stale,
  ...states,
  used('an approval used a second time', { state: 'used', meanwhile: 'active again', ends: 'approval_used' }),
  used('an approval used a second time for another', {
    state: 'used',
    call: changed('deactivate_user', { user: '{other}' }),
  }),
  used('an approval beside an argument that vouches', {
    call: changed('deactivate_user', { confirm: true }),
    ends: 'invalid_input',
  }),
  used('a request without its id, again and again', {
    id: () => undefined,
    state: 'pending',
    ends: 'approval_required',
  }),
]
