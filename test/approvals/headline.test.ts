import { describe, expect, test } from 'vitest'
import { headline, plainHeadline } from '../../src/approvals/headline.ts'
import type { Alteration, BriefedAccount, BriefedChange, Briefing } from '../../src/domain/briefing.ts'
import type { ChangeName } from '../../src/domain/change.ts'

const APPS: Record<string, string> = { slack: 'Slack', 'slack-eu': 'Slack', okta: 'Okta', zoom: 'Zoom' }

const person = (name: string, more: Partial<BriefedAccount> = {}): BriefedAccount => ({
  userName: `${name.toLowerCase()}@example.com`,
  id: name,
  name,
  alters: [],
  ...more,
})
const ADA = person('Ada')
const GRACE = person('Grace')
const change = (
  tenant: string,
  operation: BriefedChange['operation'],
  accounts: BriefedAccount[] = [ADA],
  group?: string,
): BriefedChange => ({
  tenant,
  app: APPS[tenant] ?? tenant,
  operation,
  accounts,
  ...(group !== undefined && { group: { name: group, from: 'app' } }),
})
const inGroup = (one: BriefedAccount, after: 'in the group' | 'not in the group'): BriefedAccount => ({
  ...one,
  alters: [{ what: 'membership', after, from: 'server' }],
})
const sets = (...values: [what: string, after: string][]): BriefedAccount => ({
  ...ADA,
  alters: values.map(([what, after]): Alteration => ({ what, after, from: 'agent' })),
})
const join = (one: BriefedAccount) => inGroup(one, 'in the group')
const leave = (one: BriefedAccount) => inGroup(one, 'not in the group')
const run = (
  people: number,
  person?: string,
  operations: readonly ChangeName[] = ['deactivateAccount'],
): Briefing => ({
  changes: [],
  run: {
    ...{ id: 'run-1', people, accounts: 9, operations, ...(person !== undefined && { person }) },
    places: ['slack', 'okta'].map((tenant) => ({
      ...{ tenant, app: APPS[tenant] ?? '', accounts: 4, administrators: 0 },
    })),
  },
})

const HEADLINES: [expected: string, changes: BriefedChange[]][] = [
  ['Deactivate "Ada" in Slack', [change('slack', 'deactivateAccount')]],
  [
    'Deactivate "Ada" in 3 apps',
    ['slack', 'okta', 'zoom'].map((tenant) => change(tenant, 'deactivateAccount')),
  ],
  [
    'Deactivate "Ada" in 2 tenants of Slack',
    ['slack', 'slack-eu'].map((tenant) => change(tenant, 'deactivateAccount')),
  ],
  [
    'Deactivate "ada@example.com" in Slack',
    [change('slack', 'deactivateAccount', [{ userName: 'ada@example.com', alters: [] }])],
  ],
  ['Deactivate "Ada" in Slack', [change('slack', 'endSessions'), change('slack', 'deactivateAccount')]],
  ['End every session of "Ada" in Slack', [change('slack', 'endSessions')]],
  ['Reactivate "Ada" in Okta', [change('okta', 'reactivateAccount')]],
  ['Delete "Ada" in Okta', [change('okta', 'deleteAccount')]],
  ['Create an account for "Ada" in Okta', [change('okta', 'createAccount')]],
  [
    'Take 2 people out of "Marketing" in Slack',
    [change('slack', 'updateMembers', [leave(ADA), leave(GRACE)], 'Marketing')],
  ],
  ['Add "Ada" to "Marketing" in Slack', [change('slack', 'updateMembers', [join(ADA)], 'Marketing')]],
  [
    'Add "Ada" to "Marketing" and take "Grace" out of it in Slack',
    [change('slack', 'updateMembers', [join(ADA), leave(GRACE)], 'Marketing')],
  ],
  [
    'Make 2 changes to "Ada" in Slack',
    ['Marketing', 'Sales'].map((group) => change('slack', 'updateMembers', [leave(ADA)], group)),
  ],
  ['Create the group "Poets" in Okta', [change('okta', 'createGroup', [], 'Poets')]],
  ['Create the group "Poets" with 2 people in Okta', [change('okta', 'createGroup', [ADA, GRACE], 'Poets')]],
  [
    'Change the title of "Ada" to "Boss" in Okta',
    [change('okta', 'updateAccount', [sets(['title', 'Boss'])])],
  ],
  [
    'Change the user name and email of "Ada" in Okta',
    [change('okta', 'updateAccount', [sets(['userName', 'a'], ['email', 'b'])])],
  ],
  [
    'Change 3 fields of "Ada" in Okta',
    [change('okta', 'updateAccount', [sets(['title', 'a'], ['role', 'b'], ['phone', 'c'])])],
  ],
  [
    'Change the "x in Zoom" of "Ada" to "yes" in Okta',
    [change('okta', 'updateAccount', [sets(['x in Zoom', 'yes'])])],
  ],
  [
    'Make 2 changes to "Ada" in 2 apps',
    [change('okta', 'deactivateAccount'), change('slack', 'reactivateAccount')],
  ],
  // One email in several apps is one person; in one app they are two.
  [
    'Deactivate "Ada" in 2 apps',
    [
      change('okta', 'deactivateAccount', [
        person('Ada', { email: 'ada@example.com', userName: 'alovelace' }),
      ]),
      change('slack', 'deactivateAccount', [person('Ada', { email: 'ADA@example.com' })]),
    ],
  ],
  [
    'Take 2 people out of "Marketing" in Slack',
    [
      change(
        'slack',
        'updateMembers',
        [leave({ ...ADA, email: 'shared@example.com' }), leave({ ...GRACE, email: 'shared@example.com' })],
        'Marketing',
      ),
    ],
  ],
]

describe('the headline says who, what, in which direction and where', () => {
  test.each(HEADLINES)('%s', (expected, changes) => {
    expect(plainHeadline(headline({ changes }))).toBe(expected)
  })

  test.each([
    ['Deactivate "ada@example.com" in 2 apps', run(1, 'ada@example.com')],
    ['Deactivate 1 person in 2 apps', run(1)],
    ['Deactivate 9 people in 2 apps', run(9)],
    ['Reactivate 9 people in 2 apps', run(9, undefined, ['reactivateAccount'])],
    ['Create an account for 9 people in 2 apps', run(9, undefined, ['createAccount'])],
    ['Change accounts of 9 people in 2 apps', run(9, undefined, ['deactivateAccount', 'reactivateAccount'])],
  ])('%s, for a run', (expected, briefing) => {
    expect(plainHeadline(headline(briefing))).toBe(expected)
  })

  test('names of others are told apart, in quotes that they cannot close, and as one piece', () => {
    const evil = person('Ada" in Slack. Nothing else is changed\u202e')
    const words = headline({ changes: [change('okta', 'deactivateAccount', [evil])] })
    expect(words).toEqual(['Deactivate ', { theirs: evil.name }, ' in Okta'])
    expect(plainHeadline(words)).toBe('Deactivate "Ada” in Slack. Nothing else is changed" in Okta')
  })
})
