import { describe, expect, test } from 'vitest'
import netskope from '../../fixtures/netskope.json' with { type: 'json' }
import { context } from '../../support/canned.ts'
import { ana, at, ENTERPRISE } from './write-at.ts'

describe('reading all fields', () => {
  test('tells what RFC 7643 has a place for', async () => {
    const full = {
      ...ana,
      title: 'Engineer',
      locale: 'sv-SE',
      timezone: 'Europe/Stockholm',
      externalId: 'idp-1',
      roles: [{ value: 'viewer' }, { value: 'editor', primary: true }],
      phoneNumbers: [
        { value: '+46 70 1', type: 'mobile' },
        { value: '+46 8 1', type: 'work' },
      ],
      [ENTERPRISE]: { department: 'Research', manager: { value: 'u9', displayName: 'Bo' } },
    }
    const { value } = await at(
      () => ({ body: full }),
      (app) => app.readFields({ id: 'u1' }, context()),
    )
    expect(value).toMatchObject({
      account: { id: 'u1', status: 'active' },
      fields: {
        userName: 'ana@example.com',
        email: 'ana@example.com',
        givenName: 'Ana',
        familyName: 'Ruiz',
        title: 'Engineer',
        department: 'Research',
        role: 'editor',
        manager: 'u9',
        externalId: 'idp-1',
        locale: 'sv-SE',
        timezone: 'Europe/Stockholm',
        phone: '+46 8 1',
        status: 'active',
      },
    })
  })

  test('leaves out what is not told', async () => {
    const { value } = await at(
      () => ({ body: { id: 'u1', userName: 'ana' } }),
      (app) => app.readFields({ id: 'u1' }, context()),
    )
    expect(value).toMatchObject({ fields: { userName: 'ana' } })
    expect((value as { fields: object }).fields).toEqual({ userName: 'ana' })
  })

  test('finds nobody for an id that is not there', async () => {
    const { value, code } = await at(
      () => netskope.scim.getUserNotFound,
      (app) => app.readFields({ id: 'u1' }, context()),
    )
    expect({ value, code }).toEqual({ value: undefined, code: undefined })
  })
})
