import {
  type PastChange,
  type Reversal,
  reverseFields,
  reverseMembers,
  reverseSwitch,
  strayed,
} from '../domain/inverse.ts'
import type { Ask } from '../engine/ask.ts'

const cannot = (note: string) => ({ outcome: 'cannot_undo' as const, note })

/** What it takes to undo one write, from what the app shows at this moment. Throws what the app's reading throws. */
export async function reversalOf(write: PastChange, ask: Ask): Promise<Reversal> {
  if (write.outcome === 'failed') return { outcome: 'unchanged', note: 'It was not done in the first place.' }
  if (!write.before) return cannot('What was there before is not in the journal, or not as a whole.')
  const tenant = ask.tenants.all.find(({ name }) => name === write.tenant)
  if (!tenant) return cannot('The tenant is no longer connected.')
  const reversal = await readAndReverse(write, write.before, ask)
  const offered = !('change' in reversal) || tenant.operations[reversal.change.operation]
  return offered ? reversal : cannot('The app does not offer what it would take.')
}

async function readAndReverse(
  write: PastChange,
  before: NonNullable<PastChange['before']>,
  ask: Ask,
): Promise<Reversal> {
  const { tenant, subject } = write
  const account = (id: string) => ask.one(tenant, 'readAccount', { id })
  switch (before.operation) {
    case 'updateAccount':
      return reverseFields(write, before, await ask.one(tenant, 'readFields', { id: subject.id }))
    case 'createGroup':
    case 'updateMembers': {
      const read =
        subject.id === 'new' ? undefined : await ask.one(tenant, 'readGroup', { group: subject.id })
      // Asked for by id or name: a group that is named like the id is another one.
      const group = read?.id === subject.id ? read : undefined
      const people = group?.members ? strayed(before, group) : []
      const accounts = await Promise.all(people.map(({ id }) => account(id)))
      return reverseMembers(
        write,
        before,
        group,
        accounts.filter((one) => one !== undefined),
      )
    }
    default:
      return reverseSwitch(write, before, subject.id === 'new' ? undefined : await account(subject.id))
  }
}
