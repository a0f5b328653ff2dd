import { describe, expect, test, vi } from 'vitest'
import { appMemory } from '../../../src/store/app-memory.ts'
import { memoryStore } from '../../../src/store/table-store.ts'
import netskope from '../../fixtures/netskope.json' with { type: 'json' }
import quirks from '../../fixtures/scim-quirks.json' with { type: 'json' }
import { type CannedReply, context, type ReceivedRequest, serveCanned } from '../../support/canned.ts'
import { scimAt, user } from './scim-at.ts'

const target = { id: 'u1', userName: 'ana@example.com' }
const ana = user('u1', 'ana@example.com', {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  emails: [{ value: 'ana@example.com', primary: 'True' }],
  'urn:example:custom': { kept: [1, null, { deep: true }] },
})
const refused = (scimType?: string, detail = 'no'): CannedReply => ({
  status: 400,
  body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '400', detail, scimType },
})
const done: CannedReply = { status: 204 }

const formOf = ({ method, body }: ReceivedRequest): string => {
  if (method !== 'PATCH') return method
  const { Operations } = body as { Operations: { path?: string }[] } // the PATCH bodies of this test
  return Operations[0]?.path ? 'path' : 'pathless'
}

/** Deactivates at an app that answers each form as given; GET reads `ana` unless it says otherwise. */
async function deactivate(
  replies: Record<string, CannedReply>,
  settings: Parameters<typeof scimAt>[1] = {},
): Promise<{ forms: string[]; code: string | undefined; bodies: unknown[] }> {
  await using app = await serveCanned((arrived) => replies[formOf(arrived)] ?? { body: ana })
  const code = await scimAt(app.url, settings)
    .deactivateAccount(target, context())
    .then(
      () => undefined,
      (error) => error.code,
    )
  return { code, forms: app.asked.map(formOf), bodies: app.asked.map(({ body }) => body) }
}

test('sends one PATCH with a path, a real boolean and schemas', async () => {
  const { bodies, code } = await deactivate({ path: done })
  expect(code).toBeUndefined()
  expect(bodies).toEqual([
    {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [{ op: 'replace', path: 'active', value: false }],
    },
  ])
})

test('reactivates in the same way', async () => {
  await using app = await serveCanned(() => done)
  await scimAt(app.url, { contentType: 'application/json' }).reactivateAccount(target, context())
  expect(app.asked[0]).toMatchObject({
    method: 'PATCH',
    path: '/Users/u1',
    body: { Operations: [{ op: 'replace', path: 'active', value: true }] },
    headers: { 'content-type': 'application/json' },
  })
})

test('keeps an id in its place', async () => {
  await using app = await serveCanned(() => done)
  await scimAt(app.url).deactivateAccount({ id: 'a/../b?c', userName: 'x' }, context())
  expect(app.asked[0]?.path).toBe('/Users/a%2F..%2Fb%3Fc')
})

test.each<[string, CannedReply]>([
  ['400 invalidPath', netskope.scim.patchInvalidPath],
  ['400 invalidSyntax', refused('invalidSyntax')],
  ['400 noTarget', refused('noTarget')],
  ['400 invalidValue', quirks.noOpPatch400],
  ['400 without a type', refused()],
  ['400 in plain text', quirks.errorPlainText],
  ['501', { status: 501 }],
])('tries the next form after %s', async (_, reply) => {
  expect(await deactivate({ path: reply, pathless: done })).toMatchObject({
    forms: ['path', 'pathless'],
    code: undefined,
  })
})

test.each<[string, CannedReply, string]>([
  ['400 about uniqueness', refused('uniqueness'), 'conflict'],
  ['400 about mutability', refused('mutability'), 'refused'],
  ['400 about the token', refused(undefined, 'Authentication failed'), 'refused'],
  ['400 about a state', refused(undefined, 'This attribute is readOnly'), 'refused'],
  ['401', { status: 401 }, 'unauthorized'],
  ['403', { status: 403 }, 'forbidden'],
  ['404', { status: 404 }, 'not_found'],
  ['409', { status: 409 }, 'conflict'],
  ['429', { status: 429 }, 'rate_limited'],
  ['500', { status: 500 }, 'unknown_outcome'],
  ['503', { status: 503 }, 'unknown_outcome'],
  ['no reply', { drop: true }, 'unknown_outcome'],
])('stops after %s', async (_, reply, code) => {
  expect(await deactivate({ path: reply })).toMatchObject({ forms: ['path'], code })
})

