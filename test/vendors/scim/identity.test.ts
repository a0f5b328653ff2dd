// @module-tag long

import { expect } from 'vitest'
import { makePeople } from '../../../src/sandbox/people.ts'
import type { ScimApp } from '../../../src/sandbox/scim-app.ts'
import {
  ABSENT,
  type Case,
  deactivate,
  find,
  found,
  members,
  notSearched,
  probe,
  testCases,
  update,
} from './corner-world.ts'

const ADA = 'ada@example.com'
const SECOND = 'ada.l@home.example'
const inUse = (app: ScimApp) => {
  app.user(ADA).active = false
  app.addUser({
    userName: 'alovelace',
    name: { givenName: 'Ada', familyName: 'Lovelace' },
    emails: [{ value: ADA }],
  })
}
const twoEmails = (app: ScimApp) =>
  void app.addUser({ userName: 'alovelace', emails: [{ value: 'al@example.com' }, { value: SECOND }] })
const both = { people: [{ accounts: [{ userName: ADA }, { userName: 'alovelace' }] }] }
const twins = (app: ScimApp) => {
  inUse(app)
  expect(app.user('alovelace').active).toBe(true)
}
const error = (code: string) => ({ error: { code } })
const named = (...userNames: string[]) => ({
  people: userNames.map((userName) => ({ accounts: [{ userName, matchedBy: ['name'] }] })),
  note: expect.stringContaining('candidates'),
})
const stays = (app: ScimApp) => expect(app.user(ADA).active).toBe(true)

