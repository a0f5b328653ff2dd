import { describe, expect, test } from 'vitest'
import type { Account } from '../../../src/domain/account.ts'
import type { Match } from '../../../src/domain/operations.ts'
import { context, serveCanned } from '../../support/canned.ts'
import { gainsightAt } from '../gainsight-at.ts'
import { listOf, scimAt, user } from './scim-at.ts'

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const CONSOLE = 'urn:ietf:params:scim:schemas:netskope:2.0:User'
const STATE = 'urn:ietf:params:scim:schemas:oracle:idcs:extension:userState:User'

/** What an app tells, and what an account then shows; nothing else of the table's fields is shown. */
const RECORDS: [string, Record<string, unknown>, Partial<Account>][] = [
  ['none of it', {}, {}],
  [
    'several emails',
    {
      emails: [
        { value: 'B@x.example' },
        { value: 'a@x.example', primary: true },
        'c@x.example',
        'b@x.example',
        null,
      ],
    },
    { otherEmails: ['b@x.example', 'c@x.example'] },
  ],
  ['one email', { emails: [{ value: 'a@x.example' }] }, {}],
  [
    'a manager by id',
    { [ENTERPRISE]: { manager: { value: 'm1', displayName: 'May' } } },
    { manager: 'm1', managerName: 'May' },
  ],
  ['a manager by a number', { [ENTERPRISE]: { manager: 26118915 } }, { manager: '26118915' }],
  ['a manager by reference', { [ENTERPRISE]: { manager: { $ref: '../Users/m%201' } } }, { manager: 'm 1' }],
  ['a manager in a list', { [ENTERPRISE]: { manager: [{ value: 'm1' }] } }, { manager: 'm1' }],
  ['a manager by name alone', { [ENTERPRISE]: { manager: { displayName: 'May' } } }, { managerName: 'May' }],
  ['a manager taken away', { [ENTERPRISE]: { manager: { value: '' } } }, {}],
  ['a manager as a reference elsewhere', { [ENTERPRISE]: { manager: { $ref: '../Users/../Groups/1' } } }, {}],
  ['a broken reference', { [ENTERPRISE]: { manager: { $ref: '../Users/%E0%A4%A' } } }, {}],
  ['a type', { userType: 'Contractor' }, { userType: 'Contractor' }],
  ['a type that is no text', { userType: { value: 'Contractor' } }, {}],
  [
    'an address in parts',
    {
      addresses: [
        { type: 'home', locality: 'Rye' },
        { type: 'work', locality: 'Bonn', region: 'NRW', country: 'DE' },
      ],
    },
    { location: 'Bonn, NRW, DE' },
  ],
  [
    'an address in lines',
    { addresses: [{ formatted: '1 High St\r\nRye\nGB' }] },
    { location: '1 High St, Rye, GB' },
  ],
  ['a location', { location: 'Bonn' }, { location: 'Bonn' }],
  ['its own address as location', { location: 'https://x.example/Users/1' }, {}],
  [
    'a work phone',
    {
      phoneNumbers: [
        { value: '2', type: 'mobile' },
        { value: '1', type: 'work' },
      ],
    },
    { phone: '1' },
  ],
  [
    'language and zone',
    { locale: 'de-DE', timezone: 'Europe/Berlin' },
    { locale: 'de-DE', timezone: 'Europe/Berlin' },
  ],
  [
    'a sign-in in an extension',
    { [CONSOLE]: { lastLogin: '2026-03-01T08:00:00Z' } },
    { lastSignInAt: '2026-03-01T08:00:00.000Z' },
  ],
  [
    'a sign-in as a number',
    { lastLogonTime: 1_530_767_651_229 },
    { lastSignInAt: '2018-07-05T05:14:11.229Z' },
  ],
  ['a sign-in in seconds', { lastLogonTime: '1530767651' }, { lastSignInAt: '2018-07-05T05:14:11.000Z' }],
  [
    'a sign-in in meta',
    { meta: { lastLoginDate: '2026-03-01 08:00:00' } },
    { lastSignInAt: '2026-03-01T08:00:00.000Z' },
  ],
  [
    'a sign-in with a zone',
    { [STATE]: { lastSuccessfulLoginDate: '2026-03-01T08:00:00+0200' } },
    { lastSignInAt: '2026-03-01T06:00:00.000Z' },
  ],
  [
    'the later of two',
    { lastLogin: '2026-03-01', meta: { lastLogin: '2026-04-01' } },
    { lastSignInAt: '2026-04-01T00:00:00.000Z' },
  ],
  ...[
    null,
    '',
    0,
    '0001-01-01T00:00:00Z',
    '1970-01-01T00:00:00Z',
    'yesterday',
    {},
    true,
    1e300,
    '2026-13-01',
  ].map((value): (typeof RECORDS)[number] => [
    `a sign-in of ${JSON.stringify(value)}`,
    { lastLogin: value },
    {},
  ]),
]

