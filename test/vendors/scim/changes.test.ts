import { expect } from 'vitest'
import { USER } from '../../../src/sandbox/scim/schema.ts'
import type { ScimApp } from '../../../src/sandbox/scim-app.ts'
import {
  type Case,
  create,
  DEACTIVATED,
  deactivate,
  members,
  one,
  reactivate,
  remove,
  testCases,
  undo,
  update,
} from './corner-world.ts'

const NEW = 'di.new@example.com'
const ALAN = 'alan@example.com'
const GRACE = 'grace@example.com'
const ADA = 'ada@example.com'
const WITH_FORMATTED = {
  user: { ...USER, name: { type: 'object', of: { ...USER.name.of, formatted: { type: 'string' } } } },
} as const
const UPDATED = { status: 'done', outcome: 'updated', verified: true }
const named = (name: object) => (app: ScimApp) => expect(app.user(ADA).name).toEqual(name)

/** What a change does besides, how it is sent, and what is said of it; beside each case its source. */
const TABLE: Record<string, Record<string, Case>> = {
  'what a change does besides': {
    // apache/directory-scimple#725, Captain-P-Goldfish/SCIM-SDK#327
    'is nothing where a name is replaced as a whole': {
      faults: ['patch-pathless-only', 'patch-replaces-objects'],
      asks: update(ADA, { givenName: 'Augusta' }),
      gives: UPDATED,
      leaves: named({ givenName: 'Augusta', familyName: 'Lovelace' }),
    },
    'is told, and the change is not called verified': {
      faults: ['title-lost'],
      asks: update(ADA, { department: 'Analysis' }),
      gives: {
        status: 'partial',
        outcome: 'updated',
        verified: false,
        alsoChanged: [{ field: 'title', before: 'Software Engineer', after: null }],
        note: expect.stringContaining('also changed'),
      },
    },
    // docs.github.com, "Deprovisioning and reinstating users"
    'is told of a deactivation that renames': {
      faults: ['deactivation-renames'],
      asks: deactivate(ADA),
      gives: one('partial', {
        outcome: 'deactivated',
        verified: false,
        alsoChanged: expect.arrayContaining([{ field: 'email', before: ADA, after: null }]),
      }),
    },
  },

  'a name that follows': {
    'is displayed, where it was the old full name': {
      asks: update(ADA, { familyName: 'King' }),
      gives: {
        ...UPDATED,
        account: { name: 'Ada King' },
        before: { familyName: 'Lovelace', displayName: 'Ada Lovelace' },
        after: { familyName: 'King', displayName: 'Ada King' },
      },
      leaves: (app) => expect(app.user(ADA).displayName).toBe('Ada King'),
    },
    'is no name that somebody chose': {
      given: (app) => Object.assign(app.user(ADA), { displayName: 'The Countess' }),
      asks: update(ADA, { familyName: 'King' }),
      gives: { ...UPDATED, after: { familyName: 'King' } },
      leaves: (app) => expect(app.user(ADA).displayName).toBe('The Countess'),
    },
    // RFC 7643 §4.1.1: with titles and middle names
    'is formatted, with all else that is in it': {
      app: WITH_FORMATTED,
      given: (app) => Object.assign(app.user(ADA).name ?? {}, { formatted: 'Ms. Ada B. Lovelace, III' }),
      asks: update(ADA, { familyName: 'King' }),
      gives: { ...UPDATED, account: { name: 'Ms. Ada B. King, III' } },
    },
    'is left to an app that makes it itself': {
      app: WITH_FORMATTED,
      faults: ['formatted-read-only'],
      given: (app) => Object.assign(app.user(ADA).name ?? {}, { formatted: 'Ada Lovelace' }),
      asks: update(ADA, { familyName: 'King' }),
      gives: { outcome: 'updated', note: expect.stringContaining('formattedName') },
      sends: ['PATCH', 'PATCH'],
      leaves: (app) => expect(app.user(ADA).name?.familyName).toBe('King'),
    },
    // AWS IAM Identity Center, "CreateUser"
    'is there for an app that creates nobody without it': {
      faults: ['display-name-required'],
      asks: create(NEW),
      gives: { status: 'done', outcome: 'created', verified: true, account: { name: 'Di New' } },
      sends: ['POST'],
    },
  },

  'a change of members': {
    // Against RFC 7644 §3.5.2, by which a PATCH is made as a whole or not at all
    'of which a part was made before it was refused': {
      faults: ['members-one-by-one'],
      given: (app) => app.group('Sales').members?.splice(0, 200),
      asks: members('Sales', { add: [ADA, ALAN, GRACE] }),
      gives: {
        status: 'partial',
        verified: false,
        members: [
          { user: ADA, outcome: 'added' },
          { user: ALAN, outcome: 'added' },
          { user: GRACE, outcome: 'failed', code: 'refused' },
        ],
      },
      sends: ['PATCH'],
    },
    'of which nothing was made': {
      faults: [{ fault: 'server-error', method: 'PATCH', status: 400 }],
      given: (app) => app.group('Sales').members?.splice(0, 200),
      asks: members('Sales', { add: [ADA, ALAN] }),
      gives: {
        status: 'failed',
        members: [
          { outcome: 'failed', code: 'refused' },
          { outcome: 'failed', code: 'refused' },
        ],
      },
    },
    'of a group whose id is the name of another': {
      given: (app) => {
        app.group('Sales').members?.splice(0, 200)
        Object.assign(app.group('Everyone'), { displayName: app.group('Sales').id })
      },
      asks: members('Sales', { add: [ADA] }),
      gives: { status: 'done', verified: true, members: [{ outcome: 'added' }] },
      leaves: (app) => expect(app.group('Sales').members).toEqual([{ value: app.user(ADA).id }]),
    },
  },

  'a value that': {
    'is no time zone': {
      asks: update(ADA, { timezone: 'Europe/Atlantis' }),
      gives: { error: { code: 'invalid_input' } },
      sends: [],
    },
    'is an offset and no time zone': {
      asks: update(ADA, { timezone: '+02:00' }),
      gives: { error: { code: 'invalid_input' } },
    },
    'is no locale': {
      asks: update(ADA, { locale: 'Swedish (Sweden)' }),
      gives: { error: { code: 'invalid_input' } },
    },
    'is a time zone and a locale': {
      asks: update(ADA, { timezone: 'Europe/Stockholm', locale: 'sv_SE' }),
      gives: UPDATED,
    },
  },

  'the form of a change': {
    // F.i. stitchflow.com's Mindtickle guide: not all attributes can be patched.
    'is a PATCH of the status again after a field needed a PUT': {
      app: { patchable: ['active'] },
      faults: ['user-types-hidden'],
      given: (app) => Object.assign(app.user(GRACE), { userType: 'Contractor' }),
      asks: [update(ADA, { title: 'Countess' }), deactivate(GRACE)],
      gives: DEACTIVATED,
      sends: ['PATCH', 'PATCH', 'PUT', 'PATCH'],
      leaves: (app) => expect(app.user(GRACE).userType).toBe('Contractor'),
    },
    'is no PUT where a PATCH was refused for its value': {
      app: { user: { ...USER, title: { type: 'string', oneOf: ['Countess'] } } },
      asks: update(ADA, { title: 'Baroness' }),
      gives: { status: 'failed', outcome: 'failed', code: 'refused' },
      sends: ['PATCH'],
    },
    'is the PUT that worked where PATCH is not offered': {
      faults: ['patch-unsupported'],
      asks: [deactivate(ADA), reactivate(ADA)],
      gives: one('done', { outcome: 'reactivated', verified: true }),
      sends: ['PATCH', 'PUT', 'PUT'],
    },
    'leaves out of a PUT what the app refuses as read-only': {
      faults: ['patch-unsupported', 'put-read-only-refused'],
      asks: deactivate(ADA),
      gives: DEACTIVATED,
      sends: ['PATCH', 'PUT', 'PUT'],
      leaves: (app) => expect(app.user(ADA)).toMatchObject({ active: false, title: 'Software Engineer' }),
    },
  },

  'what an app does with an account': {
    'is told as it was, of a deletion of somebody who was inactive': {
      settings: { allowDelete: true, deleteMeans: 'hard' },
      asks: remove(ALAN),
      gives: { status: 'done', outcome: 'deleted', verified: true },
      sends: ['DELETE'],
    },
    'is given back, where a deletion only deactivated': {
      faults: ['delete-deactivates'],
      settings: { allowDelete: true, deleteMeans: 'deactivates' },
      asks: [remove(ADA), undo],
      gives: { status: 'done', results: [{ outcome: 'restored', verified: true }] },
      leaves: (app) => expect(app.user(ADA).active).toBe(true),
    },
    'is told as it was, where a deletion only deactivates': {
      faults: ['delete-deactivates'],
      settings: { allowDelete: true, deleteMeans: 'deactivates' },
      asks: remove(ADA),
      gives: {
        status: 'done',
        outcome: 'deactivated',
        account: { status: 'inactive' },
        note: expect.stringMatching(/does not delete.*Sessions at the identity provider/),
      },
    },
  },
}

testCases(TABLE)
