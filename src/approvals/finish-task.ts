import { requesterIn } from '../domain/caller-names.ts'
import { Refused } from '../errors.ts'
import type { JournalEvent } from '../journal/events.ts'
import type { Journal } from '../journal/journal.ts'
import type { Store } from '../store/store.ts'
import { plainText, sameText } from '../text/text.ts'
import type { Approvers } from './approvers.ts'
import type { EnteredAt } from './attempts.ts'
import { checkPassphrase, wrongPassphraseNote } from './decide.ts'
import { isDone, noTask, type Task, type Tasks } from './tasks.ts'

export interface TaskParts {
  tasks: Tasks
  approvers: Approvers
  journal: Journal
  locks: Pick<Store, 'claim' | 'delete'>
}

/** The word of an owner, with their credentials. */
interface TaskWord {
  id: string
  owner: string
  passphrase: string
  /** What was done, and what the app shows now. */
  saw: string
  /** Default: at the terminal. */
  from?: EnteredAt
}

const LOCK_MS = 60_000

/**
 * Takes an owner's word that a task is done, and journals it as the end of the change, also a wrong passphrase. Throws
 * `NotFound`, `Conflict` for a task that is done, `LimitReached` after too many wrong passphrases, and `Refused` for a wrong
 * one, or for anybody but the owner.
 */
export async function finishTask(
  { tasks, approvers, journal, locks }: TaskParts,
  { id, owner, passphrase, saw, from }: TaskWord,
): Promise<Task> {
  const task = await tasks.get(id)
  if (!task) throw noTask(id)
  if (task.done) throw isDone(task.id)
  const record = (event: Pick<JournalEvent, 'event' | 'code'>, note: string) =>
    journal.append({
      ...event,
      call: task.call,
      tool: task.tool,
      ...requesterIn(task),
      account: { tenant: task.tenant, ...task.account },
      task: { id: task.id, owner: task.owner },
      note,
    })
  const refuse = async (error: unknown, note: string): Promise<never> => {
    if (error instanceof Refused) await record({ event: 'refused', code: 'refused' }, note)
    throw error
  }
  try {
    await checkPassphrase(approvers, { name: owner, passphrase, from })
  } catch (error) {
    await refuse(error, await wrongPassphraseNote(approvers, owner))
  }
  if (!sameText(owner, task.owner)) await refuse(NOT_THEIRS(), `a task of ${task.owner}, not of ${owner}`)
  // One word only, and in the journal before it counts.
  const lock = `lock/${task.id}`
  if (!(await locks.claim(lock, LOCK_MS))) throw isDone(task.id)
  try {
    if ((await tasks.get(id))?.done) throw isDone(task.id)
    await record({ event: 'done' }, `by hand, by ${task.owner}, who saw: ${plainText(saw, 400)}`)
    return await tasks.finish(id, plainText(saw, 1_000))
  } finally {
    await locks.delete(lock)
  }
}

const NOT_THEIRS = () =>
  new Refused('This is the task of somebody else.', 'Only its owner says that it is done.')
