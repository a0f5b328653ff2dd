import { expect, test } from 'vitest'
import type { Account } from '../../src/domain/account.ts'
import type { Change } from '../../src/domain/change.ts'
import { RateLimited } from '../../src/errors.ts'
import { type ListAdmins, lastAdmin } from '../../src/guards/last-admin.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { account, change, codeOf, makeCall, plan, recordingNext, TRAITS } from '../support/call.ts'

const ADA = account({ admin: true })
const GRACE = account({ id: 'id-2', userName: 'grace@example.com', admin: true })
const removing = plan(change(ADA))
type Listing = Awaited<ReturnType<ListAdmins>>
const guarded = (listing: Listing | Error, store = memoryStore()) =>
  lastAdmin(
    () => {
      if (listing instanceof Error) return Promise.reject(listing)
      return listing && Promise.resolve(listing)
    },
    store,
    () => TRAITS.namesPrivilege,
  )

test.each<[string, Listing | Error, unknown]>([
  ['another is active', { items: [ADA, GRACE], complete: true }, 'no error'],
  ['another is active and there is more', { items: [GRACE], complete: false, note: 'more' }, 'no error'],
  ['nobody else is there', { items: [ADA], complete: true }, 'protected'],
  [
    'the others are inactive',
    { items: [ADA, { ...GRACE, status: 'inactive' }], complete: true },
    'protected',
  ],
  ['the others may be inactive', { items: [{ ...GRACE, status: 'unknown' }], complete: true }, 'doubt'],
  ['there is more', { items: [ADA], complete: false }, 'doubt'],
  ['something was left out', { items: [ADA], complete: true, note: 'Some do not tell admin.' }, 'doubt'],
  ['the app offers no listing', undefined, 'doubt'],
  ['the app cannot be asked', new RateLimited('no', 'no'), 'doubt'],
])('when %s', async (_, listing, expected) => {
  const { next, reached } = recordingNext()
  const code = await codeOf(guarded(listing)(makeCall({ plan: removing }), next))
  expect(reached[0]?.plan?.doubt === undefined ? code : 'doubt').toBe(expected)
  if (expected === 'doubt') expect(reached[0]?.plan?.asides?.at(-1)).toBe(reached[0]?.plan?.doubt)
})

const updating = (set: Record<string, unknown>): Change => ({
  ...change(ADA),
  operation: 'updateAccount',
  ask: { id: 'id-1', userName: 'ada@example.com', set },
  before: {},
})
test.each<[string, Change, boolean]>([
  ['a deletion', { ...change(ADA), operation: 'deleteAccount' } as Change, true],
  ['unmaking one', updating({ admin: false }), true],
  ['switching one off by a field', updating({ status: 'inactive' }), true],
  ['another title', updating({ title: 'Dr' }), false],
  ['making one', updating({ admin: true }), false],
  ['a reactivation', { ...change(ADA), operation: 'reactivateAccount' } as Change, false],
  ['somebody else', change(), false],
  ['one that is inactive', change({ admin: true, status: 'inactive' }), false],
])('looks at %s: %s', async (_, one, looks) => {
  const work = guarded({ items: [ADA], complete: true })(makeCall({ plan: plan(one) }), recordingNext().next)
  expect(await codeOf(work)).toBe(looks ? 'protected' : 'no error')
})

test.each<[string, Partial<Account>, Record<string, unknown> | undefined]>([
  ['an administrator by role is deactivated', { role: 'Administrator' }, undefined],
  ['an administrator by group is deactivated', { groups: ['Global Admins'] }, undefined],
  ['the role of an administrator is taken', { role: 'Owner' }, { role: 'CSM' }],
])('where the app marks nobody, it is not known who is left when %s', async (_, more, set) => {
  const { next, reached } = recordingNext()
  const one = change(more)
  const ask = { id: 'id-1', userName: 'ada@example.com', set }
  const made = set ? ({ ...one, operation: 'updateAccount', ask, before: more } as unknown as Change) : one
  await guarded({ items: [], complete: true })(makeCall({ plan: plan(made) }), next)
  expect(reached[0]?.plan?.doubt).toContain('another active administrator')
})

test('counts nobody who leaves in the same call', async () => {
  const both = plan(change(ADA), change(GRACE))
  const work = guarded({ items: [ADA, GRACE], complete: true })(
    makeCall({ plan: both }),
    recordingNext().next,
  )
  expect(await codeOf(work)).toBe('protected')
})

test('lets one call at a time take administrators from a tenant, and the next after it', async () => {
  const guard = guarded({ items: [ADA, GRACE], complete: true })
  const two = [plan(change(ADA)), plan(change(GRACE))].map((made) =>
    guard(makeCall({ plan: made }), recordingNext().next),
  )
  expect((await Promise.all(two.map(codeOf))).sort()).toEqual(['conflict', 'no error'])
  expect(await codeOf(guard(makeCall({ plan: removing }), recordingNext().next))).toBe('no error')
})
