import { connect } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import type { ApprovalRequest } from '../../../src/approvals/approval.ts'
import { APPROVAL_TTL_MS } from '../../../src/approvals/approvals.ts'
import { loopbackPage } from '../../../src/approvals/page/loopback.ts'
import { send } from '../../support/browser.ts'
import { asked, pageParts } from './page-at.ts'

afterEach(() => void vi.useRealTimers())

/** A page whose clock stands still until it is moved on. */
async function openLoopback() {
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] })
  const { parts, discard } = await pageParts()
  const page = loopbackPage(parts)
  return {
    page,
    parts,
    approvals: parts.approvals,
    ask: async (digest = 'digest-1', more: Partial<ApprovalRequest> = {}) =>
      (await parts.approvals.request(asked({ digest, ...more }))).id,
    async [Symbol.asyncDispose]() {
      await page.close()
      await discard()
    },
  }
}

const get = async (link = '') => (await send(link, { path: new URL(link).pathname })).status
const isOpen = (link = '') =>
  new Promise<boolean>((resolve) => {
    const { hostname, port } = new URL(link)
    const socket = connect(Number(port), hostname, () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

test('the port opens on this machine alone with the first link, and serves every request', async () => {
  await using one = await openLoopback()
  const [first, second] = [await one.ask(), await one.ask('digest-2')]
  const link = await one.page.link(first)
  expect(link).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:\\d+/approvals/${first}$`))
  expect(await get(link)).toBe(200)
  const other = await one.page.link(second)
  expect(new URL(other ?? '').port).toBe(new URL(link ?? '').port)
  expect(await get(other)).toBe(200)
})

test('asked for at once, it opens one port', async () => {
  await using one = await openLoopback()
  const id = await one.ask()
  const links = await Promise.all(Array.from({ length: 10 }, () => one.page.link(id)))
  expect(new Set(links).size).toBe(1)
})

test('it stays open while anything waits, and closes a moment after the last decision', async () => {
  await using one = await openLoopback()
  const [first, second] = [await one.ask(), await one.ask('digest-2')]
  const link = await one.page.link(first)
  await one.page.link(second)
  await one.approvals.decide(first, 'denied', 'grace', 'page')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(await isOpen(link)).toBe(true)
  await one.approvals.decide(second, 'denied', 'grace', 'terminal')
  await vi.advanceTimersByTimeAsync(4_000)
  // Whoever decided still gets to see the outcome.
  expect(await get(link)).toBe(200)
  await vi.advanceTimersByTimeAsync(3_000)
  expect(await isOpen(link)).toBe(false)
})

test('it stays open for who has just decided what was asked while it was about to close', async () => {
  await using one = await openLoopback()
  const [first, second] = [await one.ask(), await one.ask('digest-2')]
  await one.page.link(first)
  await one.approvals.decide(first, 'denied', 'grace', 'page')
  await vi.advanceTimersByTimeAsync(4_500)
  const link = await one.page.link(second)
  await one.approvals.decide(second, 'denied', 'grace', 'page')
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await isOpen(link)).toBe(true)
})

test('it stays open as long as an approved run goes on, and then for its end to be seen', async () => {
  await using one = await openLoopback()
  const run = { id: 'run-1', people: 2, accounts: 2, operations: ['deactivateAccount'] } as const
  const id = await one.ask('digest-1', { briefing: { changes: [], run: { ...run, places: [] } } })
  const link = await one.page.link(id)
  await one.approvals.decide(id, 'approved', 'grace', 'page')
  await one.approvals.use(id, 'digest-1')
  one.parts.runs.stateOf = async () => 'running'
  await vi.advanceTimersByTimeAsync(30 * 60_000)
  expect(await isOpen(link)).toBe(true)
  one.parts.runs.stateOf = async () => 'finished'
  await vi.advanceTimersByTimeAsync(55_000)
  expect(await get(link)).toBe(200)
  await vi.advanceTimersByTimeAsync(15_000)
  expect(await isOpen(link)).toBe(false)
})

test('it stays open until an approved request has been used, and then for its end to be seen', async () => {
  await using one = await openLoopback()
  const id = await one.ask()
  const link = await one.page.link(id)
  await one.approvals.decide(id, 'approved', 'grace', 'page')
  await vi.advanceTimersByTimeAsync(10 * 60_000)
  expect(await isOpen(link)).toBe(true)
  await one.approvals.use(id, 'digest-1')
  await vi.advanceTimersByTimeAsync(55_000)
  expect(await get(link)).toBe(200)
  await vi.advanceTimersByTimeAsync(15_000)
  expect(await isOpen(link)).toBe(false)
})

test('it closes when a request expires, and opens again for another', async () => {
  await using one = await openLoopback()
  const link = await one.page.link(await one.ask())
  await vi.advanceTimersByTimeAsync(APPROVAL_TTL_MS - 60_000)
  expect(await isOpen(link)).toBe(true)
  await vi.advanceTimersByTimeAsync(70_000)
  expect(await isOpen(link)).toBe(false)
  expect(await get(await one.page.link(await one.ask('digest-2')))).toBe(200)
})

test('once closed it stays closed, connections that are open included', async () => {
  await using one = await openLoopback()
  const link = await one.page.link(await one.ask())
  const { hostname, port } = new URL(link ?? '')
  const socket = connect(Number(port), hostname)
  await new Promise((resolve) => socket.once('connect', resolve))
  const ended = new Promise((resolve) => socket.once('close', resolve))
  socket.once('error', () => {})
  await one.page.close()
  await ended
  expect(await isOpen(link)).toBe(false)
  expect(await one.page.link('K7Q2-M9XD-41')).toBeUndefined()
})
