import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import type { DataFolder } from '../app/stores.ts'
import { IdentityError, InvalidInput, Unavailable } from '../errors.ts'
import { type Freeze, openFreezes } from '../limits/freezes.ts'
import { plainText } from '../text/text.ts'
import { recorder, VOUCH_OPTIONS, type VouchOptions, vouched } from './approver-check.ts'
import { newCommand, type OpenData, print, showTime, toJson, withData } from './data.ts'

/** Freezes all changes at once, on every copy of the server that uses the same store, and lets them go on. */
export function brakeCommand(io: Io, open: OpenData): Command {
  const brake = newCommand(io, 'brake', 'Stop all changes at once; looking things up goes on')
  const where = ['--tenant <name>', 'only in this tenant'] as const
  brake
    .command('status', { isDefault: true })
    .description('Whether the brake is on, and since when')
    .option('--json', 'as JSON')
    .action((options: { json?: true }, command: Command) => status(io, open, command, options))
  brake
    .command('on')
    .description('Stop all changes, those too that are under way with more accounts to come')
    .option(...where)
    .option('--reason <text>', 'told to whoever tries to change something')
    .option('--json', 'as JSON')
    .action((options: OnOptions, command: Command) => on(io, open, command, options))
  brake
    .command('off')
    .description('Let changes go on; without --tenant everywhere')
    .option(...where)
    .option(...VOUCH_OPTIONS.approver)
    .option(...VOUCH_OPTIONS.passphraseStdin)
    .option('--json', 'as JSON')
    .action((options: OffOptions, command: Command) => off(io, open, command, options))
  return brake
}

interface Options {
  tenant?: string
  json?: true
}
type OnOptions = Options & { reason?: string }
type OffOptions = Options & VouchOptions

const status = (io: Io, open: OpenData, command: Command, { json }: { json?: true }) =>
  withData(io, open, command, (data) => tell(io, data, json))

const on = (io: Io, open: OpenData, command: Command, { tenant, reason, json }: OnOptions) =>
  withData(io, open, command, async (data) => {
    mustExist(data, tenant)
    const why = reason === undefined ? {} : { why: plainText(reason, 200) }
    const args = { ...(tenant !== undefined && { tenant }), ...(reason !== undefined && { reason }) }
    // First, since nothing that could fail may hold it up.
    await openFreezes(data.store).put({
      ...(tenant !== undefined && { tenant }),
      at: Date.now(),
      by: io.user,
      ...why,
    })
    try {
      await recorder(io, data, 'brake on', args)('done')
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error
      throw new Unavailable('The brake is on, but that could not be journalled.', error.hint, {
        cause: error,
      })
    }
    await tell(io, data, json)
  })

const off = (io: Io, open: OpenData, command: Command, { tenant, json, ...vouching }: OffOptions) =>
  withData(io, open, command, async (data) => {
    mustExist(data, tenant)
    const freezes = openFreezes(data.store)
    const concerned = (freeze: Freeze) =>
      isBrake(freeze) && (tenant === undefined || freeze.tenant === tenant)
    if ((await freezes.list()).some(concerned)) {
      const record = recorder(io, data, 'brake off', { ...(tenant !== undefined && { tenant }) })
      const by = await vouched(io, data.store, record, { ...vouching, to: 'let changes go on' })
      // What cannot be recorded must not be done.
      await record('started', by)
      await freezes.lift(concerned)
      await record('done', by)
    }
    await tell(io, data, json)
  })

const isBrake = ({ caller }: Freeze) => caller === undefined

/** A brake on a tenant whose name was mistyped would stop nothing. */
function mustExist({ tenants }: DataFolder, tenant: string | undefined): void {
  if (tenant === undefined || !tenants || tenants.includes(tenant)) return
  throw new InvalidInput(
    `There is no tenant "${plainText(tenant, 64)}".`,
    `The tenants are: ${tenants.join(', ')}. Without --tenant it is about all of them.`,
  )
}

async function tell(io: Io, { store }: DataFolder, json: true | undefined): Promise<void> {
  const brakes = (await openFreezes(store).list()).filter(isBrake)
  if (json) {
    const documents = brakes.map(({ tenant, at, by, why }) => ({
      tenant,
      since: new Date(at).toISOString(),
      by,
      why,
    }))
    return print(io, toJson({ on: brakes.length > 0, brakes: documents }, 2))
  }
  print(io, ...(brakes.length > 0 ? brakes.map(describeFreeze) : ['The brake is off.']))
}

/** A freeze in a sentence for people. */
export const describeFreeze = ({ tenant, caller, at, by, why }: Freeze): string =>
  caller === undefined
    ? `The brake is on${tenant === undefined ? '' : ` in ${tenant}`} since ${showTime(at)}, by ${plainText(by)}` +
      `${why === undefined ? '' : `: ${plainText(why)}`}. Nothing is changed${tenant === undefined ? '' : ' there'}.`
    : `${plainText(caller)} is paused since ${showTime(at)}, when it would have passed a limit: ${plainText(by)}.`
