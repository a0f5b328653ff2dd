import type { PageParts } from '../approvals/page/handler.ts'
import type { Settings } from '../config/settings.ts'
import type { Plan } from '../domain/change.ts'
import type { Grant } from '../domain/scopes.ts'
import { briefOn } from '../engine/approval-briefing.ts'
import { askFor } from '../engine/ask.ts'
import { type Tenants, traitsOf } from '../engine/tenants.ts'
import type { Tool } from '../engine/tool.ts'
import type { Call, CallGuard } from '../guards/call.ts'
import type { CallPolicy } from '../guards/call-pipeline.ts'
import type { Refusals } from '../journal/refusals.ts'
import type { Freezes } from '../limits/freezes.ts'
import { storeLedger } from '../limits/ledger.ts'
import { storePeople } from '../limits/people.ts'
import type { Log } from '../log.ts'
import type { Meter } from '../meter.ts'
import type { Store } from '../store/store.ts'
import type { Tracing } from '../tracing.ts'
import type { ApprovalLinks } from './approval-links.ts'

/** How long the other apps have to answer whether the person is active there, in milliseconds. */
const BRIEFING_TIMEOUT = 5_000

interface PolicyParts {
  settings: Settings
  tenants: Tenants
  store: Store
  freezes: Freezes
  page: PageParts
  refusals: Refusals
  links: ApprovalLinks
  tend: () => Promise<void>
  meter: Meter
  tracing: Tracing | undefined
  log: Log
  claims: CallPolicy['claims']
  tools: readonly Tool[]
  ownGuards: readonly CallGuard[]
}

/** What the guards decide from. */
export const callPolicy = ({
  tenants,
  page,
  refusals,
  links,
  tend,
  log,
  tools,
  ...same
}: PolicyParts): CallPolicy => ({
  ...same,
  journalling: { journal: page.journal, refusals, warn: page.warn },
  mustExist: (tenant: string, grant: Grant) => tenants.seenBy(grant).get(tenant),
  canSeeTenants: (grant: Grant) => tenants.seenBy(grant).all.length > 0,
  isSupported: (name: string, grant: Grant) =>
    tools.some((tool) => tool.name === name && tenants.seenBy(grant).supporting(tool).length > 0),
  isReadOnly: (tenant: string) => tenants.readOnly(tenants.get(tenant)),
  appOf: tenants.appOf,
  sharing: tenants.sharing,
  blast: {
    ledger: storeLedger(same.store),
    people: storePeople(same.store),
    freezes: same.freezes,
    limits: same.settings.limits,
    appOf: tenants.appOf,
    factsOf: (tenant) => tenants.get(tenant).facts,
  },
  confirming: {
    policy: { confirm: same.settings.confirm, about: (name: string) => traitsOf(tenants.get(name)) },
    approvals: page.approvals,
    approvers: page.approvers,
    signer: page.signer,
    approveAt: links.approveAt,
    tend,
    brief({ caller, grant, signal, deadline }: Call, plan: Plan) {
      const until = Math.min(deadline, Date.now() + BRIEFING_TIMEOUT)
      const context = { caller: caller.id, priority: 'interactive', deadline: until, signal } as const
      return briefOn(plan, askFor(tenants.seenBy(grant), context, log))
    },
  },
})
