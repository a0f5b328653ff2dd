import { describe, expect, test } from 'vitest'
import { bare, named } from '../../src/domain/quoting.ts'
import { cautionOf } from '../../src/text/confusables.ts'

const MIXED = 'mixes alphabets or uses a rare one'
const UNSEEN = 'contains invisible characters'
const like = (text: string) => `looks like "${text}" but is not`

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
    ['an address to click', 'Ada https://evil.example/approve', 'contains a web address'],
    ['an address without a scheme', 'Ada www.evil.example', 'contains a web address'],
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
})
