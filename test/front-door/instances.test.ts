// @module-tag long

import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openStores } from '../../src/app/stores.ts'
import { makePeople } from '../../src/sandbox/people.ts'
import { cheapApprovers, PASSPHRASE } from '../support/approvers.ts'
import { openFleet } from '../support/fleet.ts'
import { deactivateAll } from '../support/leavers.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { openRoundRobin } from '../support/round-robin.ts'
import { withRedis } from '../support/with-redis.ts'
import { openSetup } from '../support/world.ts'

const PEOPLE = makePeople()
  .filter(({ active }) => active)
  .map(({ userName }) => userName)
  .slice(0, 24)

withRedis('three instances whose clocks differ, on one Redis behind a proxy', () => {
  test('make every approved change once, whichever of them is killed and whenever', async () => {
    await using redis = await startRedis('--appendonly', 'yes', '--appendfsync', 'always')
    await using world = await openInstances(redis)
    const kill = (at: number) => () => world.fleet.replace(at)
    const troubles = await world.leaveWhile([
      [0, kill(0)],
      [4, kill(1)],
      [8, kill(2)],
      [12, () => redis.restart()],
      [16, kill(0)],
      [20, kill(1)],
    ])
    expect(troubles).toBeGreaterThan(3)
    expect(await world.run(['journal', 'verify'])).toMatchObject({ code: 0 })
  })

  test('make every approved change once when Redis loses all it had', async () => {
    await using redis = await startRedis()
    await using world = await openInstances(redis)
    const lose = async () => {
      await redis.raw().flushall()
      await world.addApprover()
    }
    expect(await world.leaveWhile([[10, lose]])).toBe(1)
    expect(await world.run(['journal', 'verify'])).toMatchObject({ code: 1 })
    expect((await world.run(['journal', 'export'])).stdout).toContain('"event":"lost"')
  })
})

async function openInstances(redis: RedisServer) {
  const place = await openSetup({
    env: { REDIS_URL: redis.url },
    // Whoever is killed is killed in the middle of something.
    sandbox: { faults: [{ fault: 'slow', method: 'PATCH', ms: 200 }] },
  })
  const addApprover = async () => {
    const { store } = openStores(place.dataDir, redis.address)
    await cheapApprovers(store).add('grace', PASSPHRASE)
    await store.close()
  }
  await addApprover()
  const proxy = await openRoundRobin()
  const settings = {
    store: 'env:REDIS_URL',
    auth: 'none',
    http: { url: proxy.url },
    confirm: { removes: 'approve' },
    limits: { removesPerHour: 1_000 },
  }
  // What an instance had under way when it was killed counts as under way for a while.
  place.rewrite(settings, { budget: { perMinute: 6_000, atOnce: 32 } })
  const fleet = await openFleet({ ...place, proxy, skews: [-5_000, 0, 5_000] })
  const writesTo = (userName: string) => {
    const { id } = place.netskope.user(userName)
    return place.netskope.writes.filter(({ path }) => path.endsWith(id)).length
  }
  const gone = () => PEOPLE.filter((userName) => !place.netskope.user(userName).active).length

  return {
    ...place,
    fleet,
    addApprover,
    /**
     * Has everybody deactivated, and each trouble come to pass once so many have been; resolves with how many of these
     * came while there was still somebody to deactivate.
     */
    async leaveWhile(
      troubles: readonly (readonly [after: number, trouble: () => Promise<unknown>])[],
    ): Promise<number> {
      let over = false
      let amid = 0
      const troubled = (async () => {
        for (const [after, trouble] of troubles) {
          while (!over && gone() < after) await sleep(20)
          if (gone() < PEOPLE.length) amid += 1
          await trouble()
        }
      })()
      const people = { tenant: 'acme-netskope', people: PEOPLE, atOnce: 4 }
      const course = await deactivateAll({ url: fleet.url, ...people }).finally(() => {
        over = true
        return troubled
      })
      expect(course.unknown).toBe(0)
      expect([...course.done, ...course.foundDone].toSorted()).toEqual(PEOPLE.toSorted())
      for (const userName of PEOPLE) {
        expect({
          userName,
          active: place.netskope.user(userName).active,
          writes: writesTo(userName),
        }).toEqual({
          userName,
          active: false,
          writes: 1,
        })
      }
      return amid
    },
    async [Symbol.asyncDispose]() {
      await fleet[Symbol.asyncDispose]()
      await proxy[Symbol.asyncDispose]()
      await place.close()
    },
  }
}
