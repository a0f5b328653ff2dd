import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Account, Group } from '../../src/domain/account.ts'
import { type BeforeImage, beforeOf } from '../../src/domain/before-image.ts'
import type { Change } from '../../src/domain/change.ts'
import { flat } from '../../src/domain/field-diff.ts'
import {
  type PastChange,
  reverseFields,
  reverseMembers,
  reverseSwitch,
  strayed,
} from '../../src/domain/inverse.ts'
import type { AccountFields } from '../../src/domain/operations.ts'
import { account } from '../support/call.ts'

const past = (before: BeforeImage, more: Partial<PastChange> = {}): PastChange => ({
  tenant: 'acme',
  subject: { id: 'id-1', userName: 'ada@example.com' },
  before,
  outcome: 'done',
  since: [],
  ...more,
})

describe('an account switched off or on', () => {
  const was = (operation: 'deactivateAccount' | 'reactivateAccount', more: Partial<Account> = {}) => ({
    operation,
    account: account(more),
  })

  test.each([
    ['deactivateAccount', 'active', 'inactive', 'reactivateAccount'],
    ['reactivateAccount', 'inactive', 'active', 'deactivateAccount'],
  ] as const)('%s is undone from what it left', (operation, before, after, undoes) => {
    const image = was(operation, { status: before })
    expect(reverseSwitch(past(image), image, account({ status: after }))).toMatchObject({
      change: { operation: undoes, ask: { id: 'id-1', userName: 'ada@example.com' } },
      left: [],
    })
    expect(reverseSwitch(past(image), image, account({ status: before }))).toMatchObject({
      outcome: 'unchanged',
    })
    expect(reverseSwitch(past(image), image, account({ status: 'unknown' }))).toMatchObject({
      outcome: 'left_alone',
    })
    expect(reverseSwitch(past(image), image, undefined)).toMatchObject({ outcome: 'cannot_undo' })
  })

  test('is not undone where the state before was not known', () => {
    const image = was('deactivateAccount', { status: 'unknown' })
    expect(reverseSwitch(past(image), image, account({ status: 'inactive' }))).toMatchObject({
      outcome: 'cannot_undo',
    })
  })

  test('is left alone once it was switched again, and not for the sake of a new title', () => {
    const image = was('deactivateAccount')
    const title: BeforeImage = { operation: 'updateAccount', account: account(), fields: [] }
    const now = account({ status: 'inactive' })
    expect(reverseSwitch(past(image, { since: [title] }), image, now)).toHaveProperty('change')
    expect(reverseSwitch(past(image, { since: [title, image] }), image, now)).toMatchObject({
      outcome: 'left_alone',
    })
    // A write whose image was not kept may have been anything.
    expect(reverseSwitch(past(image, { since: [undefined] }), image, now)).toMatchObject({
      outcome: 'left_alone',
    })
  })

  test('says which groups and which licence the app took with the access', () => {
    const image = was('deactivateAccount', { groups: ['Sales', 'All'], licence: 'Full' })
    const now = account({ status: 'inactive', groups: ['All'] })
    const reversal = reverseSwitch(past(image), image, now)
    expect('left' in reversal && reversal.left.join(' ')).toMatch(/Sales.*Full/)
    // Groups that the app does not tell of are not taken for lost.
    expect(reverseSwitch(past(image), image, account({ status: 'inactive', licence: 'Full' }))).toMatchObject(
      {
        left: [],
      },
    )
  })

  test('is not undone for an account that was made and never found', () => {
    const image = { operation: 'createAccount' as const }
    const write = past(image, { subject: { id: 'new', userName: 'ada@example.com' } })
    expect(reverseSwitch(write, image, undefined)).toMatchObject({ outcome: 'cannot_undo' })
  })
})

