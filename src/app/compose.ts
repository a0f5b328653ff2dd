import { type Approval, approversOf, openApprovals } from '../approvals/approvals.ts'
import { openApprovers } from '../approvals/approvers.ts'
import type { PageParts } from '../approvals/page/handler.ts'
import type { LoopbackPage } from '../approvals/page/loopback.ts'
import type { Settings } from '../config/settings.ts'
import type { Plan } from '../domain/change.ts'
import type { Grant } from '../domain/scopes.ts'
import { briefOn } from '../engine/approval-briefing.ts'
import { askFor } from '../engine/ask.ts'
import { isOffered, type Parts } from '../engine/dispatch.ts'
import { pastOf } from '../engine/history.ts'
import { openTenants, type Tenants, traitsOf } from '../engine/tenants.ts'
import type { Call } from '../guards/call.ts'
import { callGuards } from '../guards/call-pipeline.ts'
import { inFlight } from '../in-flight.ts'
import { type Freezes, openFreezes } from '../limits/freezes.ts'
import { leasing } from '../limits/lease.ts'
import { storeLedger } from '../limits/ledger.ts'
import { storePeople } from '../limits/people.ts'
import { type Log, logTo } from '../log.ts'
import { type Meter, unmetered } from '../meter.ts'
import { stateSigner } from '../store/signed-state.ts'
import type { Store } from '../store/store.ts'
import { tools } from '../tools/index.ts'
import { vendors } from '../vendors/index.ts'
import type { Io } from './io.ts'
import { journalWithWebhook } from './journal-webhook.ts'
import { type CommonOptions, dataFolder, openStores, sandboxSettings, settingsOf, typed } from './stores.ts'

/** How long the other apps have for saying whether the person is active there, milliseconds. */
const BRIEFING_TIME = 5_000

/** What one instance may spend of each budget without the others: four of them keep within the whole. */
const OWN_SHARE = 1 / 4

/** Everything that serves, put together and ready; nothing has been opened or sent yet. */
export interface Running {
  parts: Parts
  settings: Settings
  tenants: Tenants
  freezes: Freezes
  store: Store
  /** What the page works with on which people decide. */
  page: PageParts
  log: Log
  close(): Promise<void>
}

/** How the page is reached on which people decide. */
export type LinkedPage = Pick<LoopbackPage, 'link' | 'close'>

/** What a start can be given that serves in another way than over stdio. */
export interface Serving {
  /** Told nothing when left out. */
  meter?: Meter
  /** A port of this machine that is open while something waits, when left out. */
  openPage?: (parts: PageParts) => Promise<LinkedPage>
}

// Loaded when something first waits for a person; most runs never need it.
const openLoopbackPage = async (parts: PageParts): Promise<LinkedPage> =>
  (await import('../approvals/page/loopback.ts')).loopbackPage(parts)

export async function start(
  io: Io,
  options: CommonOptions,
  { meter, openPage }: Serving = {},
): Promise<Running> {
  const { settings, closeSandbox } = await settingsFor(io, options)
  const folder = dataFolder(settings, options)
  const { store, budgets, ...kept } = openStores(folder, settings.store)
  const log = logTo(io.stderr, io.env.IDENTITY_MCP_LOG === 'info' ? 'info' : 'error')
  const alone = {
    share: OWN_SHARE,
    say: (isAlone: boolean, error: unknown) =>
      isAlone
        ? log.error('the store cannot be used: until it can, each budget is a quarter', { error })
        : log.info('the store can be used again'),
  }
  const ledger = leasing(storeLedger(budgets, alone))
  const tenants = openTenants(settings, vendors, {
    ledger,
    store,
    log,
    ...(meter && { meter }),
  })
  const approvers = openApprovers(store)
  const freezes = openFreezes(store)
  const approvals = openApprovals(store)
  const approveAt = async (approval: Pick<Approval, 'id' | 'state' | 'approvers'>) => {
    if (approval.state === 'approved')
      return { words: 'It is approved: make the same call with this approvalId.' }
    const url = await (await thePage()).link(approval.id)
    const approve = url ?? typed(io, options, `approvals approve ${approval.id} --approver NAME`)
    const missing = approversOf(approval) - (await approvers.list()).length
    if (missing <= 0) return { words: approve, ...(url !== undefined && { url }) }
    // Nobody is sent to a page on which nobody can decide.
    const lacking = missing < approversOf(approval) ? 'It takes two approvers' : 'No approver is set up yet'
    return { words: `${lacking}: ${addApprover}, and then: ${approve}` }
  }
  const telling = journalWithWebhook(kept.journal, io, () => ({
    webhook: settings.webhook,
    signingKey: settings.journal.signingKey,
    approveAt: async (id) => (await approveAt({ id, state: 'pending' })).words,
  }))
  const { journal } = telling
  const signer = stateSigner(store)
  const changes = inFlight()
  const warn = (message: string, error: unknown) => log.error(message, { error })
  const addApprover = typed(io, options, 'approvers add NAME')
  let page: Promise<LinkedPage> | undefined
  const pageParts = { approvals, approvers, journal, signer, inFlight: changes, addApprover, warn }
  const thePage = () => {
    page ??= (openPage ?? openLoopbackPage)(pageParts)
    return page
  }
  const policy = {
    meter: meter ?? unmetered,
    settings,
    journalling: { journal, warn },
    mustExist: (tenant: string, grant: Grant) => tenants.seenBy(grant).get(tenant),
    isOffered: (name: string, grant: Grant) =>
      tools.some((tool) => tool.name === name && isOffered(tenants, tool, grant)),
    isReadOnly: (tenant: string) => tenants.readOnly(tenants.get(tenant)),
    blast: { ledger: storeLedger(store), people: storePeople(store), freezes, limits: settings.limits },
    freezes,
    locks: store,
    confirming: {
      policy: { confirm: settings.confirm, about: (name: string) => traitsOf(tenants.get(name)) },
      approvals,
      signer,
      approveAt,
      brief({ caller, grant, signal, deadline }: Call, plan: Plan) {
        const until = Math.min(deadline, Date.now() + BRIEFING_TIME)
        return briefOn(
          plan,
          askFor(tenants.seenBy(grant), {
            caller: caller.id,
            priority: 'interactive',
            deadline: until,
            signal,
          }),
        )
      },
    },
  }
  return {
    parts: {
      tools,
      tenants,
      approvals,
      signer,
      log,
      inFlight: changes,
      freezes,
      guards: (sight) => callGuards(policy, sight),
      past: (reference, caller) => pastOf(journal, reference, (by) => by === caller),
    },
    settings,
    tenants,
    freezes,
    store,
    page: pageParts,
    log,
    async close() {
      await (await page)?.close()
      await changes.drained()
      await telling.close()
      // What cannot be accounted for any more lapses by itself.
      await ledger.flush().catch(() => undefined)
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
    // Made-up people need no keeping from anybody on this machine.
    settings: sandboxSettings({ ...sandbox.settings, auth: 'none' }, sandbox.env, options),
    closeSandbox: () => sandbox.close(),
  }
}
