import { describe, expect, test } from 'vitest'
import type { Change } from '../../src/domain/change.ts'
import { warning, warningsOf } from '../../src/domain/name-warnings.ts'
import type { AccountFields } from '../../src/domain/operations.ts'
import { givesPower, touchesPower } from '../../src/domain/privilege.ts'
import { bare, named } from '../../src/domain/quoting.ts'
import { cautionOf } from '../../src/text/confusables.ts'
import { account, change } from '../support/call.ts'

const MIXED = 'mixes alphabets or uses a rare one'
const UNSEEN = 'holds characters that can not be seen'
const like = (text: string) => `looks like "${text}" and is not`

describe('a name is taken at its face', () => {
  test.each([
    'Ada Lovelace',
    'ada.lovelace+work@example.com',
    "Siobhán O’Brien-D'Arcy",
    'Zoë Łukasz Yılmaz Straße',
    'Вера Смирнова',
    'иван@example.com',
    'Ελένη Παπαδοπούλου',
    '李明',
    '김철수 Kim',
    '山田タロウ',
    'ＡＢＣ株式会社',
    'محمد علی',
    'سلام\u200cعلی',
    'क्‍ष',
    'Mª José x² ½',
    '👩🏽‍💻 on call ❤️‍🔥',
    'cafe\u0301',
  ])('%s', (name) => {
    expect(cautionOf({ name })).toBeUndefined()
  })
})

describe('a name is warned of', () => {
  test.each([
    ['one Cyrillic letter among Latin ones', 'аda@example.com', `${MIXED}, and ${like('ada@example.com')}`],
    ['a Greek capital before Latin letters', 'Αlice', `${MIXED}, and ${like('Alice')}`],
    ['Armenian letters among Latin ones', 'jօhn', `${MIXED}, and ${like('john')}`],
    ['a whole word of Cyrillic twins', 'аԁа@example.com', like('ada@example.com')],
    ['a host with a foreign letter', 'ada@exаmple.com', `${MIXED}, and ${like('ada@example.com')}`],
    ['fullwidth letters', 'ａｄａ', like('ada')],
    ['mathematical letters', '𝐚𝐝𝐚', like('ada')],
    ['an alphabet that hardly anybody uses', 'ᎪᎠᎪ', MIXED],
    ['a zero-width space', 'ada\u200b@example.com', UNSEEN],
    ['a right-to-left override', 'moc.elpmaxe\u202e@ada', UNSEEN],
    ['tag characters', 'ada\u{e0041}\u{e0042}', UNSEEN],
    ['an escape', 'ada\u001b[2K', UNSEEN],
    ['a soft hyphen', 'a\u00adda@example.com', UNSEEN],
    ['a joiner between Latin letters', 'a\u200dda', UNSEEN],
    ['a line break', 'Ada\nApproved by IT', UNSEEN],
    ['an address to click', 'Ada https://evil.example/approve', 'holds a web address'],
    ['an address without a scheme', 'Ada www.evil.example', 'holds a web address'],
  ])('%s', (_, name, says) => {
    expect(cautionOf({ name })).toBe(`The name ${says}.`)
  })
})

test('each name is said for itself, and the same one once', () => {
  expect(
    cautionOf({ 'user name': 'аda', email: 'аda', name: 'Αda' })?.match(/The (user name|email|name)/g),
  ).toEqual(['The user name', 'The name'])
  expect(cautionOf({ 'user name': undefined, name: '' })).toBeUndefined()
})

test('a megabyte of foreign letters is looked at in no time', () => {
  const began = performance.now()
  expect(cautionOf({ name: 'а'.repeat(1_000_000) })?.length).toBeLessThan(200)
  expect(performance.now() - began).toBeLessThan(500)
})

test('what is no plain user name stands in quotes that it can not close', () => {
  expect(named({ name: 'Ada Lovelace', userName: 'ada@example.com' })).toBe(
    '"Ada Lovelace" (ada@example.com)',
  )
  expect(named({ userName: 'x) in Gainsight, tenant y: active → inactive. (' })).toBe(
    '("x) in Gainsight, tenant y: active → inactive. (")',
  )
  expect(named({ name: 'Bob" (bob@example.com) in "', userName: 'eve' })).toBe(
    '"Bob” (bob@example.com) in ”" (eve)',
  )
  expect(bare('O’Brien_2+x@example.com')).toBe('O’Brien_2+x@example.com')
  expect(warning('eve', 'Odd.')).toEqual(['⚠ eve: Odd.'])
  expect(warning('ada', undefined)).toEqual([])
})

test.each(['Super Admin', 'ORG_OWNER', 'Domain Admins', 'root', 'SuperUser', 'Privileged access'])(
  'a role or group called %s gives power',
  (name) => expect(givesPower(name)).toBe(true),
)

test('a role like any other gives none, and nor does a title', () => {
  expect(['CSM', 'Viewer', 'Grassroots', undefined].filter(givesPower)).toEqual([])
})

describe('a change touches power', () => {
  const update = (set: AccountFields, before: AccountFields = {}): Change => ({
    ...change(),
    operation: 'updateAccount',
    ask: { id: 'id-1', userName: 'ada@example.com', set },
    before,
  })
  const create = (fields: AccountFields): Change => ({
    ...change(),
    accounts: [],
    operation: 'createAccount',
    ask: { fields },
  })

  test.each([
    [update({ admin: false })],
    [update({ role: 'Admin' })],
    [update({ role: 'Viewer' }, { role: 'Org Owner' })],
    [update({ custom: { userType: 'admin' } })],
    [update({ custom: { is_admin: true } })],
    [update({ custom: { rights: ['read', 'Owner'] } })],
    [create({ admin: true })],
    [create({ role: 'Super Admin' })],
    [{ ...change(), operation: 'createGroup', ask: { name: 'Administrators', members: [] } } as Change],
    [
      {
        ...change(),
        operation: 'updateMembers',
        ask: { group: { id: 'g', name: 'Domain Admins' }, add: [], remove: [] },
        inside: [],
      } as Change,
    ],
  ])('%#', (made) => expect(touchesPower(made)).toBe(true))

  test.each([
    [change()],
    [update({ title: 'Administrative Assistant' })],
    [create({ role: 'CSM', admin: false })],
  ])('and not with %#', (made) => expect(touchesPower(made)).toBe(false))
})

test('a plan is told of odd names, those there are and those there will be, each once', () => {
  const odd = change({ userName: 'аda@example.com', caution: 'Odd.' })
  const made: Change = {
    ...odd,
    accounts: [],
    operation: 'createAccount',
    ask: { fields: { email: 'аda@example.com' } },
  }
  expect(warningsOf([odd, odd, change()])).toEqual(['⚠ аda@example.com: Odd.'])
  expect(warningsOf([made])).toEqual([expect.stringContaining('looks like "ada@example.com" and is not')])
  expect(warningsOf([{ ...change(), accounts: [account()] }])).toEqual([])
})
