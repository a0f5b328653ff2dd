import { type Approval, approversOf, openApprovals } from '../approvals/approvals.ts'
import { openApprovers } from '../approvals/approvers.ts'
import { storeLedger } from '../budget/ledger.ts'
import { storePeople } from '../budget/people.ts'
import type { Settings } from '../config.ts'
import type { Parts } from '../dispatch.ts'
import { callGuards } from '../guards/calls.ts'
import { type Log, logTo } from '../log.ts'
import { pastOf } from '../past.ts'
import { sealWith } from '../seal.ts'
import { openStops, type Stops } from '../stops.ts'
import { openJournal } from '../store/journal.ts'
import { openTenants, type Tenants, traitsOf } from '../tenants.ts'
import { tools } from '../tools/index.ts'
import { underWay } from '../under-way.ts'
import { vendors } from '../vendors/index.ts'
import type { Io } from './io.ts'
import { type CommonOptions, dataFolder, openStores, sandboxSettings, settingsOf, typed } from './place.ts'
import { tellingJournal } from './telling.ts'

/** Everything that serves, put together and ready; nothing has been opened or sent yet. */
export interface Running {
  parts: Parts
  tenants: Tenants
  stops: Stops
  log: Log
  close(): Promise<void>
}

export async function start(io: Io, options: CommonOptions): Promise<Running> {
  const { settings, closeSandbox } = await settingsFor(io, options)
  const folder = dataFolder(settings, options)
  const { store, budgets } = openStores(folder)
  const log = logTo(io.stderr, io.env.IDENTITY_MCP_LOG === 'info' ? 'info' : 'error')
  const tenants = openTenants(settings, vendors, { ledger: storeLedger(budgets), store })
  const approvers = openApprovers(store)
  const stops = openStops(store)
  const approveAt = async (approval: Pick<Approval, 'id' | 'state' | 'approvers'>) => {
    if (approval.state === 'approved') return 'It is approved: make the same call with this approvalId.'
    const approve = typed(io, options, `approvals approve ${approval.id} --approver NAME`)
    const missing = approversOf(approval) - (await approvers.list()).length
    if (missing <= 0) return approve
    const lacking = missing < approversOf(approval) ? 'It takes two approvers' : 'No approver is set up yet'
    return `${lacking}: ${typed(io, options, 'approvers add NAME')}, and then: ${approve}`
  }
  const telling = tellingJournal(openJournal(folder, store), io, () => ({
    webhook: settings.webhook,
    signingKey: settings.journal.signingKey,
    approveAt: (id) => approveAt({ id, state: 'pending' }),
  }))
  const { journal } = telling
  const seal = sealWith(store)
  const warn = (message: string, error: unknown) => log.error(message, { error })
  const policy = {
    settings,
    journalling: { journal, warn },
    mustExist: tenants.get,
    isOffered: (name: string) =>
      tools.some((tool) => tool.name === name && tenants.serving(tool) !== undefined),
    isReadOnly: (tenant: string) => tenants.readOnly(tenants.get(tenant)),
    blast: { ledger: storeLedger(store), people: storePeople(store), stops, limits: settings.limits },
    stops,
    locks: store,
    confirming: {
      policy: { confirm: settings.confirm, about: (name: string) => traitsOf(tenants.get(name)) },
      approvals: openApprovals(store),
      seal,
      approveAt,
    },
  }
  const changes = underWay()
  return {
    parts: {
      tools,
      tenants,
      seal,
      log,
      underWay: changes,
      stops,
      guards: (sight) => callGuards(policy, sight),
      past: (reference, caller) => pastOf({ folder, store }, reference, (by) => by === caller),
    },
    tenants,
    stops,
    log,
    async close() {
      await changes.ended()
      await telling.close()
      await Promise.all([store.close(), budgets.close(), closeSandbox()])
    },
  }
}

/** The settings of the file, or of a sandbox that is started for this run. */
async function settingsFor(
  io: Io,
  options: CommonOptions,
): Promise<{ settings: Settings; closeSandbox: () => Promise<void> }> {
  if (!options.sandbox) return { settings: settingsOf(io, options), closeSandbox: async () => {} }
  const { startSandbox } = await import('../sandbox/index.ts')
  const sandbox = await startSandbox()
  return {
    settings: sandboxSettings(sandbox.settings, sandbox.env, options),
    closeSandbox: () => sandbox.close(),
  }
}
