import { existsSync } from 'node:fs'
import { openApprovals } from '../approvals/approvals.ts'
import { openApprovers } from '../approvals/approvers.ts'
import type { PageParts } from '../approvals/page/handler.ts'
import { loopbackPage } from '../approvals/page/loopback.ts'
import { openTasks } from '../approvals/tasks.ts'
import { tending } from '../approvals/tend.ts'
import { type Comparisons, openComparisons } from '../compare/open.ts'
import type { Settings } from '../config/settings.ts'
import type { Scope } from '../domain/scopes.ts'
import { askFor } from '../engine/ask.ts'
import type { Parts } from '../engine/dispatch.ts'
import { endedSessions } from '../engine/ended-sessions.ts'
import { pastAt, pastOf } from '../engine/history.ts'
import { mergedEvents } from '../engine/merged-events.ts'
import { ownEvents } from '../engine/own-events.ts'
import { openTenants, type Tenants } from '../engine/tenants.ts'
import type { Tool } from '../engine/tool.ts'
import type { CallGuard } from '../guards/call.ts'
import { callGuards } from '../guards/call-pipeline.ts'
import { answerLate } from '../guards/form.ts'
import { inFlight } from '../in-flight.ts'
import { boundedRefusals } from '../journal/refusals.ts'
import { type Freezes, openFreezes } from '../limits/freezes.ts'
import { leasing } from '../limits/lease.ts'
import { storeLedger } from '../limits/ledger.ts'
import { type Log, logTo } from '../log.ts'
import { type Meter, unmetered } from '../meter.ts'
import { openRuns, type Runs } from '../runs/open.ts'
import { snapshotSchedule } from '../snapshots/schedule.ts'
import { openSnapshotStore, type SnapshotStore } from '../snapshots/snapshot-store.ts'
import { openClaims } from '../store/claims.ts'
import { stateSigner } from '../store/signed-state.ts'
import type { Store } from '../store/store.ts'
import { tools as allTools } from '../tools/index.ts'
import { openTracing } from '../tracing.ts'
import type { Vendor } from '../vendors/define.ts'
import { vendors as allVendors } from '../vendors/index.ts'
import { approvalLinks, type LinkedPage } from './approval-links.ts'
import { callPolicy } from './call-policy.ts'
import type { Io } from './io.ts'
import { journalWithWebhook } from './journal-webhook.ts'
import { shownRuns } from './run-progress.ts'
import {
  type CommonOptions,
  dataFolder,
  openStores,
  placeIn,
  sandboxSettings,
  settingsOf,
  typed,
} from './stores.ts'

/** The share of each budget that one instance may use while the store is down: four instances stay within the whole. */
const SHARE_WITHOUT_STORE = 1 / 4

/** Work that nobody waits for: people's questions go first. */
const BY_ITSELF = { caller: 'snapshots', priority: 'bulk', deadline: Number.MAX_SAFE_INTEGER } as const

/** A complete server. Nothing has been opened or sent yet. */
export interface Running {
  parts: Parts & { scopes?: readonly Scope[] }
  settings: Settings
  tenants: Tenants
  freezes: Freezes
  runs: Runs
  comparisons: Comparisons
  snapshots: SnapshotStore
  store: Store
  /** What the approval page needs. */
  page: PageParts
  log: Log
  /** Works in the background from now on: runs, and snapshots by their schedule. */
  begin(): void
  close(): Promise<void>
}

/** What differs from serving over stdio. */
export interface Serving {
  /** Default: no metrics. */
  meter?: Meter
  /** Default: a page on a loopback port, open while a request is pending. */
  openPage?: (parts: PageParts) => LinkedPage
  /** Whether callers are on other machines. */
  remote?: boolean
  /** Default: JSON lines on stderr. */
  log?: Log
  /** Default: those of the settings file. */
  settings?: Settings
  /** Default: all that come with the package. */
  vendors?: readonly Vendor[]
  tools?: readonly Tool[]
  /** Guards of whoever runs the server, besides the package's own. */
  guards?: readonly CallGuard[]
}

const logFor = ({ stderr, env }: Io): Log => logTo(stderr, env.IDENTITY_MCP_LOG === 'info' ? 'info' : 'error')

/**
 * Reads the settings, or starts a sandbox, and builds everything that a server or a command needs. `close` waits for
 * changes in flight. Throws `SettingsError`.
 */
