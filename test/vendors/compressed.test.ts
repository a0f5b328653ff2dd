import { randomBytes } from 'node:crypto'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { DIRECT } from '../../src/config/network.ts'
import { fetchOver } from '../../src/vendors/http/agent.ts'
import { codeOf } from '../support/call.ts'
import { type CannedReply, clientAt, context, serveCanned } from '../support/canned.ts'

const text = JSON.stringify({ totalResults: 1, Resources: [{ userName: 'ada', note: 'é'.repeat(5_000) }] })

async function withReply<Result>(
  reply: CannedReply,
  act: (client: ReturnType<typeof clientAt>) => Promise<Result>,
): Promise<Result> {
  await using app = await serveCanned(() => reply)
  return await act(clientAt(app.url))
}

const compressed = (encoding: string, raw: Buffer | string): CannedReply => ({
  raw,
  headers: { 'content-encoding': encoding, 'content-type': 'application/json' },
})

describe('a compressed reply', () => {
  test.each<[string, Buffer | string]>([
    ['gzip', gzipSync(text)],
    ['GZIP', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['identity', text],
    ['', text],
    ['deflate, gzip', gzipSync(deflateSync(text))],
    ['gzip, identity', gzipSync(text)],
  ])('in "%s" is read', async (encoding, raw) => {
    const reply = await withReply(compressed(encoding, raw), (client) =>
      client.send({ path: '/' }, context()),
    )
    expect(reply.text).toBe(text)
  })

  test.each<[string, Buffer | string]>([
    ['gzip', gzipSync(text)],
    ['br', brotliCompressSync(text)],
    ['', text],
  ])('in "%s" is read where an issuer of tokens or a collector of events sends it', async (encoding, raw) => {
    await using server = await serveCanned(() => compressed(encoding, raw))
    const reply = await fetchOver(DIRECT, '`url`')(server.url)
    expect(await reply.json()).toEqual(JSON.parse(text))
  })

  test('without a body is read', async () => {
    const reply = await withReply({ status: 204, headers: { 'content-encoding': 'gzip' } }, (client) =>
      client.send({ method: 'DELETE', path: '/' }, context()),
    )
    expect(reply).toMatchObject({ status: 204, text: '' })
  })

  const big = Buffer.alloc(17 * 1024 * 1024, ' ')
  test.each<[string, Buffer]>([
    ['gzip', gzipSync(big)],
    ['deflate', deflateSync(big)],
    ['br', brotliCompressSync(big)],
    ['gzip, gzip', gzipSync(gzipSync(big))],
  ])('in %j that unfolds to more than is read is refused', async (encoding, raw) => {
    expect(raw.length).toBeLessThan(100_000)
    const error = await withReply(compressed(encoding, raw), (client) =>
      client.send({ path: '/' }, context()).catch((thrown) => thrown),
    )
    expect(error).toMatchObject({ code: 'bad_reply', message: 'The app’s reply is too large.' })
  })

  test.each<[string, Buffer]>([
    ['gzip', randomBytes(50)],
    ['gzip', gzipSync(text).subarray(0, 40)],
    ['br', randomBytes(50)],
    ['zstd', gzipSync(text)],
    ['constructor', gzipSync(text)],
    [`${Array(1_000).fill('identity').join(', ')}, no`, gzipSync(text)],
  ])('in "%.20s" that cannot be read is refused, and leaves a change open', async (encoding, raw) => {
    await withReply(compressed(encoding, raw), async (client) => {
      expect(await codeOf(client.send({ path: '/' }, context()))).toBe('bad_reply')
      expect(await codeOf(client.send({ method: 'PUT', path: '/', body: {} }, context()))).toBe(
        'unknown_outcome',
      )
    })
  })

  test('is freed of the token too', async () => {
    const raw = gzipSync('you said canned-token-0')
    const reply = await withReply(compressed('gzip', raw), (client) => client.send({ path: '/' }, context()))
    expect(reply.text).toBe('you said [secret]')
  })
})

test.each([
  [40, 200],
  [60, 200],
  [80, 'unavailable'],
])('a reply with %i KB of headers: %s', async (size, expected) => {
  const headers = Object.fromEntries(
    Array.from({ length: size / 4 }, (_, index) => [`x-policy-${index}`, 'p'.repeat(4_070)]),
  )
  await withReply({ body: {}, headers }, async (client) => {
    const sent = client.send({ path: '/' }, context())
    expect(typeof expected === 'number' ? (await sent).status : await codeOf(sent)).toBe(expected)
  })
})
