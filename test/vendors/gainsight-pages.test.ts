import { expect, test } from 'vitest'
import { context, serveCanned } from '../support/canned.ts'
import { gainsightAt } from './gainsight-at.ts'

const everybody = Array.from({ length: 9 }, (_, index) => ({
  userId: `u${index}`,
  email: `u${index}@example.com`,
  isActive: true,
}))

test.each<[string, { mostRows: number; counts: boolean; limit: number }]>([
  ['shorter than asked for, of an app that does not count', { mostRows: 2, counts: false, limit: 100 }],
  ['shorter than asked for', { mostRows: 2, counts: true, limit: 100 }],
  ['shorter than asked for, read on in calls of their own', { mostRows: 2, counts: true, limit: 4 }],
  ['shorter than asked for, in calls of their own, uncounted', { mostRows: 2, counts: false, limit: 3 }],
  ['as long as asked for, in calls of their own', { mostRows: 4, counts: false, limit: 4 }],
])(
  'a list is whole and has everybody once where its pages are %s',
  async (_, { mostRows, counts, limit }) => {
    await using app = await serveCanned(({ query }) => {
      const size = Math.min(mostRows, Number(query.pageSize))
      const from = (Number(query.page) - 1) * size
      const data = everybody.slice(from, from + size)
      return { body: { result: true, data, ...(counts && { totalCount: everybody.length }) } }
    })
    const ids: string[] = []
    let at: Parameters<ReturnType<typeof gainsightAt>['listAccounts']>[0]['at']
    let complete = false
    do {
      // Each call is another process, which remembers nothing.
      const { listAccounts } = gainsightAt(app.url, {
        tokens: { accessKey: 'access-key' },
        restDialect: 'users',
        pageSize: 4,
      })
      const page = await listAccounts({ limit, ...(at && { at }) }, context())
      ids.push(...page.items.map(({ id }) => id))
      complete = page.complete
      at = page.next
    } while (at)
    expect(complete).toBe(true)
    expect(ids).toEqual(everybody.map(({ userId }) => userId))
  },
)