const SHOWN = [
  'otherEmails',
  'userType',
  'location',
  'manager',
  'managerName',
  'phone',
  'locale',
  'timezone',
] as const
const picked = (account: Account | undefined) =>
  Object.fromEntries(
    [...SHOWN, 'lastSignInAt' as const].flatMap((name) =>
      account?.[name] === undefined ? [] : [[name, account[name]]],
    ),
  )

test.each(RECORDS)('shows %s', async (_, record, shown) => {
  await using app = await serveCanned(() => ({ body: user('u1', undefined, record) }))
  expect(picked(await scimAt(app.url).readAccount({ id: 'u1' }, context()))).toEqual(shown)
})

test('reads a field once, whether it is shown or to be changed', async () => {
  const record = user('u1', undefined, {
    locale: 'de',
    timezone: 'Europe/Berlin',
    phoneNumbers: [{ value: '1' }],
    [ENTERPRISE]: { manager: { value: 'm1' } },
  })
  await using app = await serveCanned(() => ({ body: record }))
  const read = await scimAt(app.url, {}, { more: () => ({ custom: { team: 'Blue' } }) }).readFields(
    { id: 'u1' },
    context(),
  )
  const fields = {
    manager: 'm1',
    locale: 'de',
    timezone: 'Europe/Berlin',
    phone: '1',
    custom: { team: 'Blue' },
  }
  expect(read).toMatchObject({ fields, account: fields })
})

test('goes from an account to that of its manager', async () => {
  const people = [
    user('m1', 'may.day'),
    user('u1', undefined, { [ENTERPRISE]: { manager: { value: 'm1' } } }),
  ]
  await using app = await serveCanned(({ path, query }) => {
    if (path !== '/Users') return { body: people.find(({ id }) => path === `/Users/${id}`), status: 200 }
    const asked = people.filter(({ userName }) => query.filter?.includes(`userName eq "${userName}"`))
    if (query.startIndex === '3') return { body: listOf([], 2) }
    return { body: listOf(query.filter === undefined ? people : asked) }
  })
  const scim = scimAt(app.url)
  const { accounts } = await scim.findAccounts({ user: 'u1@example.com' }, context())
  const manager = await scim.findAccounts({ user: accounts[0]?.manager ?? '' }, context())
  expect(manager.accounts).toMatchObject([{ id: 'm1', userName: 'may.day' }])
})

test.each<[Match, string[]]>([
  [{ manager: 'M1' }, ['u2']],
  [{ manager: 'may' }, ['u2']],
  [{ userType: 'contractor' }, ['u2']],
  [{ location: 'bonn, de' }, ['u2']],
  [{ location: 'bonn' }, []],
])('lists those that match %j', async (match, ids) => {
  const other = { manager: { value: 'm9', displayName: 'June' } }
  const same = { manager: { value: 'm1', displayName: 'May' } }
  const users = [
    user('u1', undefined, { userType: 'Employee', addresses: [{ locality: 'Rye' }], [ENTERPRISE]: other }),
    user('u2', undefined, {
      userType: 'Contractor',
      addresses: [{ locality: 'Bonn', country: 'DE' }],
      [ENTERPRISE]: same,
    }),
  ]
  await using app = await serveCanned(() => ({ body: listOf(users) }))
  const page = await scimAt(app.url, { pageSize: 10 }).listAccounts({ match, limit: 10 }, context())
  expect(page.items.map(({ id }) => id)).toEqual(ids)
  expect(page.complete).toBe(true)
})

describe('Gainsight by REST', () => {
  const row = {
    userId: 'u1',
    email: 'jane@example.com',
    firstName: 'Jane',
    isActive: true,
    userType: 'Internal',
    location: 'Bonn',
    managerId: 'u0',
    phone: '1',
    locale: 'en_US',
    timezone: 'UTC',
    groups: ['Renewals'],
    lastLoginDate: 1_772_352_000_000,
    customAttributes: { team: 'Blue', 'Ignore all\nprevious': 'x', lastLogin: '2020-01-01' },
  }

  test('shows them, groups too, and custom attributes whose name is a name', async () => {
    await using app = await serveCanned(() => ({ body: { result: true, data: row } }))
    const settings = { tokens: { accessKey: 'key' }, restDialect: 'users' }
    expect(await gainsightAt(app.url, settings).readAccount({ id: 'u1' }, context())).toMatchObject({
      userType: 'Internal',
      location: 'Bonn',
      manager: 'u0',
      phone: '1',
      locale: 'en_US',
      timezone: 'UTC',
      groups: ['Renewals'],
      lastSignInAt: '2026-03-01T08:00:00.000Z',
      custom: { team: 'Blue' },
    })
  })
})
