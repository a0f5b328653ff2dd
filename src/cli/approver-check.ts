import { randomUUID } from 'node:crypto'
import type { Io } from '../app/io.ts'
import type { DataFolder } from '../app/stores.ts'
import { openApprovers } from '../approvals/approvers.ts'
import { checkPassphrase, wrongPassphraseNote } from '../approvals/decide.ts'
import { Refused } from '../errors.ts'
import type { JournalEvent } from '../journal/events.ts'
import type { Store } from '../store/store.ts'
import { plainText, sameText } from '../text/text.ts'
import { givenOrTypedApprover, readPassphrases } from './prompts.ts'

export interface ApproverOptions {
  approver?: string
  passphraseStdin?: true
}

/** The options of a command that an approver must confirm. */
export const APPROVER_OPTIONS = {
  approver: ['--approver <name>', 'the approver who confirms it, once there is one; asked for if missing'],
  passphraseStdin: ['--passphrase-stdin', "read the approver's passphrase from standard input"],
} as const

export type Recorder = (
  event: JournalEvent['event'],
  more?: Pick<JournalEvent, 'note' | 'code'>,
) => Promise<unknown>

/** Journals a command on the server itself, as the events of one call. */
export function journalRecorder(
  { user }: Io,
  { journal }: Pick<DataFolder, 'journal'>,
  tool: string,
  args: JournalEvent['args'],
): Recorder {
  const call = randomUUID()
  return (event, more) => journal.append({ event, call, tool, caller: user, ...(args && { args }), ...more })
}

/** The name of the approver who must confirm, asked for if it is missing; undefined without approvers. */
export async function requiredApprover(
  io: Io,
  store: Store,
  approver: string | undefined,
): Promise<string | undefined> {
  const known = await openApprovers(store).list()
  if (known.length === 0) return undefined
  const named = await givenOrTypedApprover(io, approver)
  return known.find(({ name }) => sameText(name, named))?.name ?? plainText(named, 64)
}

/** Throws and journals `Refused` unless this is the passphrase of that approver. */
export async function checkApprover(
  io: Io,
  store: Store,
  record: Recorder,
  { name, passphrase }: { name: string; passphrase: string },
): Promise<void> {
  const approvers = openApprovers(store, io.scryptCost)
  try {
    await checkPassphrase(approvers, { name, passphrase })
  } catch (error) {
    if (error instanceof Refused) {
      await record('refused', { code: 'refused', note: await wrongPassphraseNote(approvers, name) })
    }
    throw error
  }
}

/**
 * Asks an approver to confirm something that lifts a restriction, unless there are no approvers yet. Returns the note for the
 * journal.
 */
export async function confirmedByApprover(
  io: Io,
  store: Store,
  record: Recorder,
  { approver, passphraseStdin, to }: ApproverOptions & { to: string },
): Promise<{ note?: string }> {
  const confirming = await requiredApprover(io, store, approver)
  if (confirming === undefined) return {}
  const questions = [`Passphrase of ${confirming} to ${to}`]
  const [passphrase = ''] = await readPassphrases(io, { passphraseStdin, questions })
  await checkApprover(io, store, record, { name: confirming, passphrase })
  return { note: `${confirming} vouched for it` }
}
