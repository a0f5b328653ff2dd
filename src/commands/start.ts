import { type Approval, openApprovals } from '../approvals/approvals.ts'
import { openApprovers } from '../approvals/approvers.ts'
import { storeLedger } from '../budget/ledger.ts'
import type { Settings } from '../config.ts'
import type { Parts } from '../dispatch.ts'
import { callGuards } from '../guards/calls.ts'
import { type Log, logTo } from '../log.ts'
import { pastOf } from '../past.ts'
import { sealWith } from '../seal.ts'
import { openJournal } from '../store/journal.ts'
import { openTenants, type Tenants } from '../tenants.ts'
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
  const approveAt = async ({ id, state }: Pick<Approval, 'id' | 'state'>) => {
    if (state === 'approved') return 'It is approved: make the same call with this approvalId.'
    const approve = typed(io, options, `approvals approve ${id} --approver NAME`)
    if ((await approvers.list()).length > 0) return approve
    return `No approver is set up yet: ${typed(io, options, 'approvers add NAME')}, and then: ${approve}`
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
    blast: { ledger: storeLedger(store), limits: settings.limits },
    confirming: {
      levels: settings.confirm,
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
      guards: (planOf) => callGuards(policy, planOf),
      past: (reference, caller) => pastOf({ folder, store }, reference, (by) => by === caller),
    },
    tenants,
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
