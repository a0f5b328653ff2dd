// @module-tag long

import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { EntraApp } from '../../src/sandbox/entra/directory.ts'
import { ALL_PERMISSIONS, type EntraTenant } from '../../src/sandbox/entra.ts'
import type { OktaTenant, ScimApp } from '../../src/sandbox/index.ts'
import type { OktaAppUser } from '../../src/sandbox/okta/apps.ts'
import { idOf } from '../../src/sandbox/okta/organisation.ts'
import { uuidOf } from '../../src/sandbox/people.ts'
import { shareWorld } from '../support/sharing.ts'
import { openWorld, type World } from '../support/world.ts'

const OKTA = 'acme-okta'
const ENTRA = 'acme-entra'
const SCIM = 'acme-scim'

/** A world in which Entra ID grants these rights besides the usual ones. */
const openAssigned = (rights: readonly string[]) =>
  openWorld({
    sandbox: {
      apps: ['entra', 'netskope', 'okta', 'scim'],
      events: 1,
      perMinute: 100_000,
      entra: { permissions: [...ALL_PERMISSIONS, ...rights] },
    },
    tenants: (own) => ({
      [OKTA]: { ...own[OKTA], maxRetries: 0, provisions: { [SCIM]: idOf('0oa', 'Zoom at Okta') } },
      [ENTRA]: { ...own[ENTRA], maxRetries: 0, provisions: { [SCIM]: uuidOf('entra app Zoom at Entra') } },
      [SCIM]: {
        ...own[SCIM],
        deactivateMeans: 'reversible',
        verifyWindowMs: 200,
        budget: { perMinute: 100_000 },
      },
    }),
  })
const shared = shareWorld(() => openAssigned(['Directory.Read.All', 'Synchronization.Read.All']))
const okta = (): OktaTenant => shared().sandbox.tenants[OKTA]
const entraOf = ({ sandbox }: World): EntraTenant => sandbox.tenants[ENTRA]
const scimOf = ({ sandbox }: World): ScimApp => sandbox.tenants[SCIM]

let people = 0
const newName = () => `assigned-${++people}@example.com`
const inScim = (userName: string, world: World = shared()) =>
  scimOf(world).addUser({ userName, emails: [{ value: userName, primary: true }] }).id

/** Somebody with an account in Okta and in the SCIM app, which nothing but the app's assignment joins. */
function atOkta(assigned: Partial<OktaAppUser>, features?: string[]) {
  const user = newName()
  const id = `00u0assigned${people}`
  okta().addUser({ id, userName: user, emails: [{ value: user, primary: true }] })
  const account = inScim(user)
  const app = okta().addApp('Zoom at Okta', features)
  const given = {
    scope: 'USER',
    status: 'PROVISIONED',
    syncState: 'SYNCHRONIZED',
    externalId: account,
  } as const
  app.users.set(id, { ...given, ...assigned })
  return user
}

function atEntra(jobs: EntraApp['jobs'], by: 'user' | 'group' | 'nobody', world: World = shared()) {
  const entra = entraOf(world)
  const user = newName()
  const { id } = entra.addUser({ userPrincipalName: user, mail: user })
  inScim(user, world)
  entra.apps.length = 0
  const app = entra.addApp('Zoom at Entra', jobs)
  const group = entra.addGroup({ displayName: `Zoom users ${people}`, members: [id] })
  if (by !== 'nobody') app.assigned.push(by === 'user' ? id : group.id)
  return user
}

/** What a person is asked about a change in the SCIM app, and what explain_access tells of the account there. */
async function toldOf(user: string, world: World = shared()) {
  const input = { user, tenants: [SCIM], reason: 'left' }
  expect(await world.call('deactivate_user', input)).toMatchObject({ status: 'done' })
  const { people: explained, unknown } = await world.call('explain_access', { user })
  const facts = (explained as { facts: { tenant: string; provisionedBy?: string }[] }[]).flatMap(
    (person) => person.facts,
  )
  return {
    asked: world.asked.at(-1) ?? '',
    explained: facts.find(({ tenant }) => tenant === SCIM)?.provisionedBy ?? '',
    unknown: JSON.stringify(unknown),
  }
}

