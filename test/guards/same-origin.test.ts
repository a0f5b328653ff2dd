import { describe, expect, test } from 'vitest'
import type { AppReply, AppRequest } from '../../src/guards/request.ts'
import { sameOrigin } from '../../src/guards/same-origin.ts'

const base = new URL('https://acme.example.com/scim/v2/')

function requestTo(url: string): AppRequest {
  const { signal } = new AbortController()
  const context = { caller: 'ada', priority: 'interactive', deadline: Infinity, signal } as const
  return { method: 'GET', url: new URL(url), headers: {}, effect: 'reads', context, signal }
}

/** The error code, or the status of the reply, and whether the request left at all. */
async function send(url: string, reply: Partial<AppReply> = {}) {
  let left = false
  const result = await sameOrigin(base)(requestTo(url), async () => {
    left = true
    return { status: 200, headers: {}, text: '', ...reply }
  }).then(
    ({ status }) => status,
    ({ code }) => code,
  )
  return { result, left }
}

describe('a request', () => {
  test.each([
    'https://acme.example.com/scim/v2',
    'https://acme.example.com/scim/v2/Users?filter=userName%20eq%20%22a%22',
    'https://acme.example.com/scim/v2/Users/a%2Fb',
  ])('leaves for %s', async (url) => {
    expect(await send(url)).toEqual({ result: 200, left: true })
  })

  test.each([
    ['another host', 'https://evil.example.com/scim/v2/Users'],
    ['another port', 'https://acme.example.com:8443/scim/v2/Users'],
    ['another scheme', 'http://acme.example.com/scim/v2/Users'],
    ['another path', 'https://acme.example.com/admin'],
    ['a path that only begins alike', 'https://acme.example.com/scim/v2beta/Users'],
    ['a path that climbs', 'https://acme.example.com/scim/v2/../../admin'],
    ['a path that climbs once it is decoded', 'https://acme.example.com/scim/v2/Users/..%2f..%2f..%2Fadmin'],
    ['a path that climbs the other way', 'https://acme.example.com/scim/v2/Users/%2E%2E%5cadmin'],
    ['credentials', 'https://a:b@acme.example.com/scim/v2/Users'],
  ])('never leaves for %s', async (_case, url) => {
    expect(await send(url)).toEqual({ result: 'bad_reply', left: false })
  })
})

describe('a redirect', () => {
  const USERS = 'https://acme.example.com/scim/v2/Users'

  /** Follows redirects, each to the next of `locations`; what was asked, and the error code or the status at the end. */
  async function follow(
    locations: readonly (string | undefined)[],
    request: Partial<AppRequest> = {},
    status = 301,
  ) {
    const asked: string[] = []
    const result = await sameOrigin(base)(
      { ...requestTo(USERS), ...request },
      async ({ url }): Promise<AppReply> => {
        asked.push(url.href)
        const location = locations[asked.length - 1]
        if (asked.length > locations.length) return { status: 200, headers: {}, text: '' }
        return { status, headers: location === undefined ? {} : { location }, text: '' }
      },
    ).then(
      (reply) => reply.status,
      ({ code }) => code,
    )
    return { result, asked: asked.length, last: asked.at(-1) }
  }
  const search = { url: new URL(`${USERS}?filter=userName%20eq%20%22a%22&count=1`) }

  test.each<[string, (string | undefined)[], Partial<AppRequest>?, number?]>([
    ['with a slash', ['/scim/v2/Users/']],
    ['with a whole address', ['https://acme.example.com/scim/v2/Users/']],
    ['relative to the path', ['Users/']],
    ['to another collection below the address', ['/scim/v2/users']],
    ['of a search, spelled in another way', ['/scim/v2/Users/?count=1&filter=userName+eq+"a"'], search],
    ['that is temporary', ['/scim/v2/Users/'], {}, 307],
    ['three times', ['/scim/v2/a', '/scim/v2/b', '/scim/v2/c']],
  ])('%s is followed for a read', async (_, locations, request, status) => {
    expect(await follow(locations, request, status)).toMatchObject({
      result: 200,
      asked: locations.length + 1,
    })
  })

  test.each<[string, (string | undefined)[], Partial<AppRequest>?, number?]>([
    ['to another host', ['https://evil.example.com/scim/v2/Users/']],
    ['to another scheme', ['http://acme.example.com/scim/v2/Users/']],
    ['to another port', ['https://acme.example.com:8443/scim/v2/Users/']],
    ['above the address', ['/admin']],
    ['that climbs', ['/scim/v2/Users/..%2f..%2fadmin']],
    ['with credentials', ['https://a:b@acme.example.com/scim/v2/Users/']],
    ['that drops the search', ['/scim/v2/Users/'], search],
    ['that alters the search', ['/scim/v2/Users/?filter=userName%20eq%20%22b%22&count=1'], search],
    ['to nowhere', [undefined]],
    ['to no address', ['http://[']],
    ['of a kind that asks otherwise', ['/scim/v2/Users/'], {}, 303],
    ['of a change', ['/scim/v2/Users/'], { effect: 'writes', method: 'POST' }],
    ['of a change that is made by GET', ['/scim/v2/Users/'], { effect: 'writes' }],
    ['of a read with a body', ['/scim/v2/Users/'], { method: 'POST' }],
  ])('%s is not followed', async (_, locations, request, status) => {
    expect(await follow(locations, request, status)).toMatchObject({ result: 'bad_reply', asked: 1 })
  })

  test('that goes round ends', async () => {
    const round = Array.from({ length: 20 }, (_, turn) => (turn % 2 ? '/scim/v2/Users' : '/scim/v2/Users/'))
    expect(await follow(round)).toMatchObject({ result: 'bad_reply', asked: 4 })
  })
})

test.each([301, 302, 304, 307, 308])('a reply with status %i is not followed', async (status) => {
  const headers = { location: 'https://evil.example.com/' }
  expect(await send('https://acme.example.com/scim/v2/Users', { status, headers })).toEqual({
    result: 'bad_reply',
    left: true,
  })
})

test.each([
  ['https://login.evil.example/x?token=secret', ', https://login.evil.example,'],
  ['http://acme.example.com/scim/v2/Users', ', http://acme.example.com,'],
  ['https://a:b@evil.example:8443/', ', https://evil.example:8443,'],
  ['/login?next=secret', ' on the same host,'],
  ['javascript:alert(1)', 'another address,'],
  ['https://', 'another address,'],
])('a redirect to %s is told without its path, its query and its credentials', async (location, told) => {
  const reply: AppReply = { status: 302, headers: { location }, text: '' }
  const error = await sameOrigin(base)(requestTo(`${base.href}Users`), async () => reply).catch(
    (thrown) => thrown,
  )
  expect(error.message).toContain(told)
  expect(error.message).not.toMatch(/secret|a:b|login\?|alert/)
})
