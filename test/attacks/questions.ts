import { NO, YES } from '../support/raw.ts'
import { type Attack, type CallOf, CHANGES, type ChangingTool, changed, TENANT } from './attack.ts'
import { MEANWHILE, type Meddling } from './meddling.ts'

/**
 * A question was put through the client, and comes back answered with yes, but not as it was asked. Left out: the same
 * call, the state as it was, the same client.
 */
export interface QuestionAttack extends Attack {
  ask?: CallOf
  /** What happens between the question and its answer. */
  meanwhile?: Meddling
  /** The answer that was given before this one. */
  before?: unknown
  call?: CallOf
  /** The state that is sent back; `other` is that of a question about somebody else. */
  state?: (state: string, other: string) => unknown
  responses?: unknown
  client?: 'another'
}

const [body, signature] = [
  (state: string) => state.split('.')[0] ?? '',
  (state: string) => state.split('.')[1] ?? '',
]
const letter = (state: string, at: number) =>
  state.slice(0, at) + (state[at] === 'A' ? 'B' : 'A') + state.slice(at + 1)
const rewritten = (state: string, edit: (value: unknown) => unknown) =>
  Buffer.from(JSON.stringify(edit(JSON.parse(Buffer.from(body(state), 'base64url').toString())))).toString(
    'base64url',
  )

const STATES: readonly (readonly [what: string, state: NonNullable<QuestionAttack['state']>])[] = [
  ['the first letter changed', (state) => letter(state, 0)],
  ['a letter of its middle changed', (state) => letter(state, Math.floor(body(state).length / 2))],
  ['the first letter of its signature changed', (state) => letter(state, body(state).length + 1)],
  ['the last letter changed', (state) => letter(state, state.length - 1)],
  ['the last letter cut off', (state) => state.slice(0, -1)],
  ['no signature', (state) => body(state)],
  ['an empty signature', (state) => `${body(state)}.`],
  ['nothing but its signature', (state) => `.${signature(state)}`],
  ['a third part', (state) => `${state}.x`],
  ['its parts exchanged', (state) => `${signature(state)}.${body(state)}`],
  ['padding behind it', (state) => `${state}==`],
  ['a blank behind it', (state) => `${state} `],
  ['all letters large', (state) => state.toUpperCase()],
  ['the signature of another question', (state, other) => `${body(state)}.${signature(other)}`],
  ['the body of another question', (state, other) => `${body(other)}.${signature(state)}`],
  ['another question altogether', (_, other) => other],
  [
    'its time made endless',
    (state) => `${rewritten(state, (value) => [(value as unknown[])[0], null])}.${signature(state)}`,
  ],
  [
    'another id',
    (state) => `${rewritten(state, () => [{ id: 'x', digest: 'y' }, null])}.${signature(state)}`,
  ],
  ['no text at all', () => ''],
  ['a megabyte of text', () => 'A'.repeat(1_000_000)],
]

const answered = (name: string, more: Partial<QuestionAttack>): QuestionAttack => ({
  name,
  ends: 'approval_void',
  ...more,
})

const states = STATES.map(([what, state]) => answered(`a question sent back with ${what}`, { state }))

/** What was agreed to is bound to each argument. */
const ARGUMENTS: readonly (readonly [what: string, tool: ChangingTool, more: Record<string, unknown>])[] = [
  ['another person', 'deactivate_user', { user: '{other}' }],
  ['the person by an id', 'deactivate_user', { user: '{victim.id}' }],
  ['one tenant more', 'deactivate_user', { tenants: [TENANT, 'acme-mindtickle'] }],
  ['the tenant twice', 'deactivate_user', { tenants: [TENANT, TENANT] }],
  ['another reason', 'deactivate_user', { reason: 'another reason' }],
  ['another field', 'update_user', { set: { givenName: 'Changed' } }],
  ['another value', 'update_user', { set: { familyName: 'Admin' } }],
  ['one field more', 'update_user', { set: { familyName: 'Changed', givenName: 'Too' } }],
  ['another person', 'update_user', { user: '{other}' }],
  ['another group', 'update_group_members', { group: 'Remote access' }],
  ['another member', 'update_group_members', { add: ['{other}'] }],
  ['one member more', 'update_group_members', { add: ['{victim}', '{other}'] }],
  ['another email', 'create_user', { email: 'x.{new}' }],
  ['another name', 'create_user', { familyName: 'Admin' }],
  ['an attribute more', 'create_user', { attributes: { department: 'IT' } }],
]
const others = ARGUMENTS.map(([what, tool, more]) =>
  answered(`a yes to ${tool} used for ${what}`, {
    after: 'Ilmar7786/marzban-sdk#74',
    ask: changed(tool),
    call: changed(tool, more),
  }),
)