export async function composeServer(
  io: Io,
  options: CommonOptions,
  { meter, openPage = loopbackPage, remote = false, log = logFor(io), ...given }: Serving = {},
): Promise<Running> {
  const { vendors = allVendors, tools = allTools, guards: ownGuards = [] } = given
  const { settings, closeSandbox } = given.settings
    ? { settings: given.settings, closeSandbox: async () => {} }
    : await settingsOrSandbox(io, options)
  const folder = dataFolder(settings, options)
  const { store, budgets, ...kept } = await openedOr(closeSandbox, () =>
    openStores(folder, placeIn(io, settings.store), { ...io, route: settings.route }),
  )
  const warn = (message: string, error: unknown) => log.error(message, { error })
  const ledger = leasing(storeLedger(budgets, withoutStore(log)))
  const tenants = openTenants(settings, vendors, { ledger, store, log, ...(meter && { meter }) })
  const freezes = openFreezes(store)
  const approvals = openApprovals(store)
  const signer = stateSigner(store)
  const changes = inFlight()
  const { journal, close: closeWebhook } = journalWithWebhook(kept.journal, io, () => ({
    webhook: settings.webhook,
    route: settings.route,
    signingKey: settings.journal.signingKey,
    // A page on a loopback port ends with its process, long before a task is done.
    taskAt: async (id) => (remote ? await links.pageOf(id) : undefined),
    approveAt: async (id) => {
      const { url, words } = await links.approveAt({ id, state: 'pending' })
      return url ?? words
    },
  }))
  // Who calls over the network is not told where things are on this machine.
  const command = (words: string) => (remote ? `identity-mcp ${words}` : typed(io, options, words))
  const page: PageParts = {
    approvals,
    approvers: openApprovers(store, io.scryptCost),
    tasks: openTasks(store),
    locks: store,
    journal,
    signer,
    inFlight: changes,
    warn,
    addApprover: command('approvers add NAME'),
    runs: shownRuns(() => runs.store),
  }
  const links = approvalLinks(command, page, openPage)
  const requests = tending({ approvals, journal, warn })
  const refusals = boundedRefusals(journal, warn)
  const guardPolicy = callPolicy({
    settings,
    tenants,
    store,
    freezes,
    page,
    refusals,
    links,
    tend: requests.tend,
    meter: meter ?? unmetered,
    tracing: await openTracing(),
    log,
    tools,
    ownGuards,
    // No claim needs to outlive a power loss, and a synchronous write to the disk for each would hold everybody up.
    claims: openClaims(budgets),
  })
  const comparisons = openComparisons({ store: kept.comparisons, folder, tenants, log })
  const snapshots = openSnapshotStore(folder, settings.snapshots.keepDays)
  const parts: Omit<Parts, 'runs'> = {
    tools,
    tenants,
    approvals,
    tasks: page.tasks,
    sessions: endedSessions(budgets),
    signer,
    asking: {
      waitMs: settings.confirm.waitSeconds * 1_000,
      late: (call, answer, approvalId) =>
        answerLate(call, answer, approvalId, { ...guardPolicy.confirming, journal }).catch((error) =>
          warn('a late answer could not be counted', error),
        ),
    },
    log,
    freezes,
    inFlight: changes,
    guards: (sight) => callGuards(guardPolicy, sight),
    past: (reference, caller, signal) => pastOf(journal, reference, (by) => by === caller, signal),
    pastAt: (asked, signal) => pastAt(journal, asked, signal),
    own: (asked, signal) => mergedEvents([(one) => ownEvents(journal, one, signal), snapshots.events], asked),
    comparisons: comparisons.desk,
  }
  const runs = openRuns({
    store,
    budgets,
    parts,
    policy: guardPolicy,
    limits: settings.limits.runs,
    mayHave: () => settings.store !== 'disk' || (folder !== undefined && existsSync(folder)),
    compared: comparisons.accounts,
  })
  const { everyHours } = settings.snapshots
  const schedule =
    everyHours === undefined
      ? undefined
      : snapshotSchedule({
          everyMs: everyHours * 3_600_000,
          tenants,
          ask: (signal) => askFor(tenants, { ...BY_ITSELF, signal }, log),
          snapshots,
          store,
          leases: budgets,
          log,
        })
  return {
    parts: { ...parts, runs: runs.desk, ...(options.tools && { scopes: options.tools }) },
    runs,
    comparisons,
    snapshots,
    settings,
    tenants,
    freezes,
    store,
    page,
    log,
    begin() {
      runs.runner.start()
      schedule?.start()
    },
    async close() {
      requests.stop()
      await runs.runner.stop()
      await schedule?.stop()
      await comparisons.stop()
      await links.close()
      await changes.drained()
      await refusals.close()
      await closeWebhook()
      // Leases that cannot be written back expire.
      await ledger.flush().catch(() => undefined)
      await Promise.all([
        store.close(),
        budgets.close(),
        kept.comparisons.close(),
        snapshots.close(),
        closeSandbox(),
      ])
    },
  }
}

/** The settings file, or the settings of a sandbox that runs in this process. */
async function settingsOrSandbox(
  io: Io,
  options: CommonOptions,
): Promise<{ settings: Settings; closeSandbox: () => Promise<void> }> {
  if (!options.sandbox) return { settings: settingsOf(io, options), closeSandbox: async () => {} }
  const { startSandbox } = await import('../sandbox/index.ts')
  const sandbox = await startSandbox()
  return {
    // The people are made up: anybody on this machine may see them.
    settings: sandboxSettings({ ...sandbox.settings, auth: 'none' }, sandbox.env, options),
    closeSandbox: () => sandbox.close(),
  }
}

/** What `open` returns; when it throws, `close` is called first. */
async function openedOr<Result>(close: () => Promise<void>, open: () => Result): Promise<Result> {
  try {
    return open()
  } catch (error) {
    await close()
    throw error
  }
}

/** Says at the start, before a call is refused for it, why a store elsewhere cannot be used. Never throws. */
export async function reportStore({ settings, store, log }: Running): Promise<void> {
  if (settings.store === 'disk') return
  const { ok, store: name, problem } = await store.health()
  if (!ok) log.error(`no change can be made, because the store cannot be used (${name}): ${problem}`)
}

/** How budgets are spent while the store is down. */
const withoutStore = (log: Log) => ({
  share: SHARE_WITHOUT_STORE,
  say: (isAlone: boolean, error: unknown) =>
    isAlone
      ? log.error('the store is unavailable: each budget is a quarter until it is back', { error })
      : log.info('the store is available again'),
})
