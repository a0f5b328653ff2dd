import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { expect, test, vi } from 'vitest'
import { withinAwake } from '../../src/store/awake-deadline.ts'

/** Keeps the event loop busy. */
function block(ms: number) {
  const end = performance.now() + ms
  while (performance.now() < end);
}

test('an answer that arrives while this process is blocked is no timeout', async () => {
  await using server = createServer((socket) => void socket.end('late')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const answer = once(socket, 'data').then(([data]) => String(data))
  const timely = withinAwake(answer, 100)
  await new Promise((resolve) => setTimeout(resolve, 5))
  block(400)
  expect(await timely).toBe('late')
})

test('a pause of the whole machine counts as one part of ten', async () => {
  const answer = new Promise<string>((resolve) => {
    // What is not there yet after the pause has nine tenths of its time left.
    setTimeout(() => setTimeout(() => resolve('after the pause'), 50), 10)
  })
  const timely = withinAwake(answer, 1_000)
  await new Promise((resolve) => setTimeout(resolve, 5))
  block(1_500)
  expect(await timely).toBe('after the pause')
})

test.each([
  ['a result', () => Promise.resolve('it')],
  ['a failure', () => Promise.reject(new Error('it'))],
])('%s is passed on at once, and leaves no timer', async (_, answer) => {
  vi.useFakeTimers()
  expect(await withinAwake(answer(), 1_000).catch((error) => error.message)).toBe('it')
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

test('without an answer time is up, after the time that was given', async () => {
  const began = performance.now()
  await expect(withinAwake(new Promise(() => undefined), 200)).rejects.toThrow('Command timed out')
  expect(performance.now() - began).toBeGreaterThan(190)
})