describe('an account that an app of Okta provisions', () => {
  test.each([
    ['assigned to the person', {}, /through its app "Zoom at Okta": it can write back/],
    [
      'brought by a group',
      { scope: 'GROUP' as const },
      /through its app "Zoom at Okta", which a group there brings: it can write back/,
    ],
    ['whose last push failed', { syncState: 'ERROR' as const }, /through its app "Zoom at Okta": it can/],
  ])('%s is said to be so, with which of the two to change', async (_, assigned, told) => {
    const { asked, explained } = await toldOf(atOkta(assigned))
    expect(asked).toMatch(/acme-okta provisions .* in acme-scim, as /)
    for (const text of [asked, explained]) {
      expect(text).toMatch(told)
      expect(text).toMatch(/make a lasting change there: in the profile, or by the assignment of the app/)
    }
  })

  test.each<[string, () => string]>([
    ['where the app has another account for the person', () => atOkta({ externalId: 'somebody-else' })],
    ['where nothing is synchronised', () => atOkta({ syncState: 'DISABLED' })],
    ['by an app that only signs people in', () => atOkta({}, [])],
    ['by an app that only imports', () => atOkta({}, ['IMPORT_NEW_USERS', 'IMPORT_PROFILE_UPDATES'])],
    [
      'where the app is not assigned',
      () => {
        const user = atOkta({})
        okta().addApp('Zoom at Okta')
        return user
      },
    ],
    [
      'where two people could be meant',
      () => {
        const user = atOkta({})
        okta().addUser({ id: `00u0twin${people}`, userName: `twin-${people}`, emails: [{ value: user }] })
        return user
      },
    ],
  ])('is not said %s', async (_, given) => {
    const { asked, explained } = await toldOf(given())
    expect(asked).toContain('Deactivate')
    expect(asked).not.toContain('provisions')
    expect(explained).toBe('')
  })

  test('is not known where the token may not read apps, and the change goes on', async () => {
    const { api } = okta().tokens
    const before = [...api.permissions]
    api.permissions = before.filter((one) => one !== 'apps')
    const { asked, explained, unknown } = await toldOf(atOkta({}))
    api.permissions = before
    expect(asked).toMatch(/Whether acme-okta provisions .* is not known/)
    expect(explained).toBe('')
    expect(unknown).toContain('who provisions it')
  })

  test('costs nothing when somebody is only looked up', async () => {
    const user = atOkta({})
    const asked = () =>
      [...okta().arrivals, ...entraOf(shared()).arrivals].filter(({ path }) =>
        /\/apps|appRoleAssignments|servicePrincipals/.test(path),
      ).length
    // A question of the test before can still be under way.
    let before = -1
    while (before !== asked()) {
      before = asked()
      await sleep(100)
    }
    await shared().call('find_user', { user })
    expect(asked()).toBe(before)
    await shared().call('explain_access', { user })
    expect(asked() - before).toBeLessThanOrEqual(2)
  })
})

describe('an account that an app of Entra ID provisions', () => {
  test.each([
    ['assigned to the person', 'user' as const, /through its app "Zoom at Entra": it can write back/],
    ['brought by a group', 'group' as const, /app "Zoom at Entra", which a group there brings: it can write/],
  ])('%s is said to be so, with which of the two to change', async (_, by, told) => {
    const { asked, explained } = await toldOf(atEntra(['Active'], by))
    expect(asked).toMatch(/acme-entra provisions .* in acme-scim, as /)
    for (const text of [asked, explained]) expect(text).toMatch(told)
  })

  test.each<[string, () => string]>([
    ['by an app without provisioning', () => atEntra([], 'user')],
    ['by an app whose provisioning is paused', () => atEntra(['Paused'], 'user')],
    ['where the app is not assigned', () => atEntra(['Active'], 'nobody')],
  ])('is not said %s', async (_, given) => {
    const { asked, explained } = await toldOf(given())
    expect(asked).not.toContain('provisions')
    expect(explained).toBe('')
  })

  test('is said with a doubt where the jobs cannot be read', async () => {
    await using world = await openAssigned(['Directory.Read.All'])
    const { asked, explained } = await toldOf(atEntra(['Active'], 'user', world), world)
    for (const text of [asked, explained]) expect(text).toContain('if provisioning is on, which is not known')
  })

  test('is not known where assignments cannot be read, and check_token names the right', async () => {
    await using world = await openAssigned([])
    const { asked, unknown } = await toldOf(atEntra(['Active'], 'user', world), world)
    expect(asked).toMatch(/Whether acme-entra provisions .* is not known/)
    expect(unknown).toContain('Directory.Read.All')
    const { checks } = await world.call('check_token', { tenant: ENTRA })
    expect(JSON.stringify(checks)).toMatch(/app assignments.*Directory\.Read\.All is missing/)
  })
})

test('check_token tries to read apps at Okta, where the settings ask for it', async () => {
  const { checks } = await shared().call('check_token', { tenant: OKTA })
  expect(JSON.stringify(checks)).toContain('apps, to tell whom they provision')
})
