import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import type { DataFolder } from '../app/stores.ts'
import { IdentityError, InvalidInput, Unavailable } from '../errors.ts'
import { type Freeze, openFreezes } from '../limits/freezes.ts'
import { plainText, sameText } from '../text/text.ts'
import {
  APPROVER_OPTIONS,
  type ApproverOptions,
  confirmedByApprover,
  journalRecorder,
} from './approver-check.ts'
import { newCommand, print, showTime, toJson } from './terminal.ts'
import { type OpenData, withData } from './with-data.ts'

/** Stops all changes immediately, on every instance with the same store, and allows them again. */
export function brakeCommand(io: Io, open: OpenData): Command {
  const brake = newCommand(io, 'brake', 'Stop all changes immediately; reads still work')
  const where = ['--tenant <name>', 'only in this tenant'] as const
  const agent = ['--agent <name>', 'only by this agent or OAuth client, as the journal names it'] as const
  brake
    .command('status', { isDefault: true })
    .description('Show whether the brake is on, and since when')
    .option('--json', 'as JSON')
    .action((options: { json?: true }, command: Command) => status(io, open, command, options))
  brake
    .command('on')
    .description('Stop all changes, including calls in flight that have accounts left to change')
    .option(...where)
    .option(...agent)
    .option('--reason <text>', 'shown to callers that try to change something')
    .option('--json', 'as JSON')
    .action((options: OnOptions, command: Command) => on(io, open, command, options))
  brake
    .command('off')
    .description('Allow changes again; without --tenant and --agent, all of them')
    .option(...where)
    .option(...agent)
    .option(...APPROVER_OPTIONS.approver)
    .option(...APPROVER_OPTIONS.passphraseStdin)
    .option('--json', 'as JSON')
    .action((options: OffOptions, command: Command) => off(io, open, command, options))
  return brake
}

interface BrakeOptions {
  tenant?: string
  agent?: string
  json?: true
}
type OnOptions = BrakeOptions & { reason?: string }
type OffOptions = BrakeOptions & ApproverOptions

const status = (io: Io, open: OpenData, command: Command, { json }: { json?: true }) =>
  withData(io, open, command, (data) => printStatus(io, data, json))

const on = (io: Io, open: OpenData, command: Command, { reason, json, ...options }: OnOptions) =>
  withData(io, open, command, async (data) => {
    const where = placeOf(data, options)
    const why = reason === undefined ? {} : { why: plainText(reason, 200) }
    const args = { ...where, ...(reason !== undefined && { reason }) }
    // The brake comes first: a journal failure must not prevent it.
    await openFreezes(data.store).put({
      ...where,
      at: Date.now(),
      by: io.user,
      ...why,
    })
    try {
      await journalRecorder(io, data, 'brake on', args)('done')
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error
      throw new Unavailable('The brake is on, but the journal could not record it.', error.hint, {
        cause: error,
      })
    }
    await printStatus(io, data, json)
  })

const off = (
  io: Io,
  open: OpenData,
  command: Command,
  { tenant, agent, json, ...approverOptions }: OffOptions,
) =>
  withData(io, open, command, async (data) => {
    const where = placeOf(data, { tenant, agent })
    const freezes = openFreezes(data.store)
    const isMatch = (freeze: Freeze) =>
      isBrake(freeze) &&
      (where.tenant === undefined || freeze.tenant === where.tenant) &&
      (where.agent === undefined || sameText(freeze.agent, where.agent))
    if ((await freezes.list()).some(isMatch)) {
      const record = journalRecorder(io, data, 'brake off', { ...where })
      const by = await confirmedByApprover(io, data.store, record, {
        ...approverOptions,
        to: 'allow changes again',
      })
      // Journal first: what cannot be journalled must not happen.
      await record('started', by)
      await freezes.lift(isMatch)
      await record('done', by)
    }
    await printStatus(io, data, json)
  })

const isBrake = ({ caller }: Freeze) => caller === undefined

/** What to stop. A brake on a misspelt tenant would stop nothing, so that throws `InvalidInput`. */
function placeOf(
  { tenants }: DataFolder,
  { tenant, agent }: { tenant?: string | undefined; agent?: string | undefined },
): Pick<Freeze, 'tenant' | 'agent'> {
  if (tenant !== undefined && tenants && !tenants.includes(tenant)) {
    throw new InvalidInput(
      `There is no tenant "${plainText(tenant, 64)}".`,
      `The tenants are: ${tenants.join(', ')}. Leave --tenant out for all of them.`,
    )
  }
  return {
    ...(tenant !== undefined && { tenant }),
    ...(agent !== undefined && { agent: plainText(agent) }),
  }
}

async function printStatus(io: Io, { store }: DataFolder, json: true | undefined): Promise<void> {
  const brakes = (await openFreezes(store).list()).filter(isBrake)
  if (json) {
    const documents = brakes.map(({ tenant, agent, at, by, why }) => ({
      tenant,
      agent,
      since: new Date(at).toISOString(),
      by,
      why,
    }))
    return print(io, toJson({ on: brakes.length > 0, brakes: documents }, 2))
  }
  print(io, ...(brakes.length > 0 ? brakes.map(describeFreeze) : ['The brake is off.']))
}

/** A freeze as a sentence. */
export function describeFreeze({ tenant, agent, caller, who = caller, at, by, why }: Freeze): string {
  const since = `since ${showTime(at)}`
  if (who !== undefined) {
    return `${plainText(who, 1_000)} is paused ${since}, when it reached a limit: ${plainText(by)}.`
  }
  const what = agent === undefined ? '' : ` for the agent ${plainText(agent)}`
  const reason = why === undefined ? '' : `: ${plainText(why)}`
  const rest = agent === undefined ? 'Nothing can be changed' : 'It can change nothing'
  return (
    `The brake is on${what}${tenant === undefined ? '' : ` in ${tenant}`} ${since}, set by ${plainText(by)}${reason}. ` +
    `${rest}${tenant === undefined ? '' : ' there'}.`
  )
}
