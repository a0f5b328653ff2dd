import { randomUUID } from 'node:crypto'
import type { Io } from '../app/io.ts'
import type { DataFolder } from '../app/stores.ts'
import { openApprovers } from '../approvals/approvers.ts'
import { checkPassphrase } from '../approvals/decide.ts'
import { InvalidInput, Refused } from '../errors.ts'
import type { JournalEvent } from '../journal/events.ts'
import type { Store } from '../store/store.ts'
import { plainText, sameText } from '../text/text.ts'
import { readPassphrases } from './data.ts'

export interface VouchOptions {
  approver?: string
  passphraseStdin?: true
}

/** How the options of such a command are told. */
export const VOUCH_OPTIONS = {
  approver: ['--approver <name>', 'who vouches for it; needed once somebody may approve'],
  passphraseStdin: ['--passphrase-stdin', "read the approver's passphrase from standard input"],
} as const

export type Recorder = (
  event: JournalEvent['event'],
  more?: Pick<JournalEvent, 'note' | 'code'>,
) => Promise<unknown>

/** Journals what a person does to the server itself, as the events of one call. */
export function recorder(
  { user }: Io,
  { journal }: Pick<DataFolder, 'journal'>,
  tool: string,
  args: JournalEvent['args'],
): Recorder {
  const call = randomUUID()
  return (event, more) => journal.append({ event, call, tool, caller: user, ...(args && { args }), ...more })
}

/** Who is to vouch; undefined where nobody may approve yet. Throws `InvalidInput` when that is not said. */
export async function voucherOf(store: Store, approver: string | undefined): Promise<string | undefined> {
  const known = await openApprovers(store).list()
  if (known.length === 0) return undefined
  if (approver === undefined) {
    throw new InvalidInput('It takes an approver to vouch for this.', 'Add --approver NAME.')
  }
  return known.find(({ name }) => sameText(name, approver))?.name ?? plainText(approver, 64)
}

/** Throws `Refused`, and has it journalled, unless this is the passphrase of an approver of that name. */
export async function checkVoucher(
  store: Store,
  record: Recorder,
  approver: string,
  passphrase: string,
): Promise<void> {
  try {
    await checkPassphrase(openApprovers(store), approver, passphrase)
  } catch (error) {
    if (error instanceof Refused) {
      await record('refused', { code: 'refused', note: `wrong passphrase for the approver "${approver}"` })
    }
    throw error
  }
}

/**
 * Has an approver vouch for something that lets more happen than before, once somebody may approve. Returns what the
 * journal is to say of it.
 */
export async function vouched(
  io: Io,
  store: Store,
  record: Recorder,
  { approver, passphraseStdin, to }: VouchOptions & { to: string },
): Promise<{ note?: string }> {
  const voucher = await voucherOf(store, approver)
  if (voucher === undefined) return {}
  const questions = [`Passphrase of ${voucher} to ${to}`]
  const [passphrase = ''] = await readPassphrases(io, { passphraseStdin, questions })
  await checkVoucher(store, record, voucher, passphrase)
  return { note: `${voucher} vouched for it` }
}
