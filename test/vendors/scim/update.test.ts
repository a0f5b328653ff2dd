import { describe, expect, test } from 'vitest'
import type { AccountFields } from '../../../src/domain/operations.ts'
import quirks from '../../fixtures/scim-quirks.json' with { type: 'json' }
import { type CannedReply, context, serveCanned } from '../../support/canned.ts'
import { scimAt } from './scim-at.ts'
import { ana, at, CORE, done, ENTERPRISE, PATCH_OP, scimError, target } from './write-at.ts'

describe('updating', () => {
  const update = (
    set: AccountFields,
    replies: Record<string, CannedReply> = {},
    ...mapping: [settings?: Parameters<typeof scimAt>[1], mapping?: Parameters<typeof scimAt>[2]]
  ) =>
    at(
      ({ method }) => replies[method] ?? (method === 'GET' ? { body: ana } : done),
      (app) => app.updateAccount({ ...target, set }, context()),
      ...mapping,
    )
  const set: AccountFields = { givenName: 'Anna', department: 'Research', manager: 'u9' }

  test('sends one operation for each attribute, by its path', async () => {
    const { asked } = await update(set)
    expect(asked.map(({ body }) => body)).toEqual([
      {
        schemas: [PATCH_OP],
        Operations: [
          { op: 'replace', path: 'name.givenName', value: 'Anna' },
          { op: 'replace', path: `${ENTERPRISE}:department`, value: 'Research' },
          { op: 'replace', path: `${ENTERPRISE}:manager`, value: { value: 'u9' } },
        ],
      },
    ])
  })

  test('sends one object where the app takes no paths', async () => {
    const { asked } = await update(set, {}, { patchStrategy: 'pathless' })
    expect(asked.map(({ method }) => method)).toEqual(['GET', 'PATCH'])
    expect(asked[1]?.body).toEqual({
      schemas: [PATCH_OP],
      Operations: [
        {
          op: 'replace',
          value: {
            name: { givenName: 'Anna', familyName: 'Ruiz', formatted: 'Ana Ruiz' },
            [ENTERPRISE]: { department: 'Research', manager: { value: 'u9' } },
          },
        },
      ],
    })
  })

  test('sends the whole user where the app takes no PATCH, with all else as it was', async () => {
    const { asked, methods } = await update(set, { PATCH: quirks.methodNotAllowed })
    expect(methods).toEqual(['PATCH', 'GET', 'PUT'])
    expect(asked[2]?.body).toEqual({
      ...ana,
      schemas: [CORE, ENTERPRISE],
      name: { givenName: 'Anna', familyName: 'Ruiz', formatted: 'Ana Ruiz' },
      [ENTERPRISE]: { department: 'Research', manager: { value: 'u9' } },
    })
  })

  test('changes the primary email alone, in the list as the app holds it now', async () => {
    const { asked, methods } = await update({ email: 'ana@example.org' })
    expect(methods).toEqual(['GET', 'PATCH'])
    expect(asked[1]?.body).toMatchObject({
      Operations: [
        {
          path: 'emails',
          value: [
            { value: 'home@example.com', type: 'home' },
            { value: 'ana@example.org', type: 'work', primary: true },
          ],
        },
      ],
    })
  })

  test('does not take a mobile for the phone at work', async () => {
    const { asked } = await update({ phone: '+46 8 1' })
    expect(asked[1]?.body).toMatchObject({
      Operations: [
        {
          path: 'phoneNumbers',
          value: [
            { value: '+46 70 1', type: 'mobile' },
            { value: '+46 8 1', type: 'work' },
          ],
        },
      ],
    })
  })

  test('changes nobody who has another user name by now', async () => {
    const { code, methods } = await update(
      { email: 'ana@example.org' },
      { GET: { body: { ...ana, userName: 'bo@example.com' } } },
    )
    expect({ code, methods }).toEqual({ code: 'conflict', methods: ['GET'] })
  })

  test('names what the app does not take, and sends nothing', async () => {
    await using app = await serveCanned(() => done)
    await expect(
      scimAt(app.url, {}, { mapping: { takes: ['title'] } }).updateAccount(
        { ...target, set: { title: 'Lead', licence: 'Full', phone: '1' } },
        context(),
      ),
    ).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining('licence, phone') })
    expect(app.asked).toEqual([])
  })

  test('sets attributes of the app’s own as its vendor says', async () => {
    const { asked } = await update(
      { licence: 'Full' },
      {},
      {},
      {
        mapping: {
          takes: ['licence'],
          write: ({ licence }) => [{ at: ['urn:example:User', 'LicenseType'], value: licence }],
        },
      },
    )
    expect(asked[0]?.body).toMatchObject({
      Operations: [{ op: 'replace', path: 'urn:example:User:LicenseType', value: 'Full' }],
    })
  })

  test.each<[string, CannedReply, string]>([
    ['409', scimError(409), 'conflict'],
    ['500', { status: 500 }, 'unknown_outcome'],
    ['no reply', { drop: true }, 'unknown_outcome'],
    ['412', { status: 412 }, 'conflict'],
    ['403', { status: 403 }, 'forbidden'],
  ])('stops after %s', async (_, reply, expected) => {
    const { code, methods } = await update({ title: 'Lead' }, { PATCH: reply })
    expect({ code, methods }).toEqual({ code: expected, methods: ['PATCH'] })
  })

  describe('where the app heeds versions', () => {
    const memory = () => new Map<string, unknown>([['scim.learned', { etag: true }]])
    const versioned = { ...ana, meta: { version: 'W/"3"' } }

    test.each<[string, CannedReply, string | undefined]>([
      ['of the record', { body: versioned }, 'W/"3"'],
      ['of the reply', { body: ana, headers: { etag: '"7"' } }, '"7"'],
      ['that it does not tell', { body: ana }, undefined],
      ['that is no version', { body: { ...ana, meta: { version: '3\r\nx: y' } } }, undefined],
    ])('ties a change to the version %s', async (_, read, version) => {
      const { asked } = await update({ title: 'Lead' }, { GET: read }, { memory: memory() })
      expect(asked.map(({ method }) => method)).toEqual(['GET', 'PATCH'])
      expect(asked[1]?.headers['if-match']).toBe(version)
    })

    test.each<[string, string | undefined, string | undefined, string[]]>([
      ['makes it of what was changed meanwhile, once', 'W/"4"', undefined, ['GET', 'PATCH', 'GET', 'PATCH']],
      ['never sends a version again that was refused', 'W/"3"', 'conflict', ['GET', 'PATCH', 'GET']],
      ['sends nothing without a version', undefined, 'conflict', ['GET', 'PATCH', 'GET']],
    ])('%s', async (_, version, expected, sent) => {
      let reads = 0
      const { code, methods, asked } = await at(
        ({ method, headers }) => {
          if (method === 'PATCH') return headers['if-match'] === 'W/"4"' ? done : { status: 412 }
          return { body: reads++ === 0 ? versioned : { ...versioned, meta: { version } } }
        },
        (app) => app.updateAccount({ ...target, set: { title: 'Lead' } }, context()),
        { memory: memory() },
      )
      expect({ code, methods }).toEqual({ code: expected, methods: sent })
      expect(asked.filter(({ method, headers }) => method === 'PATCH' && !headers['if-match'])).toEqual([])
    })
  })
})