const name = fc.constantFrom('title', 'department', 'givenName', 'role', 'phone')
const value = fc.string({ minLength: 1, maxLength: 5 })
const fields = fc
  .record({
    plain: fc.dictionary(name, value, { maxKeys: 4 }),
    custom: fc.dictionary(fc.constantFrom('Region', 'Team.Code', 'Tags'), fc.oneof(value, fc.array(value)), {
      maxKeys: 2,
    }),
    admin: fc.option(fc.boolean(), { nil: undefined }),
  })
  .map(
    ({ plain, custom, admin }): AccountFields => ({
      ...plain,
      ...(Object.keys(custom).length > 0 && { custom }),
      ...(admin !== undefined && { admin }),
    }),
  )

const update = (before: AccountFields, set: AccountFields): Change => ({
  tenant: 'acme',
  accounts: [account()],
  subject: { id: 'id-1', userName: 'ada@example.com' },
  operation: 'updateAccount',
  ask: { id: 'id-1', userName: 'ada@example.com', set },
  before,
})

describe('what an account was made to say', () => {
  test('is set back exactly where it still says so, and nowhere else', () => {
    fc.assert(
      fc.property(fields, fields, fields, (before, set, others) => {
        const image = beforeOf(update(before, set))
        if (image.operation !== 'updateAccount') throw new TypeError('another image')
        const [was, became, now] = [
          flat(before),
          flat(set),
          { ...flat(before), ...flat(set), ...flat(others) },
        ]
        const shown = fromFlat(now)
        const reversal = reverseFields(past(image), image, { account: account(), fields: shown })
        const change = 'change' in reversal && reversal.change
        const back = change && change.operation === 'updateAccount' ? flat(change.ask.set) : {}
        for (const field of Object.keys({ ...now, ...back })) {
          const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
          const restorable =
            field in became &&
            field in was &&
            same(now[field], became[field]) &&
            !same(now[field], was[field])
          expect(field in back, field).toBe(restorable)
          if (restorable) expect(back[field]).toEqual(was[field])
        }
      }),
    )
  })

  test('is not emptied, and not restored where a name speaks of a secret', () => {
    const image = beforeOf(
      update({ custom: { apiToken: 'a' } }, { title: 'Boss', custom: { apiToken: 'b' } }),
    )
    if (image.operation !== 'updateAccount') throw new TypeError('another image')
    expect(JSON.stringify(image)).not.toMatch(/"a"|"b"/)
    const now = { title: 'Boss', custom: { apiToken: 'b' } }
    const reversal = reverseFields(past(image), image, { account: account(), fields: now })
    expect(reversal).toMatchObject({ outcome: 'cannot_undo', note: expect.stringMatching(/title.*apiToken/) })
  })

  test('is left alone where a later call set the same field', () => {
    const image = beforeOf(update({ title: 'A', role: 'x' }, { title: 'B', role: 'y' }))
    const later = beforeOf(update({ title: 'A' }, { title: 'B' }))
    if (image.operation !== 'updateAccount') throw new TypeError('another image')
    expect(
      reverseFields(past(image, { since: [later] }), image, {
        account: account(),
        fields: { title: 'B', role: 'y' },
      }),
    ).toMatchObject({ change: { ask: { set: { role: 'x' } } }, left: [expect.stringContaining('title')] })
  })
})

const fromFlat = (values: Record<string, unknown>): AccountFields => {
  const custom = Object.entries(values).filter(([key]) => key.startsWith('custom.'))
  return {
    ...Object.fromEntries(Object.entries(values).filter(([key]) => !key.startsWith('custom.'))),
    ...(custom.length > 0 && { custom: Object.fromEntries(custom.map(([key, of]) => [key.slice(7), of])) }),
  } as AccountFields // flattened from such fields just above
}

