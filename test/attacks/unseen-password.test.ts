// @module-tag long

import { describe, expect, test } from 'vitest'
import type { EntraTenant } from '../../src/sandbox/entra.ts'
import type { GoogleTenant } from '../../src/sandbox/index.ts'
import { openWorld, type World } from '../support/world.ts'

const ENTRA = 'acme-entra'
const GOOGLE = 'acme-google'

const openBoth = (answer: 'accept' | 'decline' = 'accept') =>
  openWorld({
    answer,
    env: { IDENTITY_MCP_LOG: 'debug' },
    sandbox: { apps: ['entra', 'google'] },
    tenants: (own) => ({
      [ENTRA]: { ...own[ENTRA], maxRetries: 0, verifyWindowMs: 200 },
      [GOOGLE]: { ...own[GOOGLE], maxRetries: 0, verifyWindowMs: 200 },
    }),
    settings: { confirm: { adds: 'ask' } },
  })
const appOf = ({ sandbox }: World, tenant: string) =>
  (sandbox.tenants as unknown as Record<string, EntraTenant | GoogleTenant>)[tenant] as
    | EntraTenant
    | GoogleTenant

let people = 0
const newcomer = (tenant: string) => {
  people += 1
  return { tenant, email: `new-${people}@example.com`, givenName: 'New', familyName: `Hire ${people}` }
}

describe.each([ENTRA, GOOGLE])('at %s the password of a new account', (tenant) => {
  test('is another one each time, must be changed, and is in no answer, question, journal or log', async () => {
    await using world = await openBoth()
    const app = appOf(world, tenant)
    const said = []
    for (const one of [newcomer(tenant), newcomer(tenant)]) {
      const answer = await world.call('create_user', one)
      expect(answer).toMatchObject({ status: 'done', outcome: 'created', verified: true })
      said.push(answer, await world.call('undo_change', { change: answer.change, reason: 'a mistake' }))
    }
    // The app itself refuses to echo it, and then does all the same.
    app.faults.set(['echoes-body'])
    said.push(await world.call('create_user', newcomer(tenant)))
    app.faults.clear()
    said.push(await world.call('list_changes', { since: new Date(0).toISOString() }))
    const passwords = app.passwords.map(({ password }) => password)
    expect(passwords).toHaveLength(3)
    expect(new Set(passwords).size).toBe(3)
    for (const { password, ...change } of app.passwords) {
      expect(password.length).toBeGreaterThanOrEqual(32)
      expect(Object.values(change)).toEqual([true])
    }
    const places = {
      answers: JSON.stringify(said),
      questions: world.asked.join(),
      journal: JSON.stringify(world.journal()),
      log: world.stderr(),
    }
    for (const [place, text] of Object.entries(places)) {
      const decoded = [text, Buffer.from(text, 'base64').toString('latin1')]
      for (const password of passwords)
        for (const one of decoded) expect(one.includes(password), place).toBe(false)
    }
    // What the app said of its refusal is in the log, without the password.
    expect(places.log).toContain('Cannot take')
    expect(places.log).toContain('[secret]')
  })

  test('is none where the domain is not the app’s, and nobody is asked', async () => {
    await using world = await openBoth()
    const app = appOf(world, tenant)
    const { error } = await world.call('create_user', { ...newcomer(tenant), email: 'new@elsewhere.example' })
    expect(error).toMatchObject({ code: 'refused' })
    expect(error?.message).toMatch(/no verified domain/)
    expect(error?.hint).toContain('example.com')
    expect(world.asked).toEqual([])
    expect(app.passwords).toEqual([])
    expect(app.writes).toEqual([])
  })

  test('is said to be seen by nobody before anybody agrees, and none is made where they decline', async () => {
    await using world = await openBoth('decline')
    expect((await world.call('create_user', newcomer(tenant))).error).toMatchObject({ code: 'declined' })
    expect(world.asked.join()).toContain('Nobody sees its password.')
    expect(appOf(world, tenant).passwords).toEqual([])
  })
})
