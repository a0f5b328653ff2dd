import { createHash } from 'node:crypto'
import type { Requester } from '../domain/caller-names.ts'
import { Conflict, NotFound } from '../errors.ts'
import type { Store } from '../store/store.ts'
import { fold, plainText } from '../text/text.ts'

/** Work that a person does by hand, in an app without an API. */
export interface Task extends TaskWish {
  id: string
  /** Epoch milliseconds. */
  givenAt: number
  done?: TaskDone
}

/** What its owner said. */
interface TaskDone {
  at: number
  saw: string
}

/** What somebody is asked to do, and the call that asked for it. */
export interface TaskWish extends Requester {
  /** The name of an approver. */
  owner: string
  tenant: string
  /** The app's name. */
  title: string
  account: { id: string; userName: string }
  reason?: string | undefined
  call: string
  tool: string
}

/** Tasks, which every process on the store shares: at most one for each person in each tenant. */
export interface Tasks {
  /** The task for this; one that is open, or was given by the same call, is not given twice. */
  give(wish: TaskWish): Promise<Task>
  get(id: string): Promise<Task | undefined>
  /** The oldest first. */
  list(): Promise<Task[]>
  /** Throws `NotFound`, and `Conflict` for one that is done. */
  finish(id: string, saw: string): Promise<Task>
}

const PREFIX = 'task/'
const DONE_KEPT_MS = 90 * 24 * 3_600_000

/** Names the task of a person in a tenant. */
export const taskId = (tenant: string, account: { userName: string }): string =>
  `task-${createHash('sha256')
    .update(JSON.stringify([tenant, fold(account.userName)]))
    .digest('hex')
    .slice(0, 12)}`

export const openTasks = (store: Store): Tasks => ({
  give: (wish) => {
    const id = taskId(wish.tenant, wish.account)
    return store.update<Task, Task>(PREFIX + id, (task, now) => {
      const isSame = task && (!task.done || task.call === wish.call)
      const next = isSame ? task : { ...wish, id, givenAt: now }
      return { next, ...(next.done && { ttl: DONE_KEPT_MS }), result: next }
    })
  },
  get: (id) => store.get<Task>(PREFIX + id),
  async list() {
    const tasks = await Promise.all((await store.keys(PREFIX)).map((key) => store.get<Task>(key)))
    return tasks.filter((task) => task !== undefined).sort((a, b) => a.givenAt - b.givenAt)
  },
  finish: (id, saw) =>
    store.update<Task, Task>(PREFIX + id, (task, now) => {
      if (!task) throw noTask(id)
      if (task.done) throw isDone(id)
      const next = { ...task, done: { at: now, saw } }
      return { next, ttl: DONE_KEPT_MS, result: next }
    }),
})

export const noTask = (id: string): NotFound =>
  new NotFound(`There is no task ${plainText(id, 64)}.`, 'See `tasks list`.')

export const isDone = (id: string): Conflict =>
  new Conflict(`The task ${plainText(id, 64)} is done already.`, 'See `tasks list --all`.')
