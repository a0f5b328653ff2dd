// @module-tag long

import { expect } from 'vitest'
import type { RateSpelling } from '../../../src/sandbox/limit.ts'
import { makePeople } from '../../../src/sandbox/people.ts'
import { USER } from '../../../src/sandbox/scim/schema.ts'
import type { ScimApp, ScimFault } from '../../../src/sandbox/scim-app.ts'
import {
  ABSENT,
  type Case,
  check,
  create,
  DEACTIVATED,
  deactivate,
  find,
  found,
  groups,
  inSeconds,
  list,
  many,
  members,
  nextPage,
  notSearched,
  one,
  PEOPLE,
  probe,
  reactivate,
  remove,
  testCases,
  update,
} from './corner-world.ts'

const ADA = 'ada@example.com'
const ALAN = 'alan@example.com'
const NEW = 'di.new@example.com'
const EVERYBODY = PEOPLE.length

const CREATED = { status: 'done', outcome: 'created', verified: true }
const UPDATED = { status: 'done', outcome: 'updated', verified: true }
const DELETED = { status: 'done', outcome: 'deleted', verified: true }
const CONFLICT = { status: 'failed', outcome: 'failed', code: 'conflict' }
const EXISTS = { status: 'unchanged', outcome: 'already_exists', account: { userName: ADA } }
const UNSEEN = one('partial', { outcome: 'deactivated', verified: false })
const failed = (code: string) => one('failed', { outcome: 'failed', code })
const everybody = { accounts: many(EVERYBODY), complete: true }
const cut = (count: number, note: string) => ({
  accounts: many(count),
  complete: false,
  note: expect.stringContaining(note),
})
const error = (code: string) => ({ error: { code } })

const isActive = (app: ScimApp, user = ADA) => app.user(user).active
/** Nobody but Ada is switched off who was not before. */
const onlyAdaLeft = (app: ScimApp) => {
  const before = PEOPLE.filter(({ active }) => !active).map(({ userName }) => userName)
  const now = app.users.filter(({ active }) => !active).map(({ userName }) => userName)
  expect(now.sort()).toEqual([ADA, ...before].sort())
}
const stays = (app: ScimApp) => expect(isActive(app)).toBe(true)
const idOf = (app: ScimApp, user: string) => app.user(user).id
const memberIds = (app: ScimApp, group: string) => (app.group(group).members ?? []).map(({ value }) => value)
const GUEST = 'gus@example.com'
const addGuest = (app: ScimApp) => app.addUser({ userName: GUEST, userType: 'Guest' })
const outsider = (app: ScimApp) => app.addUser({ userName: NEW })

const { title: _, ...WITHOUT_TITLES } = USER
const CROWD = { people: makePeople(120) }
const namesOf = (from: number, to: number) => CROWD.people.slice(from, to).map(({ userName }) => userName)

