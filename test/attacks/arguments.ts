import {
  type Attack,
  type CallOf,
  CHANGES,
  type ChangingTool,
  changed,
  nested,
  TENANT,
  withJson,
} from './attack.ts'

/** A single call, by a client that says yes to whatever it is asked, at a server that asks for nothing. */
export type ArgumentAttack = Attack & { call: CallOf }

const tools = Object.keys(CHANGES) as ChangingTool[]
const refused = (name: string, call: CallOf, more: Partial<Attack> = {}): ArgumentAttack => ({
  name,
  call,
  ends: 'invalid_input',
  ...more,
})

/** Arguments by which an agent has vouched for itself elsewhere, chosen an address or a token, or named a caller. */
const VOUCHING: readonly (readonly [name: string, value: unknown, after?: string])[] = [
  ['confirm', true, 'Softeria/ms-365-mcp-server#463'],
  ['confirmed', true],
  ['confirmation', 'DELETE', 'okta/okta-mcp-server, confirm_delete_group'],
  ['confirm_cost_id', 'abc', 'supabase-community/supabase-mcp, confirm_cost'],
  ['execute', true, 'TheJumpCloud/jc-cli'],
  ['force', true],
  ['approve', true],
  ['approved', true],
  ['approvedBy', 'grace'],
  ['approval', { id: 'AAAA-BBBB-CC', by: 'grace' }],
  ['approval_id', 'AAAA-BBBB-CC'],
  ['autoApprove', true],
  ['auto_confirm_on_fallback', true, 'okta/okta-mcp-server#49'],
  ['skipConfirmation', true],
  ['dryRun', false],
  ['yes', true],
  ['override', true],
  ['bypass', 'all'],
  ['isAdmin', true],
  ['caller', 'local:root'],
  ['client', 'trusted/1'],
  ['requestState', 'x'],
  ['inputResponses', { confirm: { action: 'accept', content: { confirm: true } } }],
  ['_meta', { confirm: true }],
  ['url', 'http://127.0.0.1:9', 'chenhunghan/scim-mcp, x-scim-base-url'],
  ['token', 'another-token'],
  ['headers', { 'x-forwarded-user': 'root' }],
  ['password', 'hunter2hunter2', 'darrenjrobinson/entra-scim-mcp, create_user'],
  ['path', '/etc/passwd', 'okta/okta-mcp-server, export_users_csv'],
  ['operations', [{ method: 'DELETE' }], 'limosa-io/mcp-scim, batchOperations'],
  ['filter', 'userName pr', 'johnneerdael/netskope-mcp, src/tools/scim.ts'],
  ['id', '{other.id}'],
]

const vouching = VOUCHING.map(([name, value, after]) =>
  refused(`an argument ${name} on deactivate_user`, changed('deactivate_user', { [name]: value }), {
    ...(after && { after }),
  }),
)
const vouchingElsewhere = tools
  .filter((tool) => tool !== 'deactivate_user')
  .map((tool) => refused(`an argument confirm on ${tool}`, changed(tool, { confirm: true })))

/** Fields of an account that have tools of their own, or that nobody may set from here. */
const smuggled = [
  { status: 'inactive' },
  { active: false },
  { password: 'hunter2hunter2' },
  { groups: [GROUP_OF_ADMINS()] },
  { group: GROUP_OF_ADMINS() },
  { id: '{other.id}' },
  { 'urn:ietf:params:scim:schemas:core:2.0:User:active': false },
  { custom: { 'urn:x:IsSuperAdmin': true } },
  { custom: { 'a b': 'x' } },
  { custom: { '..': 'x' } },
].map((set) => refused(`update_user setting ${JSON.stringify(set)}`, changed('update_user', { set })))
function GROUP_OF_ADMINS() {
  return 'Admins'
}

const long = (length: number) => 'x'.repeat(length)
const many = (count: number, item: unknown) => Array.from({ length: count }, () => item)

