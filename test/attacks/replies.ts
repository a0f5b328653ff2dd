import type { CannedReply, ReceivedRequest } from '../support/canned.ts'
import type { Attack } from './attack.ts'

/** The app itself is hostile: it answers otherwise than it was asked. */
export interface ReplyAttack extends Attack {
  /** Its answer; undefined for the honest one. `elsewhere` is the address of somebody who waits for the token. */
  reply: (asked: ReceivedRequest, elsewhere: string) => CannedReply | undefined
  tool?: 'deactivate_user' | 'find_user'
  /** Changes that may leave for the app, answered as they are; none when left out. */
  writes?: number
}

export const ADA = {
  id: 'u-1',
  userName: 'ada@example.com',
  active: true,
  name: { givenName: 'Ada', familyName: 'Lovelace' },
}
const EVE = { ...ADA, id: 'u-2', userName: 'eve@example.com' }

export const listOf = (...rows: unknown[]) => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
  totalResults: rows.length,
  Resources: rows,
})

const isWrite = ({ method }: ReceivedRequest) => method !== 'GET'
const isList = ({ method, path }: ReceivedRequest) => method === 'GET' && path.endsWith('/Users')
const isOne = ({ method, path }: ReceivedRequest) => method === 'GET' && /\/Users\/./.test(path)
const when = (fits: (asked: ReceivedRequest) => boolean, reply: CannedReply) => (asked: ReceivedRequest) =>
  fits(asked) ? reply : undefined

/** A list of somebody in place of the one who was asked for, whose record is there as well. */
const brings = (one: typeof ADA) => (asked: ReceivedRequest) => {
  if (isList(asked)) return { body: listOf(one) }
  return isOne(asked) && asked.path.endsWith(`/${one.id}`) ? { body: one } : undefined
}

/** Where a redirect leads, from the same path at another port to the same host by another name. */
const LOCATIONS: readonly (readonly [
  where: string,
  location: (elsewhere: string, path: string) => string,
])[] = [
  ['another port', (elsewhere, path) => elsewhere + path],
  ['another host', (elsewhere, path) => elsewhere.replace('127.0.0.1', 'localhost') + path],
  ['an address without a scheme', (elsewhere, path) => elsewhere.replace('http:', '') + path],
  ['an address with a user', (elsewhere, path) => elsewhere.replace('://', '://127.0.0.1@') + path],
  ['another account of its own', () => '/scim/v2/Users/u-2'],
]
const STATUSES = [301, 302, 303, 307, 308]
const redirects = STATUSES.flatMap((status) =>
  LOCATIONS.flatMap(([where, location]): ReplyAttack[] => [
    {
      name: `a change sent to ${where} by ${status}`,
      after: 'RFC 9700 §4.11',
      reply: (asked, elsewhere) =>
        isWrite(asked)
          ? { status, headers: { location: location(elsewhere, asked.path) }, body: ADA }
          : undefined,
      ends: 'failed',
      writes: 1,
    },
    {
      name: `a look-up sent to ${where} by ${status}`,
      after: 'RFC 9700 §4.11',
      tool: 'find_user',
      reply: (asked, elsewhere) => ({ status, headers: { location: location(elsewhere, asked.path) } }),
      ends: 'not_searched',
    },
  ]),
)

/** Somebody else is put in the place of the one who was asked for. */
const swapped: ReplyAttack[] = [
  {
    name: 'a look-up that brings somebody else',
    reply: brings(EVE),
    ends: 'not_found',
  },
  {
    name: 'a look-up that brings everybody',
    reply: when(isList, { body: listOf(ADA, EVE) }),
    ends: 'somebody',
    tool: 'find_user',
  },
  {
    name: 'a look-up that brings two of the name',
    reply: when(isList, { body: listOf(ADA, { ...EVE, userName: 'ADA@example.com' }) }),
    ends: 'ambiguous',
  },
  {
    name: 'a look-up that brings two of the address',
    reply: when(isList, { body: listOf(ADA, { ...EVE, emails: [{ value: 'ada@example.com' }] }) }),
    ends: 'ambiguous',
  },
  {
    name: 'a look-up that brings the name with something unseen',
    reply: brings({ ...EVE, userName: 'ada\u200b@example.com' }),
    ends: 'not_found',
  },
  {
    name: 'a look-up that brings the name in other letters',
    reply: brings({ ...EVE, userName: 'аda@example.com' }),
    ends: 'not_found',
  },
  {
    name: 'a record that is another one than was asked for',
    reply: when(isOne, { body: EVE }),
    ends: 'failed',
  },
  {
    name: 'a record without an id',
    reply: when(isList, { body: listOf({ userName: ADA.userName }) }),
    ends: ['bad_reply', 'failed'],
  },
]

/** Ids that would mean more than an id in an address or a header. */
const IDS = [
  '../Groups/g-1',
  '..',
  '.',
  '',
  'u-1\r\nX-Evil: 1',
  'u-1\u0000',
  '\u202eu-1',
  '\ud800',
  'a/../../Groups/x',
  'a\\..\\b',
  'x'.repeat(513),
  null,
  {},
  ['u-1'],
  true,
  1e21,
]
const ids = IDS.map(
  (id): ReplyAttack => ({
    name: `an account whose id is ${JSON.stringify(id).slice(0, 40)}`,
    after: 'CWE-22',
    reply: when(isList, { body: listOf({ ...ADA, id }) }),
    ends: ['bad_reply', 'failed', 'not_found'],
  }),
)

/** Answers that are no answers. */
const BROKEN: readonly (readonly [what: string, reply: CannedReply])[] = [
  ['of 20 MB', { raw: ' '.repeat(20 * 1024 * 1024) }],
  ['nested without end', { raw: '['.repeat(200_000) }],
  ['nested beyond reason', { raw: `${'['.repeat(5_000)}${']'.repeat(5_000)}` }],
  ['that is a web page', { raw: '<html>Sign in</html>', headers: { 'content-type': 'text/html' } }],
  ['that is nothing', { raw: '' }],
  ['that is null', { body: null }],
  ['that is a number', { body: 7 }],
  ['that says it failed', { body: { ok: 0, message: 'no' } }],
  ['that is cut off', { raw: '{"Resources":[{"id":"u-1","userName":"ada@exam' }],
  ['of a list that is none', { body: { totalResults: 1, Resources: 'ada' } }],
  ['of a list of nothing', { body: listOf(null, 7, 'ada@example.com', []) }],
  ['with a type that every object has', { status: 400, body: { scimType: 'constructor', detail: 'x' } }],
  ['with a status of its own', { status: 799, body: {} }],
]
const broken = BROKEN.flatMap(([what, reply]): ReplyAttack[] => [
  {
    name: `an answer ${what} to a look-up`,
    reply: when(isList, reply),
    ends: ['bad_reply', 'unavailable', 'failed', 'not_found', 'unsupported'],
  },
  {
    name: `an answer ${what} to a change`,
    reply: when(isWrite, reply),
    ends: ['partial', 'failed'],
    writes: 3,
  },
])

export const replyAttacks: readonly ReplyAttack[] = [...redirects, ...swapped, ...ids, ...broken]