/** What apps that speak SCIM 2.0 were seen to do, and what must come of it; beside each its source. */
const TABLE: Record<string, Record<string, Case>> = {
  'PATCH that': {
    // Metatavu/keycloak-scim-server#95
    'is understood with a path alone': {
      faults: ['patch-path-only'],
      asks: deactivate(ADA),
      gives: DEACTIVATED,
      sends: ['PATCH'],
    },
    // pond/scimitar#29, getsentry/sentry#27199
    'is understood without a path alone, which is remembered': {
      faults: ['patch-pathless-only'],
      asks: [deactivate(ADA), reactivate(ADA)],
      gives: one('done', { outcome: 'reactivated', verified: true }),
      sends: ['PATCH', 'PATCH', 'PATCH'],
    },
    'with a path breaks the connection': {
      faults: ['patch-path-drops'],
      asks: [deactivate(ADA), reactivate(ADA)],
      gives: one('done', { outcome: 'reactivated', verified: true }),
      sends: ['PATCH', 'PATCH', 'PATCH'],
    },
    'with a path is an internal error': {
      faults: [{ fault: 'server-error', method: 'PATCH', times: 1 }],
      asks: deactivate(ADA),
      gives: DEACTIVATED,
      sends: ['PATCH', 'PATCH'],
      leaves: onlyAdaLeft,
    },
    'breaks the connection and was made': {
      faults: [{ fault: 'lost-reply', method: 'PATCH' }],
      asks: deactivate(ADA),
      gives: DEACTIVATED,
      sends: ['PATCH'],
    },
    'breaks the connection in any form': {
      faults: [{ fault: 'reset', method: 'PATCH' }],
      asks: deactivate(ADA),
      gives: one('failed', { outcome: 'unknown', code: 'unknown_outcome' }),
      leaves: stays,
    },
    'is not answered in time, and may still be made': {
      faults: [{ fault: 'hang', method: 'PATCH' }],
      settings: { timeoutMs: 1_000 },
      asks: deactivate(ADA),
      gives: one('failed', { outcome: 'unknown', code: 'unknown_outcome' }),
      sends: ['PATCH'],
      leaves: stays,
    },
    'breaks the connection in the form that the settings name': {
      faults: ['patch-path-drops'],
      settings: { patchStrategy: 'path' },
      asks: deactivate(ADA),
      gives: one('failed', { outcome: 'unknown', code: 'unknown_outcome' }),
      sends: ['PATCH'],
      leaves: stays,
    },
    'is refused by a class of error in other letters': {
      faults: ['errors-lower-case', 'patch-pathless-only'],
      asks: deactivate(ADA),
      gives: DEACTIVATED,
      sends: ['PATCH', 'PATCH'],
    },
    // goauthentik/authentik#11249
    'is answered 405': {
      faults: ['patch-unsupported'],
      asks: deactivate(ADA),
      gives: DEACTIVATED,
      sends: ['PATCH', 'PUT'],
      leaves: (app) =>
        expect(app.user(ADA)).toMatchObject({ title: 'Software Engineer', name: { familyName: 'Lovelace' } }),
    },
    'is answered 501': {
      faults: [{ fault: 'patch-unsupported', status: 501 }],
      asks: deactivate(ADA),
      gives: DEACTIVATED,
      sends: ['PATCH', 'PATCH', 'PUT'],
    },
    'is taken of active alone': {
      app: { patchable: ['active'] },
      asks: [update(ADA, { title: 'Countess' }), deactivate(ADA)],
      gives: DEACTIVATED,
      leaves: (app) =>
        expect(app.user(ADA)).toMatchObject({
          title: 'Countess',
          active: false,
          name: { givenName: 'Ada', familyName: 'Lovelace' },
        }),
    },
    'is offered no more than PUT is': {
      faults: ['patch-unsupported', 'put-unsupported'],
      asks: deactivate(ADA),
      gives: failed('unsupported'),
      leaves: stays,
    },
    // AzureAD/SCIMReferenceCode#21, bytebase/bytebase#19073
    'takes neither "False" nor Replace': {
      asks: deactivate(ADA),
      gives: DEACTIVATED,
      leaves: ({ writes }) =>
        expect(writes[0]?.body).toMatchObject({
          Operations: [{ op: 'replace', path: 'active', value: false }],
        }),
    },
    // Captain-P-Goldfish/SCIM-SDK#519
    'is answered 204 without a body': {
      app: { patchReply: { User: 'empty', Group: 'empty' } },
      asks: deactivate(ADA),
      gives: DEACTIVATED,
    },
    // elimity-com/scim#102
    'is answered 200 without a body': {
      faults: ['patch-empty-200'],
      asks: deactivate(ADA),
      gives: DEACTIVATED,
    },
    'is answered 200 with the status 204 inside': {
      faults: ['patch-status-object'],
      asks: deactivate(ADA),
      gives: DEACTIVATED,
    },
    // open-webui/open-webui#30074
    'is answered well and changes nothing': {
      faults: ['patch-ignored'],
      asks: deactivate(ADA),
      gives: UNSEEN,
      // In its other form, too.
      sends: ['PATCH', 'PATCH'],
    },
    'has a path that is ignored without a word': {
      faults: ['patch-path-ignored'],
      settings: { customAttributes: { badge: 'urn:example:2.0:User:badge' } },
      asks: update(ADA, { title: 'Countess', custom: { badge: '17' } }),
      gives: { status: 'partial', verified: false, note: expect.stringContaining('custom.badge;') },
      leaves: (app) => expect(app.user(ADA).title).toBe('Countess'),
    },
    // better-auth/better-auth#8549
    'is refused when it changes nothing': {
      faults: ['patch-no-op-refused'],
      asks: deactivate(ALAN),
      gives: one('unchanged', { outcome: 'already_inactive' }),
      sends: [],
    },
  },

  'active that': {
    // scim-patch#872
    'is told as "True" and "False"': {
      faults: ['string-booleans'],
      asks: deactivate(ADA),
      gives: DEACTIVATED,
    },
    // snipe/snipe-it#13948
    'is told as 1 and 0': {
      faults: ['numeric-active'],
      asks: deactivate(ADA),
      gives: DEACTIVATED,
    },
    'is not told': {
      faults: ['active-missing'],
      asks: deactivate(ADA),
      gives: UNSEEN,
      sends: ['PATCH'],
    },
    // getsentry/sentry
    'is ignored': {
      faults: ['active-ignored'],
      asks: deactivate(ADA),
      gives: UNSEEN,
      leaves: stays,
    },
    // PagerDuty
    'deletes when it is set to false, as the settings say': {
      faults: ['deactivation-deletes'],
      settings: { deactivateMeans: 'deletes' },
      asks: deactivate(ADA),
      gives: DEACTIVATED,
      leaves: (app) => expect(app.users).toHaveLength(EVERYBODY - 1),
    },
    'deletes when it is set to false, which nobody knew': {
      faults: ['deactivation-deletes'],
      asks: deactivate(ADA),
      gives: one('partial', { verified: false, note: expect.stringContaining('no longer shows') }),
    },
    // LaunchDarkly
    'cannot be set for the owner': {
      faults: ['owner-protected'],
      asks: deactivate(ADA),
      gives: failed('refused'),
      leaves: stays,
    },
  },

  'a filter that': {
    // Cogtrix#124
    'is ignored, for somebody who is there': {
      faults: ['filter-ignored'],
      asks: deactivate(ADA),
      gives: DEACTIVATED,
      leaves: onlyAdaLeft,
    },
    'is ignored, for somebody who is not': {
      faults: ['filter-ignored'],
      asks: find('nobody@example.com'),
      gives: ABSENT,
    },
    'is ignored, where not everybody can be looked at': {
      faults: ['filter-ignored'],
      settings: { maxPages: 1 },
      asks: find('nobody@example.com'),
      gives: notSearched('bad_reply'),
    },
    // Snowflake's behaviour change 2276
    'is taken loosely': {
      faults: ['filter-loose'],
      asks: deactivate('breakglass@example.com'),
      gives: DEACTIVATED,
      leaves: stays,
    },
    // wso2/product-is#7367
    'is refused with 400': {
      faults: ['filter-refused'],
      asks: deactivate(ADA),
      gives: DEACTIVATED,
      leaves: onlyAdaLeft,
    },
    'is refused with 501': {
      faults: [{ fault: 'filter-refused', status: 501 }],
      asks: find('nobody@example.com'),
      gives: ABSENT,
    },
    // wso2/product-is#11182: it may as well be an outage, so that nobody is looked for page by page
    'is answered 500': {
      faults: [{ fault: 'filter-refused', status: 500 }],
      asks: find(ADA),
      gives: notSearched('unavailable'),
    },
    'is answered 500, once that is known': {
      faults: [{ fault: 'filter-refused', status: 500 }],
      asks: [probe, find(ADA)],
      gives: found(ADA),
    },
    'is refused for a listing': {
      faults: ['filter-refused'],
      asks: list({ match: { status: 'inactive' } }),
      gives: { complete: true, accounts: expect.any(Array), note: expect.stringContaining('one by one') },
    },
    // imulab/go-scim#12
    'every list wants': {
      faults: ['list-needs-filter'],
      asks: find(ADA),
      gives: found(ADA),
    },
    'every list wants, where all are to be listed': {
      faults: ['list-needs-filter'],
      asks: list(),
      gives: error('unsupported'),
    },
    'every list wants, when the token is checked': {
      faults: ['list-needs-filter'],
      asks: check,
      gives: { checks: [{ verdict: 'ok' }] },
    },
    'every list wants, when the app is probed': {
      faults: ['list-needs-filter'],
      asks: probe,
      gives: {
        ok: true,
        findings: expect.arrayContaining([{ about: 'users', found: 'cannot be listed without a filter' }]),
      },
    },
    // langwatch/langwatch#6973
    'finds nobody who is there': {
      faults: ['filter-empty'],
      asks: create(ADA),
      gives: EXISTS,
      sends: [],
    },
    'finds nobody at first': {
      faults: [{ fault: 'filter-empty', times: 3 }],
      asks: create(ADA),
      gives: EXISTS,
      sends: [],
    },
    'finds nobody, as the list does': {
      faults: ['guests-hidden'],
      given: addGuest,
      asks: create(GUEST),
      gives: CONFLICT,
      sends: ['POST'],
    },
    // better-auth/better-auth#10420
    'is refused by externalId': {
      faults: ['external-id-filter'],
      asks: create(NEW, { externalId: 'idp-new' }),
      gives: CREATED,
    },
    'is refused by email': {
      faults: ['emails-filter'],
      asks: find(ADA),
      gives: found(ADA),
    },
    // ory/polis
    'is read as one by userName, whatever it asks for': {
      faults: ['filter-any-attribute'],
      asks: [update(ADA, { email: NEW }), find(NEW)],
      gives: found(ADA),
    },
    'is read as one by userName, where an external id is one': {
      faults: ['filter-any-attribute'],
      given: (app) => {
        for (const [index, { userName }] of PEOPLE.entries())
          app.user(userName).externalId = index === 0 ? 'lone-id' : userName
      },
      asks: find('lone-id'),
      gives: found(PEOPLE[0]?.userName ?? ''),
    },
    'is read as one by userName, and nobody has the email': {
      faults: ['filter-any-attribute'],
      asks: find(NEW),
      gives: ABSENT,
    },
    'must escape what it is given': {
      given: (app) => app.addUser({ userName: 'o"k\\c@example.com' }),
      asks: find('o"k\\c@example.com'),
      gives: found('o"k\\c@example.com'),
    },
    'could not hold what it is given': {
      asks: find('ada\u0007@example.com'),
      gives: error('invalid_input'),
      leaves: ({ arrivals }) => expect(arrivals).toEqual([]),
    },
  },

  'somebody who': {
    'is there twice, in other letter case': {
      faults: ['duplicate-user'],
      asks: deactivate(ADA),
      gives: error('ambiguous'),
      sends: [],
    },
    // langfuse/langfuse#13528
    'is shown in other letter case': {
      faults: ['mixed-case-names'],
      asks: deactivate(ADA),
      gives: DEACTIVATED,
    },
    'is stored in lower case': {
      faults: ['lower-cases'],
      asks: create('Di.New@Example.com'),
      gives: { ...CREATED, account: { userName: NEW } },
    },
    // eneo-ai/eneo#443
    'gets another name while a person is asked': {
      meanwhile: (app) => app.renameUser(ADA, 'other@example.com'),
      asks: deactivate(ADA),
      gives: error('approval_void'),
      sends: [],
    },
    // Atlassian ACCESS-1293
    'is inactive, and so not listed': {
      faults: ['inactive-unlisted'],
      asks: create(ALAN),
      gives: { ...CONFLICT, note: expect.stringContaining('deactivated or hidden') },
      sends: ['POST'],
    },
  },

  'a list': {
    // wso2/product-is#7320, AzureAD/SCIMReferenceCode#83
    'whose total is the size of the page': { faults: ['total-is-page'], asks: list(), gives: everybody },
    // scimmyjs/scimmy#21
    'that ignores startIndex': {
      faults: ['paging-ignored'],
      asks: list(),
      gives: cut(5, 'already sent'),
    },
    'that ignores startIndex, page by page': {
      faults: ['paging-ignored'],
      asks: [list({ limit: 5 }), nextPage],
      gives: cut(0, 'already sent'),
    },
    // elimity-com/scim#154
    'that counts from 0': { faults: ['start-from-zero'], asks: list(), gives: everybody },
    'whose itemsPerPage is what was asked for': {
      faults: ['items-per-page-off'],
      asks: list(),
      gives: everybody,
    },
    // scimmyjs/scimmy#22
    'that says its numbers as text': { faults: ['text-numbers'], asks: list(), gives: everybody },
    'that says no numbers': { faults: ['numbers-missing'], asks: list(), gives: everybody },
    // Captain-P-Goldfish/SCIM-SDK#131
    'that is empty where startIndex passes count': {
      faults: ['page-past-count'],
      asks: list(),
      gives: cut(5, 'stopped after 5'),
    },
    // Slack, Atlassian, HashiCorp and PostHog, each with a most of its own
    'that gives fewer rows than asked for': {
      faults: ['count-clamped'],
      settings: { pageSize: 100 },
      asks: list(),
      gives: everybody,
    },
    'whose pages overlap': { faults: ['pages-overlap'], asks: list(), gives: everybody },
    'without Resources where there are none': {
      faults: ['resources-missing'],
      asks: list({ match: { userName: 'nobody' } }),
      gives: { accounts: [], complete: true },
    },
    // HashiCorp: a count of 0 brings the total alone, or is refused
    'that refuses a count of 0': {
      faults: ['count-zero-refused'],
      asks: check,
      gives: { checks: [{ verdict: 'ok' }] },
    },
    // bbvch-ai/aihub-core#1525
    'that is longer than may be read': {
      settings: { maxPages: 2 },
      asks: list(),
      gives: cut(10, 'There are more'),
    },
  },

  'a version that': {
    'is told and heeded': {
      app: { etags: true },
      asks: [probe, update(ADA, { title: 'Countess' })],
      gives: UPDATED,
      sends: ['PATCH'],
    },
    // Captain-P-Goldfish/SCIM-SDK#746
    'is refused though it is right': {
      app: { etags: true },
      faults: ['etag-refused'],
      asks: [probe, update(ADA, { title: 'Countess' })],
      gives: CONFLICT,
      sends: ['PATCH'],
      leaves: (app) => expect(app.user(ADA).title).not.toBe('Countess'),
    },
    'is told by an app that is not known to heed it': {
      app: { etags: true },
      faults: ['etag-refused'],
      asks: update(ADA, { title: 'Countess' }),
      gives: UPDATED,
    },
  },

  'a refusal': {
    ...refusals({
      'with a number for its status': 'errors-number',
      // ory/polis#4065
      'without a scimType': 'errors-untyped',
      'in plain text': 'errors-text',
      // Metatavu/keycloak-scim-server#114, pingidentity/scim2#131
      'that is a web page': 'errors-html',
      // FusionAuth/fusionauth-issues#1769
      'that is application/json+scim': 'errors-odd-type',
      // Tealium
      'with a returnCode': 'errors-return-code',
      'in a block of Errors': 'errors-block',
      'without a body': 'errors-empty',
    }),
    // wso2/product-is#3374
    'of an Accept without application/json': {
      faults: ['accept-json-only'],
      asks: find(ADA),
      gives: found(ADA),
    },
    'of an Accept without application/scim+json': {
      faults: ['accept-scim-only'],
      asks: find(ADA),
      gives: found(ADA),
    },
    'of application/scim+json, with the way out': {
      faults: ['send-json-only'],
      asks: deactivate(ADA),
      gives: one('failed', { code: 'bad_reply', note: expect.stringContaining('`contentType`') }),
      leaves: stays,
    },
    'of application/scim+json, where the settings say so': {
      faults: ['send-json-only'],
      settings: { contentType: 'application/json' },
      asks: deactivate(ADA),
      gives: DEACTIVATED,
    },
    'of application/json': { faults: ['send-scim-only'], asks: deactivate(ADA), gives: DEACTIVATED },
    // GitHub
    'of requests without a User-Agent': { faults: ['agent-required'], asks: find(ADA), gives: found(ADA) },
  },

  'a success': {
    // vouch#1412
    'that is a login page, for a question': {
      faults: ['html-errors'],
      asks: find(ADA),
      gives: notSearched('bad_reply'),
    },
    'that is a login page, for a change': {
      faults: [{ fault: 'html-errors', method: 'PATCH' }],
      asks: deactivate(ADA),
      gives: one('failed', { outcome: 'unknown', code: 'unknown_outcome' }),
      sends: ['PATCH'],
    },
    // snipe/snipe-it#13854, Metatavu/keycloak-scim-server#114
    'of making somebody who was there': {
      faults: ['guests-hidden', 'create-upsert'],
      given: addGuest,
      asks: create(GUEST),
      gives: { account: { userName: GUEST } },
      sends: ['POST'],
      leaves: (app) => expect(app.users).toHaveLength(EVERYBODY + 1),
    },
    'of making nobody': {
      faults: ['create-not-kept'],
      asks: create(NEW),
      gives: { status: 'partial', verified: false, note: expect.stringContaining('does not show') },
      sends: ['POST'],
    },
    'of making somebody, of whom a part was ignored': {
      app: { user: WITHOUT_TITLES },
      asks: create(NEW, { title: 'Countess', locale: 'en' }),
      gives: {
        status: 'partial',
        outcome: 'created',
        verified: false,
        note: expect.stringContaining('new title;'),
      },
      sends: ['POST'],
    },
    'of making somebody without an id': { faults: ['create-without-id'], asks: create(NEW), gives: CREATED },
    'that is lost, of making somebody': {
      faults: [{ fault: 'lost-reply', method: 'POST' }],
      settings: { maxRetries: 2 },
      asks: create(NEW),
      gives: CREATED,
      sends: ['POST'],
    },
    'that is lost, of adding a member': {
      faults: [{ fault: 'lost-reply', method: 'PATCH' }],
      settings: { maxRetries: 2 },
      asks: members('Sales', { add: [ADA] }),
      gives: { status: 'done', members: [{ outcome: 'added' }], verified: true },
      sends: ['PATCH'],
    },
  },

  'a deletion': {
    'whose reply is lost': {
      faults: [{ fault: 'lost-reply', method: 'DELETE' }],
      settings: { allowDelete: true, maxRetries: 2 },
      asks: remove(ADA),
      gives: DELETED,
      sends: ['DELETE'],
    },
    'of somebody who is gone already': {
      faults: ['delete-missing-204'],
      settings: { allowDelete: true },
      asks: [remove(ADA), remove(ADA)],
      gives: error('not_found'),
      sends: ['DELETE'],
    },
    // Atlassian
    'that deactivates, as the settings say': {
      faults: ['delete-deactivates'],
      settings: { allowDelete: true, deleteMeans: 'unlinks' },
      asks: remove(ADA),
      gives: { ...DELETED, outcome: 'deactivated', account: { status: 'inactive' } },
    },
    'that deactivates, which nobody knew': {
      faults: ['delete-deactivates'],
      settings: { allowDelete: true },
      asks: remove(ADA),
      gives: {
        status: 'partial',
        outcome: 'deactivated',
        verified: false,
        account: { status: 'inactive' },
        note: expect.stringContaining('still keeps'),
      },
    },
  },

  'too many requests': {
    // pingidentity/scim#20
    'without a word of when to come back': {
      faults: ['429-storm'],
      asks: find(ADA),
      gives: notSearched('rate_limited', { retryAt: expect.any(String) }),
    },
    // scylladb/terraform-provider-scylladbcloud#89
    'inside a 200': {
      faults: ['429-in-200'],
      asks: find(ADA),
      gives: notSearched('rate_limited', { retryAt: inSeconds(60) }),
    },
    'with Retry-After in seconds': {
      faults: [{ fault: '429-retry-after', ms: 300_000 }],
      asks: find(ADA),
      gives: notSearched('rate_limited', { retryAt: inSeconds(300) }),
    },
    // vouch
    'with Retry-After: 0': {
      faults: ['429-zero'],
      asks: find(ADA),
      gives: notSearched('rate_limited', { retryAt: expect.any(String) }),
    },
    'with Retry-After as a date, by a clock that is an hour slow': {
      app: { now: () => Date.now() - 3_600_000 },
      faults: [{ fault: '429-date', ms: 300_000 }],
      asks: find(ADA),
      gives: notSearched('rate_limited', { retryAt: inSeconds(300) }),
    },
    'for a change, which certainly was not made': {
      faults: [{ fault: '429-retry-after', method: 'PATCH', times: 1 }],
      settings: { maxRetries: 1 },
      asks: deactivate(ADA),
      gives: DEACTIVATED,
      sends: ['PATCH', 'PATCH'],
    },
    // docs.github.com, "Rate limits for the REST API"
    'as 403 with nothing left': {
      faults: [{ fault: 'limit-as-403', ms: 300_000 }],
      asks: find(ADA),
      gives: notSearched('rate_limited', { retryAt: inSeconds(300) }),
    },
    ...spellings({
      'told by ratelimit-reset, a wait': 'ratelimit',
      'told by one RateLimit header': 'ratelimit-fields',
      'told by x-ratelimit-reset, a wait': 'x-ratelimit',
      'told by x-ratelimit-reset, a time in seconds': 'x-ratelimit-epoch',
      'told by x-ratelimit-reset, a time in milliseconds': 'x-ratelimit-epoch-ms',
      'told by x-rate-limit-reset, a time in seconds': 'x-rate-limit-epoch',
    }),
    'as 503, for a question': {
      faults: [{ fault: 'unavailable', times: 1 }],
      settings: { maxRetries: 1 },
      asks: find(ADA),
      gives: found(ADA),
    },
    'as 503 with Retry-After, for a question': {
      faults: [{ fault: 'unavailable-for', times: 1 }],
      settings: { maxRetries: 1 },
      asks: find(ADA),
      gives: found(ADA),
    },
    'as 503 with Retry-After, for long': {
      faults: [{ fault: 'unavailable-for', ms: 300_000 }],
      asks: find(ADA),
      gives: notSearched('unavailable', { retryAt: inSeconds(300) }),
    },
    'as 503, for a change': {
      faults: [{ fault: 'unavailable', method: 'PATCH' }],
      settings: { maxRetries: 2 },
      asks: deactivate(ADA),
      gives: one('failed', { outcome: 'unknown', code: 'unknown_outcome' }),
      sends: ['PATCH'],
    },
  },

  'a group': {
    // graphql-hive/console#8352
    'whose members no list tells': {
      app: { members: 'asked' },
      asks: groups(),
      gives: {
        complete: true,
        groups: expect.not.arrayContaining([expect.objectContaining({ memberCount: expect.anything() })]),
      },
    },
    // databrickslabs/ucx#638
    'whose members are told one by one': {
      app: { members: 'asked' },
      asks: groups({ group: 'Everyone' }),
      gives: { complete: true, groups: [{ memberCount: EVERYBODY }] },
    },
    'whose members no wish shortens': {
      faults: ['attributes-ignored'],
      asks: groups({ group: 'Everyone' }),
      gives: { complete: true, groups: [{ name: 'Everyone', memberCount: EVERYBODY }] },
    },
    // AWS IAM Identity Center
    'whose members are never told': {
      faults: ['members-hidden'],
      asks: members('Sales', { add: [ADA] }),
      gives: { status: 'partial', members: [{ outcome: 'added' }], verified: false },
      leaves: (app) => expect(memberIds(app, 'Sales')).toContain(idOf(app, ADA)),
    },
    // ory/polis
    'that is shown as empty though somebody was put in': {
      faults: ['members-shown-empty'],
      asks: members('Sales', { add: [ADA] }),
      gives: { status: 'partial', members: [{ outcome: 'added' }], verified: false },
      leaves: (app) => expect(memberIds(app, 'Sales')).toContain(idOf(app, ADA)),
    },
    'that is shown as empty, and loses a member all the same': {
      faults: ['members-shown-empty'],
      asks: [members('Sales', { add: [ADA] }), members('Sales', { remove: [ADA] })],
      gives: { status: 'partial', members: [{ outcome: 'removed' }], verified: false },
      sends: ['PATCH', 'PATCH'],
      leaves: (app) => expect(memberIds(app, 'Sales')).not.toContain(idOf(app, ADA)),
    },
    'of an app that shows all as empty is not said to be so': {
      faults: ['members-shown-empty'],
      asks: [members('Sales', { add: [ADA] }), groups({ group: 'Sales' })],
      gives: { groups: [expect.not.objectContaining({ memberCount: 0 })] },
    },
    'of an app that ignores filters': {
      faults: ['filter-ignored'],
      asks: groups({ group: 'Sales' }),
      gives: { complete: true, groups: [{ name: 'Sales', memberCount: expect.any(Number) }] },
    },
    'of an app that refuses filters': {
      faults: [{ fault: 'filter-refused', status: 501 }],
      asks: groups({ group: 'Sales' }),
      gives: { complete: true, groups: [{ name: 'Sales', memberCount: expect.any(Number) }] },
    },
    'of an app that filters by names alone, fifty rows at a time': {
      app: { largestCount: 50 },
      faults: ['emails-filter', 'external-id-filter', 'members-hidden'],
      asks: groups({ group: 'Sales' }),
      gives: { complete: false, groups: [{ name: 'Sales' }], note: expect.any(String) },
    },
    // FusionAuth/fusionauth-issues#2784
    'of which the first 100 members are told': {
      app: CROWD,
      faults: ['members-cut'],
      given: outsider,
      asks: members('Everyone', { add: [NEW] }),
      gives: { status: 'partial', verified: false, members: [{ code: 'unknown_outcome' }] },
      leaves: (app) => expect(memberIds(app, 'Everyone')).toHaveLength(121),
    },
    'that loses members when one is added': {
      app: CROWD,
      faults: ['member-add-drops'],
      given: outsider,
      asks: members('Everyone', { add: [NEW] }),
      gives: {
        status: 'partial',
        verified: false,
        members: [{ outcome: 'added' }],
        note: expect.stringContaining('20 others'),
      },
    },
    // wso2/product-is#8876, FusionAuth/fusionauth-issues#3307
    'that is too large to be read in time': {
      faults: [{ fault: 'hang', path: '/Groups/' }],
      settings: { timeoutMs: 300 },
      asks: groups({ group: 'Everyone' }),
      gives: error('timeout'),
    },
    // Miro answers 413; AWS IAM Identity Center takes 100 at once
    'that takes 100 members at once': {
      app: CROWD,
      faults: ['members-too-many'],
      given: (app) =>
        app.group('Sales').members?.splice(0, 200, ...app.users.slice(60).map(({ id }) => ({ value: id }))),
      settings: { budget: { perMinute: 1_000 } },
      asks: members('Sales', { add: namesOf(0, 60), remove: namesOf(60, 120) }),
      gives: { status: 'done', verified: true },
      sends: ['PATCH', 'PATCH'],
    },
    'that takes none': {
      faults: [{ fault: 'server-error', method: 'PATCH', status: 413 }],
      asks: members('Sales', { add: [ADA] }),
      gives: { status: 'failed', members: [{ outcome: 'failed', code: 'refused' }] },
    },
    'that can only be read': {
      app: { groups: ['GET'] },
      asks: members('Sales', { add: [ADA] }),
      gives: { status: 'failed', members: [{ outcome: 'failed', code: 'unsupported' }] },
    },
    // Entra ID and Netskope send an array, RFC 7644 has a filter in the path
    'that loses a member by a filter alone': {
      faults: ['member-remove-filter'],
      asks: members('Everyone', { remove: [ADA] }),
      gives: { status: 'done', members: [{ outcome: 'removed' }], verified: true },
    },
    'that loses a member by an array alone, as the settings say': {
      faults: ['member-remove-list'],
      settings: { memberRemoveShape: 'array' },
      asks: members('Everyone', { remove: [ADA] }),
      gives: { status: 'done', members: [{ outcome: 'removed' }], verified: true },
    },
    'that loses a member by an array alone, which nobody knew': {
      faults: ['member-remove-list'],
      asks: members('Everyone', { remove: [ADA] }),
      gives: { status: 'failed', members: [{ outcome: 'failed', code: 'refused' }] },
      leaves: (app) => expect(memberIds(app, 'Everyone')).toHaveLength(EVERYBODY),
    },
    'is nothing that the app has': {
      app: { groups: [] },
      asks: groups(),
      gives: error('unsupported'),
    },
  },
}

/** Each refusal of a name that is taken is understood, however it is worded, and nobody is made. */
function refusals(faults: Record<string, ScimFault>): Record<string, Case> {
  return Object.fromEntries(
    Object.entries(faults).map(([name, fault]) => [
      name,
      {
        faults: ['guests-hidden', fault],
        given: addGuest,
        asks: create(GUEST),
        gives: CONFLICT,
        sends: ['POST'],
      },
    ]),
  )
}

/** Two requests are had in an hour; the third is not sent, since the replies said so, whatever the app's clock says. */
function spellings(rateHeaders: Record<string, RateSpelling>): Record<string, Case> {
  const now = () => Date.now() - 3_600_000
  return Object.fromEntries(
    Object.entries(rateHeaders).map(([name, rateHeaders]) => [
      name,
      {
        app: { rateHeaders, now, limits: { perHour: 2 } },
        asks: [find(ADA), find(ADA), find(ADA)],
        gives: notSearched('rate_limited', { retryAt: inSeconds(3_600) }),
        leaves: ({ arrivals }) => expect(arrivals).toHaveLength(2),
      },
    ]),
  )
}

testCases(TABLE)