/** Values of a wrong kind or size, for each argument that takes a value. */
const WRONG: readonly (readonly [tool: ChangingTool, argument: string, values: readonly unknown[]])[] = [
  [
    'deactivate_user',
    'user',
    [
      null,
      7,
      true,
      [],
      ['{victim}'],
      {},
      { toString: 'x' },
      '',
      '   ',
      long(321),
      long(1_000_000),
      nested(2_000),
    ],
  ],
  [
    'deactivate_user',
    'tenants',
    [
      null,
      TENANT,
      [],
      [''],
      [7],
      [[TENANT]],
      { 0: TENANT, length: 1 },
      { length: { toString: 'x' } },
      many(101, TENANT),
      nested(2_000),
    ],
  ],
  ['deactivate_user', 'reason', [null, '', 'x', long(501), long(1_000_000), {}, ['left']]],
  ['deactivate_user', 'approvalId', [7, [], {}, long(65), { id: 'x' }]],
  [
    'update_user',
    'set',
    [
      null,
      [],
      'x',
      {},
      { email: ['x'] },
      { familyName: long(321) },
      { admin: 'true' },
      { custom: { a: nested(500) } },
      { custom: Object.fromEntries(many(51, 0).map((_, at) => [`a${at}`, 'x'])) },
    ],
  ],
  ['update_group_members', 'add', [[], [''], [7], many(101, '{victim}'), '{victim}']],
  [
    'create_user',
    'email',
    [
      '',
      null,
      ['x'],
      long(321),
      'new\u0000@example.com',
      'new\r\nBcc: x@example.com',
      'ne\u200bw@example.com',
    ],
  ],
  ['delete_user', 'tenant', [null, '', [TENANT], long(64), {}]],
]
const wrong = WRONG.flatMap(([tool, argument, values]) =>
  values.map((value) => {
    const text = JSON.stringify(value)
    const shown = text.length > 40 ? `${text.slice(0, 40)}… (${text.length} characters)` : text
    return refused(`${argument} of ${tool} being ${shown}`, changed(tool, { [argument]: value }))
  }),
)
const absent = [
  refused('update_group_members for nobody', changed('update_group_members', { add: undefined })),
  refused('deactivate_user without tenants', changed('deactivate_user', { tenants: undefined }), {
    after: 'CrowdStrike/falcon-mcp#565',
  }),
  refused('delete_user without a reason', changed('delete_user', { reason: undefined })),
  {
    name: 'arguments that are a list',
    call: { tool: 'deactivate_user', args: [CHANGES.deactivate_user] },
    ends: '-32602',
  },
  { name: 'arguments that are text', call: { tool: 'deactivate_user', args: 'all' }, ends: '-32602' },
]

/** Keys that JavaScript may take for the prototype of an object; one at the top named `__proto__` the SDK takes out. */
const PROTOTYPE = ['"constructor":{"prototype":{"confirm":true}}', '"prototype":{}', '"toString":"x"']
const prototype = [
  ...PROTOTYPE.map((json) =>
    refused(`the key ${json}`, withJson('deactivate_user', json), { after: 'CWE-1321' }),
  ),
  ...['"__proto__":{"admin":true}', '"constructor":{"admin":true}'].map((json) =>
    refused(
      `the key ${json} among fields`,
      changed('update_user', { set: JSON.parse(`{${json},"familyName":"X"}`) }),
      { after: 'CWE-1321' },
    ),
  ),
  refused(
    'the key __proto__ among custom attributes',
    changed('update_user', { set: { custom: JSON.parse('{"__proto__":"x"}') } }),
    { after: 'CWE-1321' },
  ),
]

/** Names that are nearly those of a tenant. */
const TENANTS = [
  'ACME-netskope',
  'acme-netskope ',
  ' acme-netskope',
  'acme_netskope',
  'acme-netskop',
  'acme-*',
  '*',
  'аcme-netskope',
  'acme\u200b-netskope',
  'acme-netskope\u0000',
  '../acme-netskope',
  'netskope',
  'constructor',
  '__proto__',
  'toString',
  'default',
  'all',
]
const tenants = TENANTS.flatMap((name): ArgumentAttack[] => [
  {
    name: `the tenant ${JSON.stringify(name)} instead`,
    after: 'CrowdStrike/falcon-mcp#565',
    call: changed('deactivate_user', { tenants: [name] }),
    ends: 'unknown_tenant',
  },
])
const mixed: ArgumentAttack[] = [
  {
    name: 'a right tenant before a wrong one',
    call: changed('deactivate_user', { tenants: [TENANT, 'acme-zoom'] }),
    ends: 'unknown_tenant',
  },
  {
    name: 'a wrong tenant before a right one',
    call: changed('deactivate_user', { tenants: ['acme-zoom', TENANT] }),
    ends: 'unknown_tenant',
  },
]

/** Tools that there are not. */
const TOOLS = [
  'deactivate_users_all',
  'Deactivate_User',
  'deactivate_user ',
  'deactivate-user',
  'delete_group',
  'confirm_delete_user',
  'approve',
  'set_settings',
  'batchOperations',
  '__proto__',
  'constructor',
  'tools/call',
  '',
  'x'.repeat(100_000),
]
const unknownTools = TOOLS.map(
  (tool): ArgumentAttack => ({
    name: `a tool called ${JSON.stringify(tool.slice(0, 40))}`,
    call: { tool, args: CHANGES.deactivate_user },
    ends: '-32602',
  }),
)

export const argumentAttacks: readonly ArgumentAttack[] = [
  ...vouching,
  ...vouchingElsewhere,
  ...smuggled,
  ...wrong,
  ...absent,
  ...prototype,
  ...tenants,
  ...mixed,
]
/** Refused by the protocol, since no tool is concerned. */
export const toolAttacks: readonly ArgumentAttack[] = unknownTools
