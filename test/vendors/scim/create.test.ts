import { describe, expect, test } from 'vitest'
import type { AccountFields } from '../../../src/domain/operations.ts'
import { type CannedReply, context } from '../../support/canned.ts'
import { user } from './scim-at.ts'
import { at, CORE, ENTERPRISE, scimError } from './write-at.ts'

describe('creating', () => {
  const fields: AccountFields = {
    email: 'new@example.com',
    givenName: 'Nia',
    familyName: 'Ode',
    department: 'Research',
  }
  const create = (reply: CannedReply, given = fields) =>
    at(
      () => reply,
      (app) => app.createAccount({ fields: given }, context()),
    )

  test('posts one whole user, active, without a password', async () => {
    const { asked } = await create({ status: 201, body: user('n1', 'new@example.com') })
    expect(asked).toMatchObject([{ method: 'POST', path: '/Users' }])
    expect(asked[0]?.body).toEqual({
      schemas: [CORE, ENTERPRISE],
      userName: 'new@example.com',
      emails: [{ value: 'new@example.com', type: 'work', primary: true }],
      name: { givenName: 'Nia', familyName: 'Ode', formatted: 'Nia Ode' },
      displayName: 'Nia Ode',
      [ENTERPRISE]: { department: 'Research' },
      active: true,
    })
  })

  test.each<[string, CannedReply, string | undefined]>([
    ['201', { status: 201, body: user('n1') }, undefined],
    ['201 without a body', { status: 201 }, undefined],
    ['202', { status: 202 }, undefined],
    ['204', { status: 204 }, undefined],
    ['409', scimError(409, { scimType: 'uniqueness' }), 'conflict'],
    ['409 without a type', scimError(409), 'conflict'],
    ['409 without a body', { status: 409 }, 'conflict'],
    ['409 that is a web page', { status: 409, raw: '<html>taken</html>' }, 'conflict'],
    ['400 with the type', scimError(400, { scimType: 'uniqueness' }), 'conflict'],
    ['400 that speaks of it', scimError(400, { detail: 'userName already exists' }), 'conflict'],
    ['400 in plain text', { status: 400, raw: 'Duplicate user' }, 'conflict'],
    ['200 with a refusal inside', { body: { success: false, message: 'User already exists' } }, 'conflict'],
    ['400 about something else', scimError(400, { detail: 'userName is required' }), 'refused'],
    ['401', { status: 401 }, 'unauthorized'],
    ['403', { status: 403 }, 'forbidden'],
    ['404', { status: 404 }, 'unavailable'],
    ['404 of the app itself', scimError(404), 'refused'],
    ['429', { status: 429 }, 'rate_limited'],
    ['200 that is a web page', { raw: '<html>sign in</html>' }, 'unknown_outcome'],
    ['500', { status: 500 }, 'unknown_outcome'],
    ['504', { status: 504 }, 'unknown_outcome'],
    ['no reply', { drop: true }, 'unknown_outcome'],
  ])('after %s', async (_, reply, expected) => {
    const { code, methods } = await create(reply)
    expect({ code, methods }).toEqual({ code: expected, methods: ['POST'] })
  })

  test.each<[string, AccountFields, string]>([
    ['a licence', { ...fields, licence: 'Full' }, 'unsupported'],
    ['an attribute of nobody', { ...fields, custom: { badge: '1' } }, 'unsupported'],
    ['neither user name nor email', { givenName: 'Nia' }, 'invalid_input'],
  ])('sends nothing for %s', async (_, given, expected) => {
    const { code, methods } = await create({ status: 201 }, given)
    expect({ code, methods }).toEqual({ code: expected, methods: [] })
  })
})
