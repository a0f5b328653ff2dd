import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { typed } from '../app/stores.ts'
import { NotFound } from '../errors.ts'
import { type Freeze, openFreezes } from '../limits/freezes.ts'
import { storeLedger } from '../limits/ledger.ts'
import { storePeople } from '../limits/people.ts'
import { plainText } from '../text/text.ts'
import { recorder, VOUCH_OPTIONS, type VouchOptions, vouched } from './approver-check.ts'
import { newCommand, type OpenData, print, showTime, table, toJson, withData } from './data.ts'

/** Shows the callers that passed a limit and may change nothing, and lets a person lift that. */
export function limitsCommand(io: Io, open: OpenData): Command {
  const limits = newCommand(io, 'limits', 'See and lift the pauses of callers that would have passed a limit')
  limits
    .command('list', { isDefault: true })
    .description('Who is paused, since when and why')
    .option('--json', 'as JSON')
    .action((options: { json?: true }, command: Command) => list(io, open, command, options))
  limits
    .command('lift <caller>')
    .description('Let a caller change things again; the count that it would have passed starts anew')
    .option(...VOUCH_OPTIONS.approver)
    .option(...VOUCH_OPTIONS.passphraseStdin)
    .action((caller: string, options: VouchOptions, command: Command) =>
      lift(io, open, command, caller, options),
    )
  return limits
}

const list = (io: Io, open: OpenData, command: Command, { json }: { json?: true }) =>
  withData(io, open, command, async ({ store }) => {
    const paused = (await openFreezes(store).list()).flatMap(({ caller, at, by }) =>
      caller === undefined ? [] : [{ caller, at, limit: by }],
    )
    if (json) {
      const documents = paused.map(({ at, ...rest }) => ({ ...rest, since: new Date(at).toISOString() }))
      return print(io, toJson({ paused: documents }, 2))
    }
    if (paused.length === 0) return print(io, 'Nobody is paused.')
    const rows = paused.map(({ caller, at, limit }) => [caller, showTime(at), limit])
    print(
      io,
      ...table(io, [['CALLER', 'SINCE', 'LIMIT'], ...rows]),
      '',
      `Look at what it did, and then: ${typed(io, command.optsWithGlobals(), 'limits lift CALLER')}`,
    )
  })

const lift = (io: Io, open: OpenData, command: Command, caller: string, vouching: VouchOptions) =>
  withData(io, open, command, async (data) => {
    const freezes = openFreezes(data.store)
    const concerned = (freeze: Freeze) => freeze.caller === caller
    if (!(await freezes.list()).some(concerned)) {
      throw new NotFound(
        `${plainText(caller, 64)} is not paused.`,
        `See ${typed(io, command.optsWithGlobals(), 'limits')}.`,
      )
    }
    const record = recorder(io, data, 'limits lift', { caller })
    const by = await vouched(io, data.store, record, {
      ...vouching,
      to: `let ${plainText(caller, 64)} go on`,
    })
    // What cannot be recorded must not be done.
    await record('started', by)
    const counts = (await freezes.lift(concerned)).flatMap((freeze) => freeze.counts ?? [])
    for (const count of counts) {
      await storeLedger(data.store).forget(count)
      await storePeople(data.store).forget(count)
    }
    await record('done', by)
    print(io, `${plainText(caller, 64)} may change things again.`)
  })
