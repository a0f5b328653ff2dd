import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makePeople } from '../../../src/sandbox/people.ts'
import type { ScimApp } from '../../../src/sandbox/scim-app.ts'
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
  members,
  nextPage,
  notSearched,
  one,
  openCorners,
  probe,
  reactivate,
  remove,
  update,
} from './corner-world.ts'

const ADA = 'ada@example.com'
const ALAN = 'alan@example.com'
const NEW = 'di.new@example.com'
const EVERYBODY = 13

const CREATED = { status: 'done', outcome: 'created', verified: true }
const UPDATED = { status: 'done', outcome: 'updated', verified: true }
const DELETED = { status: 'done', outcome: 'deleted', verified: true }
const CONFLICT = { status: 'failed', outcome: 'failed', code: 'conflict' }
const UNSEEN = one('partial', { outcome: 'deactivated', verified: false })
const failed = (code: string) => one('failed', { outcome: 'failed', code })
const all = (count = EVERYBODY) => ({ accounts: { length: count }, complete: true })
const cut = (count: number, note: string) => ({
  accounts: { length: count },
  complete: false,
  note: expect.stringContaining(note),
})
const error = (code: string) => ({ error: { code } })

const isActive = (app: ScimApp, user = ADA) => app.user(user).active
const onlyAdaLeft = (app: ScimApp) =>
  expect(app.users.filter(({ active }) => !active).map(({ userName }) => userName)).toEqual(
    expect.arrayContaining([ADA, ALAN]),
  )
const stays = (app: ScimApp) => expect(isActive(app)).toBe(true)
const idOf = (app: ScimApp, user: string) => app.user(user).id
const memberIds = (app: ScimApp, group: string) => (app.group(group).members ?? []).map(({ value }) => value)
const outsider = (app: ScimApp) => app.addUser({ userName: NEW })

const CROWD = { people: makePeople(120) }
const DROP_EMAIL = { email: undefined }

/** What apps that speak SCIM 2.0 were seen to do, and what must come of it all the same; the source beside each. */
const TABLE: Record<string, Record<string, Case>> = {
  'A change': {
    // Metatavu/keycloak-scim-server#95
    'with a path alone is understood': {
      faults: ['patch-path-only'],
      asks: deactivate(ADA),
      gives: DEACTIVATED,
      sends: ['PATCH'],
    },
    // pond/scimitar#29, getsentry/sentry#27199
    'without a path alone is understood, which is remembered': {
      faults: ['patch-pathless-only'],
      asks: [deactivate(ADA), reactivate(ADA)],
      gives: one('done', { outcome: 'reactivated', verified: true }),
      sends: ['PATCH', 'PATCH', 'PATCH'],
    },
    // goauthentik/authentik#11249
    'by PATCH is answered 405': {
      faults: ['patch-unsupported'],
      asks: deactivate(ADA),
      gives: DEACTIVATED,
      sends: ['PATCH', 'PUT'],
      leaves: (app) => expect(app.user(ADA)).toMatchObject({ title: 'Software Engineer', name: { familyName: 'Lovelace' } }),
    },
    'by PATCH is answered 501': {
      faults: [{ fault: 'patch-unsupported', status: 501 }],
      asks: deactivate(ADA),
      gives: DEACTIVATED,
      sends: ['PATCH', 'PATCH', 'PUT'],
    },
    'by PATCH is taken of active alone': {
      app: { patchable: ['active'] },
      asks: [update(ADA, { title: 'Countess' }), deactivate(ADA)],
      gives: DEACTIVATED,
      leaves: (app) => expect(app.user(ADA)).toMatchObject({ title: 'Countess', active: false }),
    },
    'is offered neither by PATCH nor by PUT': {
      faults: ['patch-unsupported', 'put-unsupported'],
      asks: deactivate(ADA),
      gives: failed('unsupported'),
      leaves: stays,
    },
  },
}

const CASES = Object.entries(TABLE).flatMap(([about, rows]) =>
  Object.entries(rows).map(([name, row]) => ({ about, name, row })),
)
const tenantOf = (index: number) => `case-${index}`

let corners: Awaited<ReturnType<typeof openCorners>>
beforeAll(async () => {
  corners = await openCorners(CASES.map(({ row }, index) => [tenantOf(index), row] as const))
})
afterAll(() => corners[Symbol.asyncDispose]())

describe.each(Object.keys(TABLE))('%s', (wanted) => {
  test.concurrent.each(CASES.map((one, index) => ({ ...one, index })).filter(({ about }) => about === wanted))(
    '$name',
    async ({ row, index }) => {
      const tenant = tenantOf(index)
      const app = corners.appOf(tenant)
      expect(await corners.play(tenant, row)).toMatchObject(row.gives)
      if (row.sends) expect(app.writes.map(({ method }) => method)).toEqual(row.sends)
      row.leaves?.(app)
    },
  )
})
