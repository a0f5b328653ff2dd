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

test.each([301, 302, 304, 307, 308])('a reply with status %i is not followed', async (status) => {
  const headers = { location: 'https://evil.example.com/' }
  expect(await send('https://acme.example.com/scim/v2/Users', { status, headers })).toEqual({
    result: 'bad_reply',
    left: true,
  })
})
