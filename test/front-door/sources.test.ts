import { describe, expect, test } from 'vitest'
import type { OktaTenant, ScimApp } from '../../src/sandbox/index.ts'
import { shareWorld } from '../support/sharing.ts'
import { openWorld } from '../support/world.ts'

const OKTA = 'acme-okta'
const SCIM = 'acme-scim'

const shared = shareWorld(() =>
  openWorld({
    sandbox: { apps: ['netskope', 'okta', 'scim'], events: 1 },
    tenants: (own) => ({
      [OKTA]: { ...own[OKTA], maxRetries: 0 },
      [SCIM]: { ...own[SCIM], deactivateMeans: 'reversible', verifyWindowMs: 200 },
    }),
  }),
)
const okta = (): OktaTenant => shared().sandbox.tenants[OKTA]
const scim = (): ScimApp => shared().sandbox.tenants[SCIM]

let people = 0
/** Somebody with an account in both apps, of which that in the SCIM app bears this external id. */
function inBoth(externalId: (id: string) => string | undefined) {
  people += 1
  const userName = `provisioned-${people}@example.com`
  const emails = [{ value: userName, primary: true }]
  const { id } = okta().addUser({ id: `00u0source${people}`, userName, emails, externalId: `hr-${people}` })
  const given = externalId(id)
  scim().addUser({ userName, emails, ...(given !== undefined && { externalId: given }) })
  return userName
}
const lastAsked = () => shared().asked.at(-1)
const leaves = (user: string, tenants: string[]) =>
  shared().call('deactivate_user', { user, tenants, reason: 'left' })

describe('an account that a source of people provisions', () => {
  test.each([
    ['the id of the account there', (id: string) => id],
    ['the external id of the account there', () => `hr-${people}`],
  ])('by %s is said to be so, with where to make a lasting change', async (_, externalId) => {
    const user = inBoth(externalId)
    expect(await leaves(user, [SCIM])).toMatchObject({ status: 'done' })
    expect(lastAsked()).toMatch(/acme-okta provisions .* can write back .* make a lasting change there/)
    const { people: explained } = await shared().call('explain_access', { user })
    const facts = (explained as { facts: { tenant: string; provisionedBy?: string }[] }[]).flatMap(
      ({ facts }) => facts,
    )
    expect(facts.find(({ tenant }) => tenant === SCIM)?.provisionedBy).toBe(
      `${OKTA}: it can write back what is changed here, so make a lasting change there`,
    )
    expect(facts.find(({ tenant }) => tenant === OKTA)?.provisionedBy).toBeUndefined()
  })

  test.each([
    ['another external id', () => 'hr-of-nobody'],
    ['no external id', () => undefined],
    // Whoever writes an email into an app must not make it look provisioned.
    ['the user name of somebody there as external id', () => 'ada@example.com'],
  ])('is not said of an account with %s', async (_, externalId) => {
    await leaves(inBoth(externalId), [SCIM])
    expect(lastAsked()).toContain('Deactivate')
    expect(lastAsked()).not.toContain('provisions')
  })

  test('is not said where the same plan changes the person at the source', async () => {
    await leaves(
      inBoth((id) => id),
      [SCIM, OKTA],
    )
    expect(lastAsked()).not.toContain('provisions')
  })

  test('is said to be unknown where the source does not answer, and the change goes on', async () => {
    const user = inBoth((id) => id)
    okta().faults.set(['unavailable'])
    const answer = await leaves(user, [SCIM])
    okta().faults.clear()
    expect(answer).toMatchObject({ status: 'done' })
    expect(lastAsked()).toMatch(/Whether acme-okta provisions .* is not known/)
  })
})

test('explain_access answers with facts by app, and says what no app tells', async () => {
  const user = inBoth((id) => id)
  const answer = await shared().call('explain_access', { user })
  expect(answer).toMatchObject({
    people: [
      {
        email: user,
        facts: [
          { tenant: OKTA, account: { userName: user }, status: 'active', changes: expect.any(Array) },
          { tenant: SCIM, account: { userName: user }, status: 'active', changes: expect.any(Array) },
        ],
      },
    ],
    complete: false,
  })
  const unknown = answer.unknown as { tenant: string; what: string; where: string }[]
  for (const tenant of [OKTA, SCIM]) {
    expect(
      unknown.some((one) => one.tenant === tenant && one.what.includes('sessions') && one.where !== ''),
    ).toBe(true)
  }
})

test('end_sessions is not offered by an app that cannot end them', async () => {
  const user = inBoth((id) => id)
  const { error } = await shared().call('end_sessions', { user, tenants: [SCIM], reason: 'lost laptop' })
  expect(error).toMatchObject({ code: 'unsupported', tenant: SCIM })
})