/** Who is found, who is absent, and on what evidence. */
const TABLE: Record<string, Record<string, Case>> = {
  'everybody who bears the name': {
    'is found: the old account and the one in use': {
      given: inUse,
      asks: find(ADA),
      gives: { ...both, complete: true },
    },
    'is found where `or` is refused': { faults: ['or-refused'], given: inUse, asks: find(ADA), gives: both },
    'is found where only the first part of `or` is read': {
      faults: ['or-first-only'],
      given: inUse,
      asks: find(ADA),
      gives: both,
    },
    'is found where only a filter by user name finds anybody': {
      faults: ['filter-user-name-only'],
      given: inUse,
      asks: find(ADA),
      gives: both,
    },
    'is found where no filter works': {
      faults: ['filter-ignored'],
      given: inUse,
      asks: find(ADA),
      gives: both,
    },
    'is a candidate when one is to be changed': {
      given: twins,
      asks: deactivate(ADA),
      gives: error('ambiguous'),
      sends: [],
      leaves: (app) => expect(app.user('alovelace').active).toBe(true),
    },
    'is a candidate for a group too': {
      given: inUse,
      asks: members('Everyone', { remove: [ADA] }),
      gives: {
        members: [
          {
            user: ADA,
            outcome: 'failed',
            code: 'ambiguous',
            candidates: [{ userName: ADA }, { userName: 'alovelace' }],
          },
        ],
      },
      sends: [],
    },
    'is a candidate for a new title too': {
      given: inUse,
      asks: update(ADA, { title: 'x' }),
      gives: error('ambiguous'),
      sends: [],
    },
  },

  'a member whom the app cuts off its list': {
    'is taken out, since the account tells that it is one': {
      app: { people: makePeople(150) },
      faults: ['members-cut'],
      asks: async ({ call }, tenant) => {
        const { accounts } = (await call('list_users', { tenant, limit: 200 })) as {
          accounts: { userName: string }[]
        }
        const last = accounts.at(-1)?.userName ?? ''
        return call('update_group_members', { tenant, group: 'Everyone', remove: [last] })
      },
      gives: { members: [{ outcome: 'removed' }] },
      sends: ['PATCH'],
      leaves: (app) => expect(app.group('Everyone').members).toHaveLength(149),
    },
  },

  'a second email': {
    'is found': {
      given: twoEmails,
      asks: find(SECOND),
      gives: {
        people: [{ accounts: [{ userName: 'alovelace', otherEmails: [SECOND], matchedBy: ['email'] }] }],
      },
    },
    'is found where a filter by email is refused': {
      faults: ['emails-filter', 'or-refused'],
      given: twoEmails,
      asks: find(SECOND),
      gives: found('alovelace'),
    },
    'is found where a filter by email finds nobody': {
      faults: ['filter-user-name-only'],
      given: twoEmails,
      asks: find(SECOND),
      gives: found('alovelace'),
    },
    'is found where rows need a count': {
      faults: ['rows-need-count'],
      given: twoEmails,
      asks: find(SECOND),
      gives: found('alovelace'),
    },
    'is found where rows do not show it': {
      faults: ['rows-sparse'],
      given: twoEmails,
      asks: find(SECOND),
      gives: found('alovelace'),
    },
  },

  absent: {
    'is said on a filter that was tested': {
      asks: [find(ADA), find('nobody@example.com')],
      gives: { ...ABSENT, complete: true },
    },
    'is said after a probe, in one request': {
      asks: [probe, find('nobody@example.com')],
      gives: { ...ABSENT, complete: true },
    },
    'is said on the whole list': {
      faults: ['filter-empty'],
      asks: find('nobody@example.com'),
      gives: { ...ABSENT, complete: true },
    },
    'is not said where neither the filter nor the list can tell': {
      faults: ['emails-filter', 'or-refused', 'rows-sparse'],
      asks: find('nobody@example.com'),
      gives: { ...notSearched('bad_reply'), complete: false },
    },
    'is not said where the list is too long': {
      faults: ['filter-empty'],
      settings: { maxPages: 2 },
      asks: find('nobody@example.com'),
      gives: { ...notSearched('bad_reply'), complete: false },
    },
    'is not said of a person to be deactivated there': {
      faults: ['filter-empty'],
      settings: { maxPages: 2 },
      asks: deactivate('nobody@example.com'),
      gives: { status: 'failed', results: [{ outcome: 'failed', code: 'bad_reply', verified: false }] },
    },
  },

  'somebody found by the user name, where others cannot be told': {
    'is shown, and the answer is not complete': {
      faults: ['filter-user-name-only'],
      settings: { maxPages: 1 },
      asks: find(ADA),
      gives: {
        people: [{ accounts: [{ userName: ADA }] }],
        searched: [{ outcome: 'found', code: 'bad_reply', note: expect.stringContaining('other accounts') }],
        complete: false,
      },
    },
    'is not verified as inactive': {
      faults: ['filter-user-name-only'],
      settings: { maxPages: 1 },
      given: (app) => {
        app.user(ADA).active = false
      },
      asks: deactivate(ADA),
      gives: { status: 'partial', results: [{ outcome: 'already_inactive', verified: false }] },
      sends: [],
    },
  },

  'a name': {
    'finds by the given name': { asks: find('Ada'), gives: named(ADA) },
    'finds by the family name': { asks: find('lovelace'), gives: named(ADA) },
    'finds by both': { asks: find('Ada Lovelace'), gives: named(ADA) },
    'finds by both, the other way round': { asks: find('Lovelace, Ada'), gives: named(ADA) },
    'finds without the accents': {
      given: (app) =>
        void app.addUser({ userName: 'zoe@example.com', name: { givenName: 'Zoë', familyName: 'Núñez' } }),
      asks: find('Zoe Nunez'),
      gives: named('zoe@example.com'),
    },
    ...Object.fromEntries(
      [
        '"Ada Lovelace" <ada@example.com>',
        'Ada Lovelace <mailto:ada@example.com>',
        'mailto:ada@example.com',
        'MAILTO:Ada@Example.com',
        '<mailto:ada@example.com|ada@example.com>',
      ].map((written) => [
        `beside an address is not needed: ${written}`,
        {
          asks: find(written),
          gives: {
            people: [{ accounts: [{ userName: ADA, matchedBy: expect.arrayContaining(['userName']) }] }],
          },
        },
      ]),
    ),
    'that nobody bears is absent': { asks: find('Quirin Nobody'), gives: { ...ABSENT, complete: true } },
    'is not searched where the list is too long': {
      settings: { maxPages: 1 },
      asks: find('Quirin Nobody'),
      gives: { ...notSearched('unsupported'), complete: false },
    },
    'shows whom filters find where the list is too long': {
      settings: { maxPages: 1 },
      asks: find('Ada Lovelace'),
      gives: { people: [{ accounts: [{ userName: ADA }] }], complete: false },
    },
    'is never a target': {
      asks: deactivate('Ada Lovelace'),
      gives: error('not_found'),
      sends: [],
      leaves: stays,
    },
  },

  'an id': {
    'that is an address is found': {
      app: { people: [] },
      given: (app) => void app.addUser({ id: 'ada@ids.example', userName: 'ada' }),
      asks: find('ada@ids.example'),
      gives: { people: [{ accounts: [{ userName: 'ada', matchedBy: ['id'] }] }] },
    },
    'that is the user name of another finds both': {
      given(app) {
        app.addUser({ id: '1001', userName: 'first' })
        app.addUser({ userName: '1001' })
      },
      asks: find('1001'),
      gives: { people: [{}, {}], complete: true },
    },
  },

  'a comparison': {
    'does not mind blanks': {
      app: { people: [] },
      given: (app) => void app.addUser({ userName: ' ada@x.example ' }),
      asks: find('ada@x.example'),
      gives: { searched: [{ outcome: 'found' }] },
    },
    'does not mind the form of an accent': {
      app: { people: [] },
      given: (app) => void app.addUser({ userName: 'jose\u0301@x.example' }),
      asks: find('jos\u00e9@x.example'),
      gives: { searched: [{ outcome: 'found' }] },
    },
  },
}

testCases(TABLE)
