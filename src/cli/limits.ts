import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { typed } from '../app/stores.ts'
import { NotFound } from '../errors.ts'
import { type Freeze, openFreezes } from '../limits/freezes.ts'
import { storeLedger } from '../limits/ledger.ts'
import { storePeople } from '../limits/people.ts'
import { plainText } from '../text/text.ts'
import {
  APPROVER_OPTIONS,
  type ApproverOptions,
  confirmedByApprover,
  journalRecorder,
} from './approver-check.ts'
import { table } from './table.ts'
import { newCommand, print, showTime, toJson, wrap } from './terminal.ts'
import { type OpenData, withData } from './with-data.ts'

/** Lists the callers that are paused by a limit, and lets a person lift a pause. */
export function limitsCommand(io: Io, open: OpenData): Command {
  const limits = newCommand(io, 'limits', 'List and lift the pauses of callers that reached a limit')
  limits
    .command('list', { isDefault: true })
    .description('List paused callers, since when and why')
    .option('--json', 'as JSON')
    .action((options: { json?: true }, command: Command) => listPaused(io, open, command, options))
  limits
    .command('lift <caller>')
    .description('Let a caller make changes again; its count starts again at zero')
    .option(...APPROVER_OPTIONS.approver)
    .option(...APPROVER_OPTIONS.passphraseStdin)
    .action((caller: string, options: ApproverOptions, command: Command) =>
      lift(io, open, command, caller, options),
    )
  return limits
}

const listPaused = (io: Io, open: OpenData, command: Command, { json }: { json?: true }) =>
  withData(io, open, command, async ({ store }) => {
    const paused = (await openFreezes(store).list()).flatMap(({ caller, who, at, by }) =>
      caller === undefined ? [] : [{ caller, who, at, limit: by }],
    )
    if (json) {
      const documents = paused.map(({ at, ...rest }) => ({ ...rest, since: new Date(at).toISOString() }))
      return print(io, toJson({ paused: documents }, 2))
    }
    if (paused.length === 0) return print(io, 'No caller is paused.')
    const rows = paused.map(({ caller, at, limit }) => [caller, showTime(at), limit])
    const named = paused.flatMap(({ caller, who }) => (who === undefined || who === caller ? [] : [who]))
    print(
      io,
      ...table(io, [['CALLER', 'SINCE', 'LIMIT'], ...rows]),
      '',
      ...named.flatMap((who) => wrap(io, `Reached it: ${plainText(who, 1_000)}`, '')),
      `Check what it did, and then: ${typed(io, command.optsWithGlobals(), 'limits lift CALLER')}`,
    )
  })

const lift = (io: Io, open: OpenData, command: Command, caller: string, approverOptions: ApproverOptions) =>
  withData(io, open, command, async (data) => {
    const freezes = openFreezes(data.store)
    const isMatch = (freeze: Freeze) => freeze.caller === caller
    if (!(await freezes.list()).some(isMatch)) {
      throw new NotFound(
        `${plainText(caller, 64)} is not paused.`,
        `See ${typed(io, command.optsWithGlobals(), 'limits')}.`,
      )
    }
    const record = journalRecorder(io, data, 'limits lift', { caller })
    const by = await confirmedByApprover(io, data.store, record, {
      ...approverOptions,
      to: `let ${plainText(caller, 64)} make changes again`,
    })
    // Journal first: what cannot be journalled must not happen.
    await record('started', by)
    const counts = (await freezes.lift(isMatch)).flatMap((freeze) => freeze.counts ?? [])
    for (const count of counts) {
      await storeLedger(data.store).forget(count)
      await storePeople(data.store).forget(count)
    }
    await record('done', by)
    print(io, `${plainText(caller, 64)} may make changes again.`)
  })
