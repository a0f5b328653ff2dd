import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BeforeImage } from '../../src/changes/define.ts'
import { kindOf, recalled } from '../../src/changes/index.ts'
import type { PastChange, Reversal } from '../../src/changes/inverse.ts'
import type { Account, Group } from '../../src/domain/account.ts'
import type { Change } from '../../src/domain/change.ts'
import { flat, unflat } from '../../src/domain/field-diff.ts'
import type { AccountFields } from '../../src/domain/operations.ts'
import { account } from '../support/call.ts'

const beforeOf = (change: Change): BeforeImage => kindOf(change).imageOf(change)
const touchedBy = (before: BeforeImage) => recalled(before)?.touches

/** What the app shows now. */
interface Now {
  accounts?: readonly Account[]
  fields?: AccountFields
  group?: Group
}

/** What becomes of undoing a write, as it came back from the journal. */
async function undo(
  before: BeforeImage,
  { accounts = [], fields, group }: Now,
  more: Partial<PastChange> = {},
): Promise<Reversal> {
  const image = recalled(JSON.parse(JSON.stringify(before)))
  if (!image) throw new TypeError('an image that is not whole')
  const past: PastChange = {
    tenant: 'acme',
    subject: { id: 'id-1', userName: 'ada@example.com' },
    before: image,
    outcome: 'done',
    since: [],
    ...more,
  }
  const find = (id: string) => accounts.find((one) => one.id === id)
  return image.inverse(past, {
    account: async (id) => find(id),
    fields: async (id) => {
      const found = find(id)
      return found && { account: found, fields: fields ?? {} }
    },
    group: async () => group,
  })
}

