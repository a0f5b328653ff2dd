import { describe, expect, test } from 'vitest'
import { type CannedReply, context, type ReceivedRequest, serveCanned } from '../../support/canned.ts'
import { scimAt } from './scim-at.ts'
import { at, done, PATCH_OP, scimError, type target } from './write-at.ts'

describe('changing who is in a group', () => {
  const group = { id: 'g1', name: 'Engineering' }
  const some = (count: number, from = 0) =>
    Array.from({ length: count }, (_, index) => ({ id: `u${from + index}`, userName: `u${from + index}` }))
  const members = (
    { add = [], remove = [] }: { add?: (typeof target)[]; remove?: (typeof target)[] },
    reply: (arrived: ReceivedRequest) => CannedReply = () => done,
    settings: Parameters<typeof scimAt>[1] = {},
  ) => at(reply, (app) => app.updateMembers({ group, add, remove }, context()), settings)

  test('sends one PATCH, with those to add and those to remove', async () => {
    const { asked } = await members({ add: some(2), remove: some(1, 5) })
    expect(asked).toMatchObject([{ method: 'PATCH', path: '/Groups/g1' }])
    expect(asked[0]?.body).toEqual({
      schemas: [PATCH_OP],
      Operations: [
        { op: 'add', path: 'members', value: [{ value: 'u0' }, { value: 'u1' }] },
        { op: 'remove', path: 'members', value: [{ value: 'u5' }] },
      ],
    })
  })

  test('removes each by a filter where the settings say so', async () => {
    const quoted = { id: 'a"b', userName: 'x' }
    const { asked } = await members({ remove: [...some(1), quoted] }, undefined, {
      memberRemoveShape: 'filter',
    })
    expect(asked[0]?.body).toMatchObject({
      Operations: [
        { op: 'remove', path: 'members[value eq "u0"]' },
        { op: 'remove', path: 'members[value eq "a\\"b"]' },
      ],
    })
  })

  test('asks again with filters where an array was refused for its form, and never the other way round', async () => {
    const once = (first: CannedReply) => {
      const replies = [first]
      return () => replies.shift() ?? done
    }
    const refused = scimError(400, { scimType: 'invalidPath' })
    const arrayFirst = await members({ remove: some(1) }, once(refused))
    expect(arrayFirst.asked.map(({ body }) => body)).toMatchObject([
      { Operations: [{ op: 'remove', path: 'members', value: [{ value: 'u0' }] }] },
      { Operations: [{ op: 'remove', path: 'members[value eq "u0"]' }] },
    ])
    const filterFirst = await members({ remove: some(1) }, once(refused), {
      memberRemoveShape: 'filter',
    })
    expect(filterFirst.asked).toHaveLength(1)
    const forbidden = await members({ remove: some(1) }, once(scimError(403)))
    expect(forbidden.asked).toHaveLength(1)
  })

  test.each<[string, CannedReply, string, boolean]>([
    ['501', scimError(501), 'unsupported', true],
    ['a path that is not valid', scimError(400, { scimType: 'InvalidPath' }), 'refused', true],
    ['a refusal without a reason', scimError(400), 'refused', false],
    ['403', scimError(403), 'forbidden', false],
  ])('a removal by a filter that is answered with %s is told so', async (_, reply, code, names) => {
    await using app = await serveCanned(() => reply)
    const operations = scimAt(app.url, { memberRemoveShape: 'filter' })
    const error = await operations
      .updateMembers({ group, add: [], remove: some(1) }, context())
      .catch((thrown) => thrown)
    expect(error.code).toBe(code)
    expect(error.hint.includes('`memberRemoveShape`')).toBe(names)
    expect(app.asked).toHaveLength(1)
  })

  test('sends at most a hundred at once', async () => {
    const { asked } = await members({ add: some(150), remove: some(60, 200) })
    const sizes = asked.map(({ body }) =>
      (body as { Operations: { op: string; value: unknown[] }[] }).Operations.map(
        ({ op, value }) => `${op} ${value.length}`,
      ),
    )
    expect(sizes).toEqual([['add 100'], ['add 50', 'remove 50'], ['remove 10']])
  })

  test('never sends a remove without members, which would empty the group', async () => {
    const { asked } = await members({ add: some(1) })
    expect(JSON.stringify(asked[0]?.body)).not.toContain('remove')
  })

  test.each<[string, CannedReply, string]>([
    ['the group is not there', scimError(404), 'not_found'],
    ['the token may not', { status: 403 }, 'forbidden'],
    ['the app does not offer it', { status: 405 }, 'unsupported'],
    ['the app has an error', { status: 500 }, 'unknown_outcome'],
    ['the reply is lost', { drop: true }, 'unknown_outcome'],
  ])('says so when %s', async (_, reply, expected) => {
    const { code, methods } = await members({ add: some(1) }, () => reply)
    expect({ code, methods }).toEqual({ code: expected, methods: ['PATCH'] })
  })

  test('does not call it undone when a part of it was done', async () => {
    const { code } = await members({ add: some(150) }, ({ body }) =>
      JSON.stringify(body).includes('"u120"') ? { status: 403 } : done,
    )
    expect(code).toBe('unknown_outcome')
  })
})