test('sends the whole user back, with nothing but active changed, where PATCH is not offered', async () => {
  const { forms, bodies, code } = await deactivate({ path: quirks.methodNotAllowed, PUT: { body: ana } })
  expect({ forms, code }).toEqual({ forms: ['path', 'GET', 'PUT'], code: undefined })
  expect(bodies[2]).toEqual({ ...ana, active: false })
})

test('changes active under the name that the app gives it', async () => {
  const { bodies } = await deactivate(
    { GET: { body: { id: 'u1', userName: 'ana@example.com', Active: 'True' } } },
    { patchStrategy: 'put' },
  )
  expect(bodies[1]).toEqual({ id: 'u1', userName: 'ana@example.com', Active: false })
})

test.each<[string, CannedReply, string]>([
  ['the user name is another by now', { body: { ...ana, userName: 'bo@example.com' } }, 'conflict'],
  ['another user came back', { body: { ...ana, id: 'u2' } }, 'conflict'],
  ['the user is gone', { status: 404 }, 'not_found'],
  [
    'a number would be changed',
    { raw: JSON.stringify(ana).replace('[1,', '[12345678901234567890.0,') },
    'unsupported',
  ],
  ['the user can not be read', { status: 500 }, 'unavailable'],
])('replaces nobody when %s', async (_, reply, code) => {
  expect(await deactivate({ GET: reply }, { patchStrategy: 'put' })).toMatchObject({ forms: ['GET'], code })
})

test('says what was wrong when no form is taken', async () => {
  expect(await deactivate({ path: refused(), pathless: refused(), PUT: { status: 405 } })).toMatchObject({
    forms: ['path', 'pathless', 'GET', 'PUT'],
    code: 'refused',
  })
})

test.each([
  ['path', ['path']],
  ['pathless', ['pathless']],
  ['put', ['GET', 'PUT']],
] as const)('keeps to %s where the settings say so', async (patchStrategy, forms) => {
  const no = refused()
  expect(await deactivate({ path: no, pathless: no, PUT: no }, { patchStrategy })).toMatchObject({
    forms,
    code: 'refused',
  })
})

describe('the form that worked', () => {
  test('gives way when it no longer works', async () => {
    const memory = new Map<string, unknown>([['scim.form.status', 'put']])
    expect(await deactivate({ path: done, PUT: { status: 405 } }, { memory })).toMatchObject({
      forms: ['GET', 'PUT', 'path'],
      code: undefined,
    })
  })

  const patchOnly = { path: { status: 204 }, pathless: refused() }
  const seen = { body: { ...ana, active: false } }

  test.each<[string, Record<string, CannedReply>, string | undefined]>([
    ['PATCH, once the change is seen', { ...patchOnly, GET: seen }, 'path'],
    ['nothing while the change is not seen', patchOnly, undefined],
    ['PATCH without a path', { path: refused('invalidPath'), pathless: done, GET: seen }, 'pathless'],
    ['PUT where PATCH is not offered', { path: { status: 405 }, PUT: done, GET: seen }, 'put'],
    [
      'no PUT where PATCH was refused for another reason',
      { path: refused('invalidPath'), pathless: refused('invalidPath'), PUT: done, GET: seen },
      undefined,
    ],
  ])('remembers %s', async (_, replies, form) => {
    const memory = new Map<string, unknown>()
    await using app = await serveCanned((arrived) => replies[formOf(arrived)] ?? { body: ana })
    const operations = scimAt(app.url, { memory })
    await operations.deactivateAccount(target, context())
    await operations.readAccount({ id: target.id }, context())
    expect(memory.get('scim.form.status')).toBe(form)
    expect(memory.get('scim.form.fields')).toBeUndefined()
  })

  test('does not make a change look failed when it can not be noted', async () => {
    await using app = await serveCanned(() => done)
    const broken = () => Promise.reject(new Error('no store'))
    const failed = vi.fn()
    const store = { ...memoryStore(), get: broken, set: broken }
    const memory = appMemory(store, { tenant: 'acme', address: app.url }, failed)
    await expect(
      scimAt(app.url, {}, { memory }).deactivateAccount(target, context()),
    ).resolves.toBeUndefined()
    expect(failed).toHaveBeenCalled()
  })
})
