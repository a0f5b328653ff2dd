import type { Answer } from '../support/clients.ts'
import { type Attack, type CallOf, changed, TENANT } from './attack.ts'

/** What a client says that it can do, which is not what it does; it says yes to every question that it is sent. */
export interface ClientAttack extends Attack {
  /** As it declares them; forms when left out. */
  capabilities?: unknown
  call: CallOf
}

const members = (count: number) => Array.from({ length: count }, (_, at) => `{many.${at}}`)

const created = (attributes: object): CallOf => ({
  tool: 'create_user',
  args: { tenant: 'acme-gainsight', email: '{new}', givenName: 'New', familyName: 'Hire', attributes },
})

/** What is asked of a person outside the client, however well the client can ask. */
const WEIGHTY: readonly (readonly [what: string, call: CallOf, ends: string])[] = [
  ['deletes somebody', changed('delete_user'), 'approval_required'],
  [
    'deactivates an administrator',
    changed('deactivate_user', { user: '{admin}', tenants: ['acme-gainsight'] }),
    'approval_required',
  ],
  [
    'changes an administrator',
    { tool: 'update_user', args: { tenant: 'acme-gainsight', user: '{admin}', set: { title: 'CEO' } } },
    'approval_required',
  ],
  [
    'makes an administrator',
    { tool: 'update_user', args: { tenant: 'acme-gainsight', user: '{gainsight}', set: { admin: true } } },
    'approval_required',
  ],
  [
    'gives the role of an administrator',
    { tool: 'update_user', args: { tenant: 'acme-gainsight', user: '{gainsight}', set: { role: 'Admin' } } },
    'approval_required',
  ],
  ['creates an administrator', created({ role: 'Super Admin' }), 'approval_required'],
  ['creates an administrator by name', created({ admin: true }), 'approval_required'],
  [
    'fills a group of administrators',
    changed('update_group_members', { group: 'Domain Admins' }),
    'approval_required',
  ],
  ['changes many at once', changed('update_group_members', { add: members(21) }), 'approval_required'],
  [
    'deactivates somebody protected',
    changed('deactivate_user', { user: 'breakglass@example.com' }),
    'protected',
  ],
  [
    'deactivates somebody protected by another name',
    changed('deactivate_user', { user: '{breakglass.id}' }),
    'protected',
  ],
  [
    'deactivates somebody protected in other letters',
    changed('deactivate_user', { user: 'BREAKGLASS@EXAMPLE.COM' }),
    'protected',
  ],
  ['deletes somebody protected', changed('delete_user', { user: 'sync@robots.example.com' }), 'protected'],
  [
    'renames somebody protected',
    changed('update_user', { user: 'breakglass@example.com', set: { email: 'x@example.com' } }),
    'protected',
  ],
  [
    'takes somebody protected into a group',
    changed('update_group_members', { add: ['{victim}', 'breakglass@example.com'] }),
    'protected',
  ],
  [
    'changes what may only be read',
    changed('deactivate_user', { user: 'ada@example.com', tenants: ['acme-mindtickle'] }),
    'read_only',
  ],
  [
    'changes what may only be read among others',
    changed('deactivate_user', { user: 'ada@example.com', tenants: [TENANT, 'acme-mindtickle'] }),
    'read_only',
  ],
  [
    'deletes where that is not allowed',
    { tool: 'delete_user', args: { tenant: 'acme-gainsight', user: '{gainsight}', reason: 'gone' } },
    'unsupported',
  ],
]
const liars = WEIGHTY.map(
  ([what, call, ends]): ClientAttack => ({
    name: `a client that answers its own forms ${what}`,
    after: 'daintreehq/daintree#11342',
    call,
    ends,
  }),
)

/** What is no form, so that a question must wait for a person elsewhere. */
const CAPABILITIES: readonly (readonly [what: string, capabilities: unknown])[] = [
  ['nothing', {}],
  ['another thing', { sampling: {}, roots: { listChanged: true } }],
  ['something that it made up', { approval: { auto: true }, confirm: true }],
  ['forms among what is experimental', { experimental: { elicitation: { form: {} } } }],
]
const claimants = CAPABILITIES.map(
  ([what, capabilities]): ClientAttack => ({
    name: `a client that can do ${what}`,
    after: 'dinglebear-ai/yarr#131',
    capabilities,
    call: changed('deactivate_user'),
    ends: 'approval_required',
  }),
)
/** Capabilities of a form that the protocol does not have. */
const MALFORMED = [
  null,
  'all',
  [],
  { elicitation: 'form' },
  { elicitation: true },
  { elicitation: null },
  { elicitation: ['form'] },
]
const malformed = MALFORMED.map(
  (capabilities): ClientAttack => ({
    name: `a client whose capabilities are ${JSON.stringify(capabilities)}`,
    capabilities,
    call: changed('deactivate_user'),
    ends: ['-32602', '-32600', '-32021', 'approval_required'],
  }),
)

/** What comes back when a client before 2026-07-28 is asked within the call; `left` is one whose caller gave up waiting. */
export interface PersonAttack extends Attack {
  answers: Answer | 'throws' | 'left' | { [key: string]: unknown }
}

export const personAttacks: readonly PersonAttack[] = [
  {
    name: 'a client that fails at its own form',
    after: 'okta/okta-mcp-server#49',
    answers: 'throws',
    ends: 'approval_required',
  },
  {
    name: 'a client that says no without asking',
    after: 'anthropics/claude-code#79174',
    answers: { action: 'decline' },
    ends: 'declined',
  },
  {
    name: 'a client that closes the form unseen',
    after: 'anthropics/claude-code#41292',
    answers: { action: 'cancel' },
    ends: 'declined',
  },
  { name: 'a client that says yes to nothing', answers: { action: 'accept', content: {} }, ends: 'declined' },
  {
    name: 'a client that says yes and ticks no box',
    answers: { action: 'accept', content: { confirm: false } },
    ends: 'declined',
  },
  {
    name: 'a client that says yes in a word',
    answers: { action: 'accept', content: { confirm: 'true' } },
    ends: ['declined', 'approval_required'],
  },
  {
    name: 'a client that says something of its own',
    answers: { action: 'approve' },
    ends: ['declined', 'approval_required'],
  },
  {
    name: 'a client that answers with something else',
    answers: { confirm: true },
    ends: ['declined', 'approval_required'],
  },
  {
    name: 'a yes that comes when the caller has left',
    after: 'StuMason/coolify-mcp, src/lib/elicit.ts',
    answers: 'left',
    ends: 'left',
  },
]

export const clientAttacks: readonly ClientAttack[] = [...liars, ...claimants, ...malformed]
