import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { boundedConnections } from '../../src/http/connections.ts'
import { openRawConnection } from '../support/line.ts'

const MOST = 5
let server: Server
let url: URL
let end: (() => void)[]
beforeEach(async () => {
  end = []
  server = createServer({ keepAliveTimeout: 60_000, headersTimeout: 60_000 })
  const connections = boundedConnections(server, MOST)
  server.on('request', (request, response) => {
    connections.arrived(response)
    if (request.headers.authorization) connections.authenticated(request, response)
    if (request.url === '/slow') end.push(() => response.end('slow'))
    else response.end('served')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const open = () => openRawConnection(url)
type Line = Awaited<ReturnType<typeof open>>
const isOpen = async (line: Line) =>
  (await Promise.race([line.closed.then(() => false), new Promise((wait) => setTimeout(wait, 30, true))])) ===
  true
const get = (path = '/', more = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`
const KNOWN = 'Authorization: Bearer x\r\n'
const served = (line: Line) => expect.poll(line.received).toContain('served')

describe('connections', () => {
  test.each(['', 'Connection: keep-alive\r\n'])(
    'without an authenticated request end with the answer %j',
    async (more) => {
      const line = await open()
      await line.send(get('/healthz', more))
      expect(await line.closed).toMatch(/Connection: close[\s\S]*served/)
    },
  )

  test('of a caller stay open for more, unless it says otherwise', async () => {
    const line = await open()
    for (let time = 1; time <= 3; time++) {
      await line.send(get('/', KNOWN))
      await expect.poll(() => line.received().split('served').length).toBe(time + 1)
    }
    await line.send(get('/', `${KNOWN}Connection: close\r\n`))
    expect((await line.closed).split('served')).toHaveLength(5)
    const old = await open()
    await old.send(`GET / HTTP/1.0\r\n${KNOWN}\r\n`)
    expect(await old.closed).toContain('served')
  })

  test('of strangers make room for whoever comes, the oldest first', async () => {
    const idlers: Line[] = []
    for (let number = 0; number < MOST; number++) idlers.push(await open())
    const guest = await open()
    await guest.send(get('/', KNOWN))
    await served(guest)
    expect(await Promise.all(idlers.map(isOpen))).toEqual([false, true, true, true, true])
    // However many more come, and whatever they ask for.
    for (let number = 0; number < 3 * MOST; number++) await (await open()).send(get('/slow'))
    await guest.send(get('/', KNOWN))
    await expect.poll(() => guest.received().split('served').length).toBe(3)
  })

  test('of idle callers make room when there are no others, and never one with a request in flight', async () => {
    const lines: Line[] = []
    for (let number = 0; number < MOST; number++) {
      const line = await open()
      await line.send(get(number === 0 ? '/slow' : '/', KNOWN))
      if (number > 0) await served(line)
      lines.push(line)
    }
    await expect.poll(() => end.length).toBe(1)
    const guest = await open()
    expect(await Promise.all(lines.map(isOpen))).toEqual([true, false, true, true, true])
    end[0]?.()
    await expect.poll(() => lines[0]?.received()).toContain('slow')
    await guest.send(get('/', KNOWN))
    await served(guest)
  })

  test('are not more than there may be when all are in use', async () => {
    for (let number = 0; number < MOST; number++) await (await open()).send(get('/slow', KNOWN))
    await expect.poll(() => end.length).toBe(MOST)
    const late = await open()
    expect(await late.closed).toBe('')
    expect(end).toHaveLength(MOST)
  })
})
