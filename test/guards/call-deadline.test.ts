import { expect, test } from 'vitest'
import type { Call, Reply } from '../../src/guards/call.ts'
import { callDeadline } from '../../src/guards/deadline.ts'
import { codeOf, makeCall } from '../support/call.ts'

const never = () => new Promise<Reply>(() => {})
const untilAborted = ({ signal }: Call) =>
  new Promise<Reply>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

test.each<[string, string, (call: Call) => Promise<Reply>]>([
  ['only read, and stopped', 'timeout', untilAborted],
  ['only read, and goes on', 'timeout', never],
  [
    'asked a person, and goes on',
    'timeout',
    async (call) => {
      await call.record({ event: 'asked' })
      return never()
    },
  ],
  [
    'started a write, and goes on',
    'unknown_outcome',
    async (call) => {
      await call.record({ event: 'started' })
      return never()
    },
  ],
  [
    'is writing that it starts a write, and goes on',
    'unknown_outcome',
    (call) => {
      void call.record({ event: 'started' })
      return never()
    },
  ],
  [
    'started a write, and says that it did not happen',
    'timeout',
    async (call) => {
      await call.record({ event: 'started' })
      return untilAborted(call)
    },
  ],
])('a call whose time is over and that %s ends as %s', async (_, code, work) => {
  const call = makeCall({ deadline: Date.now() + 20 })
  expect(await codeOf(callDeadline(20)(call, work))).toBe(code)
})