const crossTool = (['reactivate_user', 'update_user', 'create_user', 'update_group_members'] as const).map(
  (tool) =>
    answered(`a yes to deactivate_user used for ${tool}`, { after: 'kipi-system#390', call: changed(tool) }),
)

/** Answers that are no yes. Where nothing was answered, the question is put again. */
const RESPONSES: readonly (readonly [what: string, responses: unknown, ends: string | readonly string[]])[] =
  [
    [
      'a yes with the box not ticked',
      { confirm: { action: 'accept', content: { confirm: false } } },
      'declined',
    ],
    [
      'a yes with the word true',
      { confirm: { action: 'accept', content: { confirm: 'true' } } },
      ['declined', '-32602'],
    ],
    [
      'a yes with the number 1',
      { confirm: { action: 'accept', content: { confirm: 1 } } },
      ['declined', '-32602'],
    ],
    [
      'a yes with a list',
      { confirm: { action: 'accept', content: { confirm: [true] } } },
      ['declined', '-32602'],
    ],
    ['a yes without content', { confirm: { action: 'accept' } }, 'declined'],
    ['a yes with no content', { confirm: { action: 'accept', content: {} } }, 'declined'],
    [
      'a yes to another question of the form',
      { confirm: { action: 'accept', content: { sure: true } } },
      'declined',
    ],
    ['a no with a ticked box', { confirm: { action: 'decline', content: { confirm: true } } }, 'declined'],
    [
      'a closed form with a ticked box',
      { confirm: { action: 'cancel', content: { confirm: true } } },
      'declined',
    ],
    [
      'an action of its own',
      { confirm: { action: 'approve', content: { confirm: true } } },
      ['asked', '-32602', 'declined'],
    ],
    ['an answer under another name', { approve: YES.confirm }, 'asked'],
    [
      'an answer under the name __proto__',
      JSON.parse('{"__proto__":{"confirm":{"action":"accept","content":{"confirm":true}}}}'),
      'asked',
    ],
    ['no answers', {}, 'asked'],
  ]
const responses = RESPONSES.map(([what, given, ends]) =>
  answered(`a question answered with ${what}`, { responses: given, ends }),
)

const stale = MEANWHILE.map(([meanwhile, ends]) =>
  answered(`a yes to an account that is ${meanwhile} by now`, { meanwhile, ends, after: 'CWE-367' }),
)

export const questionAttacks: readonly QuestionAttack[] = [
  ...states,
  ...others,
  ...crossTool,
  ...responses,
  ...stale,
  answered('a yes from another client', { client: 'another' }),
  answered('a yes after a no', { before: NO, ends: 'approval_used' }),
  answered('a yes after a closed form', { before: { confirm: { action: 'cancel' } }, ends: 'approval_used' }),
  answered('a yes after a yes', { before: YES, meanwhile: 'active again', ends: 'approval_used' }),
  answered('a yes after a yes with other arguments', {
    before: YES,
    meanwhile: 'active again',
    call: changed('deactivate_user', { reason: 'another reason' }),
  }),
  answered('an answer to a question that was never put', { state: () => undefined, ends: 'asked' }),
]

/** Answers to no question, to a server that lets nothing through without one. */
export const unaskedAttacks: readonly QuestionAttack[] = (Object.keys(CHANGES) as ChangingTool[]).map(
  (tool) => ({
    name: `a yes to ${tool} that nobody was asked for`,
    ask: changed(tool),
    state: () => undefined,
    ends: 'approval_required',
  }),
)
