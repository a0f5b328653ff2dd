import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { gone, linksIn } from '../../scripts/links.ts'

test('the addresses of a page are those that it links to, shows or writes out', () => {
  const page =
    '[a](https://a.example/x#y) `[b](https://b.example)` <https://c.example> <img src="d.png"> https://e.example'
  expect(linksIn(page)).toEqual(['https://a.example/x#y', 'https://c.example', 'd.png'])
})

test('an address is gone that answers 404 or 410, or does not answer; not one that keeps programs out', async () => {
  const server = createServer((request, reply) => {
    const code = Number(request.url?.slice(1))
    reply.writeHead(code, code === 301 ? { location: '/410' } : {}).end()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const at = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`
  try {
    const there = ['200', '403', '429', '503'].map(at)
    const dead = await gone([...there, at('404'), at('410'), at('301'), at('404'), 'http://127.0.0.1:1/'])
    expect(new Map(dead.map(({ url, problem }) => [url, problem]))).toEqual(
      new Map([
        [at('404'), 'it answers 404'],
        [at('410'), 'it answers 410'],
        [at('301'), 'it answers 410'],
        ['http://127.0.0.1:1/', expect.stringContaining('it does not answer: ')],
      ]),
    )
    expect(dead).toHaveLength(4)
  } finally {
    server.close()
  }
})
