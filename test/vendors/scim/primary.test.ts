import fc from 'fast-check'
import { expect, test } from 'vitest'
import { edited } from '../../../src/vendors/scim/edits.ts'
import { editsFor } from '../../../src/vendors/scim/fields.ts'
import { toUser } from '../../../src/vendors/scim/read.ts'

const address = fc.emailAddress()

const entry = fc.oneof(
  address,
  fc.constantFrom('', ' ', null, 7),
  fc.record(
    {
      value: fc.oneof(address, fc.constantFrom('', ' ', null, 7)),
      type: fc.constantFrom('work', 'WORK', 'home', 'other', null),
      primary: fc.constantFrom(true, false, 'True', 'false', 1, null),
      display: fc.string({ maxLength: 10 }),
    },
    { requiredKeys: [] },
  ),
)

/** A list attribute in the shapes that apps send: missing, a single item, or a list. */
const list = fc.oneof(fc.constant(undefined), entry, fc.array(entry, { maxLength: 5 }))

const property = (name: 'email' | 'role', attribute: 'emails' | 'roles') =>
  fc.property(list, address, (items, value) => {
    const raw = { id: 'u1', userName: 'ana', ...(items !== undefined && { [attribute]: items }) }
    const written = edited(raw, editsFor(undefined, { [name]: value }, raw))
    expect(toUser({ tenant: 'acme', vendor: 'scim' }, written)?.account[name]).toBe(value)
  })

test('an email that was written is the one that is read back', () => {
  fc.assert(property('email', 'emails'))
})

test('a role that was written is the one that is read back', () => {
  fc.assert(property('role', 'roles'))
})

test.each([
  [
    'the primary one',
    [
      { value: 'a@x.io', type: 'work' },
      { value: 'b@x.io', primary: true },
    ],
    'b@x.io',
  ],
  [
    'else the one at work',
    [
      { value: 'a@x.io', type: 'home' },
      { value: 'b@x.io', type: 'Work' },
    ],
    'b@x.io',
  ],
  ['else the first', [{ value: 'a@x.io', type: 'home' }, { value: 'b@x.io' }], 'a@x.io'],
  ['of those with a value', [{ value: ' ', primary: true }, { value: 'b@x.io' }], 'b@x.io'],
])('the email is %s', (_, emails, email) => {
  const user = toUser({ tenant: 'acme', vendor: 'scim' }, { id: 'u1', userName: 'ana', emails })
  expect(user?.account.email).toBe(email)
})