describe('an account switched off or on', () => {
  const was = (operation: 'deactivateAccount' | 'reactivateAccount', more: Partial<Account> = {}) => ({
    operation,
    account: account(more),
  })
  const now = (more: Partial<Account>): Now => ({ accounts: [account(more)] })

  test.each([
    ['deactivateAccount', 'active', 'inactive', 'reactivateAccount'],
    ['reactivateAccount', 'inactive', 'active', 'deactivateAccount'],
  ] as const)('%s is undone from what it left', async (operation, before, after, undoes) => {
    const image = was(operation, { status: before })
    expect(await undo(image, now({ status: after }))).toMatchObject({
      change: { operation: undoes, ask: { id: 'id-1', userName: 'ada@example.com' } },
      left: [],
    })
    expect(await undo(image, now({ status: before }))).toMatchObject({ outcome: 'unchanged' })
    expect(await undo(image, now({ status: 'unknown' }))).toMatchObject({ outcome: 'left_alone' })
    expect(await undo(image, {})).toMatchObject({ outcome: 'cannot_undo' })
  })

  test('is not undone where the state before was not known', async () => {
    const image = was('deactivateAccount', { status: 'unknown' })
    expect(await undo(image, now({ status: 'inactive' }))).toMatchObject({ outcome: 'cannot_undo' })
  })

  test('is left alone once it was switched again, and not for the sake of a new title', async () => {
    const image = was('deactivateAccount')
    const title = touchedBy({ operation: 'updateAccount', account: account(), fields: [{ name: 'title' }] })
    const off = now({ status: 'inactive' })
    expect(await undo(image, off, { since: [title] })).toHaveProperty('change')
    expect(await undo(image, off, { since: [title, touchedBy(image)] })).toMatchObject({
      outcome: 'left_alone',
    })
    // A write whose image was not kept may have been anything.
    expect(await undo(image, off, { since: [undefined] })).toMatchObject({ outcome: 'left_alone' })
  })

  test('says which groups and which licence the app took with the access', async () => {
    const image = was('deactivateAccount', { groups: ['Sales', 'All'], licence: 'Full' })
    const reversal = await undo(image, now({ status: 'inactive', groups: ['All'] }))
    expect('left' in reversal && reversal.left.join(' ')).toMatch(/Sales.*Full/)
    // Groups that the app does not tell of are not taken for lost.
    expect(await undo(image, now({ status: 'inactive', licence: 'Full' }))).toMatchObject({ left: [] })
  })

  test('is not undone for an account that was made and never found', async () => {
    const made = { subject: { id: 'new', userName: 'ada@example.com' } }
    expect(await undo({ operation: 'createAccount' }, {}, made)).toMatchObject({ outcome: 'cannot_undo' })
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
  const shows = (fields: AccountFields): Now => ({ accounts: [account()], fields })

  test('is set back exactly where it still says so, and nowhere else', async () => {
    await fc.assert(
      fc.asyncProperty(fields, fields, fields, async (before, set, others) => {
        const [was, became, now] = [
          flat(before),
          flat(set),
          { ...flat(before), ...flat(set), ...flat(others) },
        ]
        const reversal = await undo(beforeOf(update(before, set)), shows(unflat(Object.entries(now))))
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

  test('is not emptied, and not restored where a name speaks of a secret', async () => {
    const image = beforeOf(
      update({ custom: { apiToken: 'a' } }, { title: 'Boss', custom: { apiToken: 'b' } }),
    )
    expect(JSON.stringify(image)).not.toMatch(/"a"|"b"/)
    expect(await undo(image, shows({ title: 'Boss', custom: { apiToken: 'b' } }))).toMatchObject({
      outcome: 'cannot_undo',
      note: expect.stringMatching(/title.*apiToken/),
    })
  })

  test('is left alone where a later call set the same field', async () => {
    const image = beforeOf(update({ title: 'A', role: 'x' }, { title: 'B', role: 'y' }))
    const later = touchedBy(beforeOf(update({ title: 'A' }, { title: 'B' })))
    expect(await undo(image, shows({ title: 'B', role: 'y' }), { since: [later] })).toMatchObject({
      change: { ask: { set: { role: 'x' } } },
      left: [expect.stringContaining('title')],
    })
  })
})

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

  const sales = { subject: { id: 'g', userName: 'Sales' } }

  test('is as it was for each of them, and others stay as they are', async () => {
    await fc.assert(
      fc.asyncProperty(some, some, some, async (before, add, now) => {
        const remove = people.map(({ id }) => id).filter((id) => !add.includes(id) && id < 'd')
        const image = beforeOf(change(add, remove, before))
        const reversal = await undo(image, { accounts: people, group: group(now) }, sales)
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

  test('is taken out of a group that was made, which stays itself', async () => {
    const making = (...members: string[]): Change => ({
      tenant: 'acme',
      accounts: people,
      subject: { id: 'new', userName: 'Sales' },
      operation: 'createGroup',
      ask: { name: 'Sales', members: members.map(target) },
    })
    const image = beforeOf(making('a'))
    const shows = (...ids: string[]): Now => ({ accounts: people, group: group(ids) })
    expect(await undo(image, shows('a', 'b'), sales)).toMatchObject({
      change: { ask: { add: [], remove: [target('a')] } },
    })
    expect(await undo(image, shows('b'), sales)).toMatchObject({ outcome: 'unchanged' })
    expect(await undo(beforeOf(making()), shows(), sales)).toMatchObject({ outcome: 'cannot_undo' })
    const lost = { subject: { id: 'new', userName: 'Sales' } }
    expect(await undo(image, {}, lost)).toMatchObject({ outcome: 'cannot_undo' })
  })

  test('is not guessed where the app did not tell, then or now', async () => {
    const hidden = beforeOf(change(['a'], [], undefined))
    const shows = { accounts: people, group: group(['a']) }
    expect(await undo(hidden, shows, sales)).toMatchObject({ outcome: 'cannot_undo' })
    const image = beforeOf(change(['a'], [], []))
    const untold = { accounts: people, group: { id: 'g', name: 'Sales' } }
    expect(await undo(image, untold, sales)).toMatchObject({ outcome: 'cannot_undo' })
    expect(await undo(image, { accounts: people }, sales)).toMatchObject({ outcome: 'cannot_undo' })
    // A group that is named like the id of the one that was changed.
    const namesake = { accounts: people, group: { ...group(['a']), id: 'other', name: 'g' } }
    expect(await undo(image, namesake, sales)).toMatchObject({ outcome: 'cannot_undo' })
  })

  test('is left alone for somebody gone, renamed, or moved again by another call', async () => {
    const image = beforeOf(change(['a', 'b', 'c'], [], []))
    const later = touchedBy(beforeOf(change(['c'], [], [])))
    const accounts = people
      .map((one) => (one.id === 'b' ? { ...one, userName: 'other@example.com' } : one))
      .slice(1)
    const reversal = await undo(
      image,
      { accounts, group: group(['a', 'b', 'c']) },
      { ...sales, since: [later] },
    )
    expect(reversal).toMatchObject({ outcome: 'left_alone', note: expect.stringMatching(/a@.*b@.*c@/) })
  })
})

test('an image of a kind that this version does not know tells nothing', () => {
  for (const operation of ['freezeAccount', 'constructor', '__proto__', '']) {
    expect(recalled({ operation, account: account() })).toBeUndefined()
  }
})
