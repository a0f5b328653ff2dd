import type { ArgumentAttack } from './arguments.ts'
import { type CallOf, changed, TENANT } from './attack.ts'

/** Text that means more than a name where it is put into a filter, a path, a query or a header unescaped. */
const PAYLOADS: readonly (readonly [what: string, text: string, after?: string])[] = [
  // Filters (RFC 7644 §3.4.2.2).
  [
    'a filter that holds for everybody',
    'x" or userName pr or userName eq "x',
    'johnneerdael/netskope-mcp, src/tools/scim.ts',
  ],
  ['a filter that names another', 'x" or userName eq "{other}'],
  ['a filter that narrows', '{victim}" and active eq "true'],
  ['a filter that is closed with a bracket', 'x") or (userName co "@'],
  ['a filter with its quote escaped', 'x\\" or userName pr or userName eq \\"x'],
  ['a filter that ends in a backslash', '{victim}\\'],
  ['a filter in URL escapes', '{victim}%22%20or%20userName%20pr'],
  ['a filter in JSON escapes', 'x\\u0022 or userName pr'],
  ['a wildcard of SCIM', '*'],
  ['a wildcard of SQL', '%'],
  ['an expression', '.*'],
  ['a statement of SQL', "x' OR '1'='1' --"],
  // Paths and queries.
  ['a path to another account', '../Users/{other.id}', 'CWE-22'],
  ['a path through another account', '{other.id}/../{victim.id}'],
  ['a path in URL escapes', '%2e%2e%2fUsers%2f{victim.id}'],
  ['a path with backslashes', '..\\Users\\{victim.id}'],
  ['an id with a slash behind', '{victim.id}/'],
  ['an id with a query behind', '{victim.id}?attributes=id'],
  ['an id with a fragment behind', '{victim.id}#x'],
  ['an id with a parameter behind', '{victim.id};v=1'],
  ['an id with a null in URL escapes', '{victim.id}%00'],
  ['an address of its own', 'http://127.0.0.1:9/Users/{victim.id}'],
  ['an address without a scheme', '//127.0.0.1:9/{victim.id}'],
  ['a single dot', '.'],
  ['two dots', '..'],
  ['a name that every object has', '__proto__'],
  // Letters.
  ['the name in fullwidth letters', '{victim.wide}'],
  ['the name with a Cyrillic letter', '{victim.cyrillic}'],
  ['the start of the name', '{victim.start}'],
  ['two names', '{victim} {other}'],
  ['a list of names', '{victim},{other}'],
]

/** Text with parts that nobody sees; it is refused before it reaches anything. */
const UNSEEN: readonly (readonly [what: string, text: string, after?: string])[] = [
  ['a header of its own', '{victim}\r\nX-Evil: 1', 'CWE-113'],
  ['a line break', '{victim}\nor userName pr'],
  ['a null', '{victim}\u0000'],
  ['an escape', '\u001b[2K{victim}'],
  ['a zero-width space', '{victim}\u200b'],
  ['a right-to-left override', '\u202e{victim}'],
  ['half a letter', '{victim}\ud800'],
  ['a line separator', '{victim}\u2028or userName pr'],
]

/** Arguments that reach a filter or a path, and what a call ends with when they name nobody. */
const PLACES: readonly (readonly [
  at: string,
  call: (text: string) => CallOf,
  ends: ArgumentAttack['ends'],
])[] = [
  ['the user of deactivate_user', (user) => changed('deactivate_user', { user }), 'not_found'],
  ['the group of update_group_members', (group) => changed('update_group_members', { group }), 'not_found'],
  [
    'who is added by update_group_members',
    (user) => changed('update_group_members', { add: [user] }),
    'failed',
  ],
]

export const targetAttacks: readonly ArgumentAttack[] = PLACES.flatMap(([at, call, ends]) => [
  ...PAYLOADS.map(([what, text, after]) => ({
    name: `${what} as ${at}`,
    call: call(text),
    ends,
    ...(after && { after }),
  })),
  ...UNSEEN.map(([what, text, after]) => ({
    name: `${what} as ${at}`,
    call: call(text),
    ends: 'invalid_input',
    ...(after && { after }),
  })),
])

/** Questions that change nothing; they find nobody, or are refused. */
export const lookUpAttacks: readonly ArgumentAttack[] = [...PAYLOADS, ...UNSEEN].flatMap(
  ([what, text, after]) =>
    [
      {
        name: `${what} as whom find_user looks for`,
        call: { tool: 'find_user', args: { user: text } },
        ends: ['nobody', 'invalid_input'],
      },
      {
        name: `${what} as the match of list_users`,
        call: { tool: 'list_users', args: { tenant: TENANT, match: { userName: text } } },
        ends: ['nobody', 'invalid_input'],
      },
      {
        name: `${what} as whom pull_audit is about`,
        call: { tool: 'pull_audit', args: { tenant: TENANT, user: text } },
        ends: ['nobody', 'invalid_input'],
      },
    ].map((attack) => ({ ...attack, ...(after && { after }) })),
)
