import type { Io } from '../../app/io.ts'
import { openData } from '../../app/stores.ts'
import { openApprovers } from '../../approvals/approvers.ts'
import { IdentityError } from '../../errors.ts'
import { enrol } from '../approvers.ts'
import { print, wrap } from '../terminal.ts'

/** Makes the first approver. Where there is one, another is made by `approvers add`, which asks the first. */
export async function firstApprover(
  io: Io,
  file: string,
  { name, passphrase }: { name: string; passphrase: () => Promise<string | undefined> },
): Promise<void> {
  const data = await openData(io, { config: file })
  try {
    if ((await openApprovers(data.store).list()).length > 0) return
    const typed = await passphrase()
    if (typed === undefined) {
      const later = `Changes that need an approval wait until there is an approver: ${io.self} approvers add ${name} --config ${file}`
      return print(io, ...wrap(io, later, ''))
    }
    await enrol(io, data, { name, passphrase: typed })
    print(io, `${name} can approve changes now, on the page that an agent links to or in a terminal.`)
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    io.stderr.write(`${error.message} ${error.hint}\n`)
    io.exit(2)
  } finally {
    await data.close()
  }
}