describe('who was put into a group or out of it', () => {
  const people = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) =>
    account({ id, userName: `${id}@example.com`, status: 'active' }),
  )
  const some = fc.subarray(people.map(({ id }) => id))
  const target = (id: string) => ({ id, userName: `${id}@example.com` })
  const group = (ids: readonly string[]): Group => ({
    id: 'g',
    name: 'Sales',
    members: ids.map((id) => ({ id })),
  })
  const change = (add: string[], remove: string[], inside: string[] | undefined): Change => ({
    tenant: 'acme',
    accounts: people,
    subject: { id: 'g', userName: 'Sales' },
    operation: 'updateMembers',
    ask: { group: { id: 'g', name: 'Sales' }, add: add.map(target), remove: remove.map(target) },
    inside,
  })

  test('is as it was for each of them, and others stay as they are', () => {
    fc.assert(
      fc.property(some, some, some, (before, add, now) => {
        const remove = people.map(({ id }) => id).filter((id) => !add.includes(id) && id < 'd')
        const image = beforeOf(change(add, remove, before))
        if (!('members' in image)) throw new TypeError('another image')
        const accounts = people.filter(({ id }) => strayed(image, group(now)).some((one) => one.id === id))
        const reversal = reverseMembers(past(image), image, group(now), accounts)
        const made = 'change' in reversal && reversal.change
        const ask = made && made.operation === 'updateMembers' ? made.ask : { add: [], remove: [] }
        const ids = (of: readonly { id: string }[]) => of.map(({ id }) => id)
        const after = [...now.filter((id) => !ids(ask.remove).includes(id)), ...ids(ask.add)]
        for (const { id } of people) {
          const concerned = add.includes(id) || remove.includes(id)
          expect(after.includes(id), id).toBe((concerned ? before : now).includes(id))
        }
      }),
    )
  })

  test('is taken out of a group that was made, which stays itself', () => {
    const making: Change = {
      tenant: 'acme',
      accounts: people,
      subject: { id: 'new', userName: 'Sales' },
      operation: 'createGroup',
      ask: { name: 'Sales', members: [target('a')] },
    }
    const image = beforeOf(making)
    if (!('members' in image)) throw new TypeError('another image')
    const made = past(image, { subject: { id: 'g', userName: 'Sales' } })
    expect(reverseMembers(made, image, group(['a', 'b']), people)).toMatchObject({
      change: { ask: { add: [], remove: [target('a')] } },
    })
    expect(reverseMembers(made, image, group(['b']), people)).toMatchObject({ outcome: 'unchanged' })
    expect(reverseMembers(made, { ...image, members: [] }, group([]), people)).toMatchObject({
      outcome: 'cannot_undo',
    })
    const lost = past(image, { subject: { id: 'new', userName: 'Sales' } })
    expect(reverseMembers(lost, image, undefined, people)).toMatchObject({ outcome: 'cannot_undo' })
  })

  test('is not guessed where the app did not tell, then or now', () => {
    const hidden = beforeOf(change(['a'], [], undefined))
    if (!('members' in hidden)) throw new TypeError('another image')
    expect(reverseMembers(past(hidden), hidden, group(['a']), people)).toMatchObject({
      outcome: 'cannot_undo',
    })
    const image = beforeOf(change(['a'], [], []))
    if (!('members' in image)) throw new TypeError('another image')
    expect(reverseMembers(past(image), image, { id: 'g', name: 'Sales' }, people)).toMatchObject({
      outcome: 'cannot_undo',
    })
    expect(reverseMembers(past(image), image, undefined, people)).toMatchObject({ outcome: 'cannot_undo' })
  })

  test('is left alone for somebody gone, renamed, or moved again by another call', () => {
    const image = beforeOf(change(['a', 'b', 'c'], [], []))
    const later = beforeOf(change(['c'], [], []))
    if (!('members' in image)) throw new TypeError('another image')
    const accounts = people
      .map((one) => (one.id === 'b' ? { ...one, userName: 'other@example.com' } : one))
      .slice(1)
    const reversal = reverseMembers(past(image, { since: [later] }), image, group(['a', 'b', 'c']), accounts)
    expect(reversal).toMatchObject({ outcome: 'left_alone', note: expect.stringMatching(/a@.*b@.*c@/) })
  })
})
