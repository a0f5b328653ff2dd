import type { Store } from '../store/store.ts'
import { planHash, type RequestedPlan } from './denials.ts'

const DAY_MS = 24 * 60 * 60_000
const MAX_COUNTED = 100

interface Asked {
  id: string
  at: number
}

/** How often the same plan was requested, each request counted once, by what it would change and for whom. */
export interface Repeats {
  add(request: RequestedPlan & { id: string; createdAt: number }): Promise<void>
  /** How many requests for the plan there were in the 24 hours before this one. */
  before(request: RequestedPlan & { id: string; createdAt: number }): Promise<number>
}

export const countRepeats = (store: Store): Repeats => ({
  add: ({ id, createdAt: at, ...plan }) =>
    store.update<Asked[], void>(keyOf(plan), (asked = [], now) => {
      const recent = asked.filter((one) => one.id !== id && one.at > now - DAY_MS)
      return { next: [...recent, { id, at }].slice(-MAX_COUNTED), ttl: DAY_MS, result: undefined }
    }),
  async before({ id, createdAt, ...plan }) {
    const asked = (await store.get<Asked[]>(keyOf(plan))) ?? []
    return asked.filter((one) => one.id !== id && one.at <= createdAt && one.at > createdAt - DAY_MS).length
  },
})

const keyOf = (plan: RequestedPlan) => `approval/asked/${planHash(plan)}`
