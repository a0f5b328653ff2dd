import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ALL_SCOPES, openHttpWorld } from '../support/http-world.ts'

const ADA = 'ada@example.com'
const LEAVES = { user: ADA, tenants: ['acme-netskope'], reason: 'left' }
/** Longer than the lease of a claim. */
const STANDS_STILL = 7_500

test('a server that stands still while it plans answers that the call can be repeated, and asks nobody', async () => {
  await using world = await openHttpWorld({ ownProcess: true })
  const asked: string[] = []
  const guest = await world.guest({
    token: await world.token('helpdesk', ALL_SCOPES),
    person: (message) => {
      asked.push(message)
      return { action: 'accept', content: { confirm: true } }
    },
  })
  // What lists tell, and filters do, is known by then.
  await guest.call('find_user', { user: ADA })
  const record = `/Users/${world.netskope.user(ADA).id}`
  world.netskope.faults.set([{ fault: 'slow', method: 'GET', path: record, ms: 1_000, times: 1 }])
  const { arrivals, writes } = world.since()
  const answered = guest.call('deactivate_user', LEAVES)
  await expect.poll(() => arrivals().some(({ path }) => path.endsWith(record))).toBe(true)
  if (world.pid === undefined) throw new TypeError('it runs in a process of its own')
  process.kill(world.pid, 'SIGSTOP')
  await setTimeout(STANDS_STILL)
  process.kill(world.pid, 'SIGCONT')
  expect((await answered).error).toMatchObject({ code: 'conflict', retryable: true, tenant: 'acme-netskope' })
  expect(asked).toEqual([])
  expect(writes()).toEqual([])
  expect(await guest.call('deactivate_user', LEAVES)).toMatchObject({ status: 'done' })
})
