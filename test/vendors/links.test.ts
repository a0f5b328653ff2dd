import { describe, expect, test } from 'vitest'
import { nextIn, nextLink } from '../../src/vendors/http/links.ts'

const BASE = new URL('https://acme.example.com/api/v1')

describe('the next page in a Link header', () => {
  test.each([
    [undefined, undefined],
    ['', undefined],
    ['<https://a.example/x?limit=2>; rel="self"', undefined],
    ['<https://a.example/x?after=1>; rel="next"', 'https://a.example/x?after=1'],
    [
      '<https://a.example/x>; rel="self", <https://a.example/x?after=1>; rel="next"',
      'https://a.example/x?after=1',
    ],
    [
      '<https://a.example/x?after=1,2>; rel="next", <https://a.example/x>; rel="self"',
      'https://a.example/x?after=1,2',
    ],
    ['<https://a.example/x?after=1>; title="more"; rel=next', 'https://a.example/x?after=1'],
    ['<https://a.example/x?after=1>;rel = "next"', 'https://a.example/x?after=1'],
    ['<https://a.example/x?after=1>; rel="nextish"', undefined],
    ['<https://a.example/x?after=1>; rel="no-next"', undefined],
  ])('%s', (header, address) => expect(nextLink(header)).toBe(address))
})

describe('a next page', () => {
  test.each([
    ['https://acme.example.com/api/v1/users?after=1', '/users?after=1'],
    ['/api/v1/users?after=1', '/users?after=1'],
    [undefined, undefined],
    ['', undefined],
  ])('%s is %s below the address', (address, path) => expect(nextIn(address, BASE)).toBe(path))

  test.each([
    'https://evil.example.com/api/v1/users?after=1',
    'http://acme.example.com/api/v1/users?after=1',
    'https://acme.example.com:444/api/v1/users?after=1',
    'https://acme.example.com@evil.example.com/api/v1/users',
    '//evil.example.com/api/v1/users',
    'https://acme.example.com/api/v1x/users',
    'https://acme.example.com/api/v1/../../oauth2/v1/token',
    'https://acme.example.com/admin',
    'javascript:alert(1)',
    'https://',
    7,
    {},
  ])('%s is refused: no token is sent there', (address) => {
    expect(() => nextIn(address, BASE)).toThrow(expect.objectContaining({ code: 'bad_reply' }))
  })
})
