import type { Settings } from '../config/settings.ts'
import type { Plan } from '../domain/change.ts'
import type { Grant } from '../domain/scopes.ts'
import type { Freezes } from '../limits/freezes.ts'
import type { Meter } from '../meter.ts'
import type { Claims } from '../store/claims.ts'
import type { Store } from '../store/store.ts'
import type { Tracing } from '../tracing.ts'
import { access } from './access.ts'
import { type BlastRadius, blastRadius, withinLimits } from './blast-radius.ts'
import type { Call, CallGuard } from './call.ts'
import { type Confirming, confirm } from './confirm.ts'
import { callDeadline } from './deadline.ts'
import { declaredOnly } from './declared-only.ts'
import { saysNo } from './form.ts'
import { type Journalling, journalled } from './journal.ts'
import { killSwitch } from './kill-switch.ts'
import { knownNames } from './known-names.ts'
import { type ListAdmins, lastAdmin } from './last-admin.ts'
import { measured } from './measured.ts'
import { planning } from './planning.ts'
import { protectedAccounts } from './protected.ts'
import { readOnly } from './read-only.ts'
import { traced } from './traced.ts'
import { untrustedText } from './untrusted-text.ts'

/** What the guards decide from. */
export interface CallPolicy {
  meter: Meter
  tracing: Tracing | undefined
  settings: Pick<Settings, 'readOnly' | 'protected'>
  journalling: Journalling
  /** Throws `UnknownTenant`. */
  mustExist: (tenant: string, grant: Grant) => unknown
  canSeeTenants: (grant: Grant) => boolean
  isSupported: (tool: string, grant: Grant) => boolean
  isReadOnly: (tenant: string) => boolean
  appOf: (tenant: string) => string
  /** The tenants that lead to the same app as one, itself included. */
  sharing: (tenant: string) => readonly string[]
  blast: BlastRadius
  freezes: Pick<Freezes, 'check'>
  store: Pick<Store, 'claim' | 'delete' | 'get' | 'update'>
  claims: Parameters<typeof planning>[1]
  confirming: Confirming
  /** Guards of whoever runs the server. They come before a person is asked, and see the plan. */
  ownGuards?: readonly CallGuard[]
}

/** How the guards see what a call would do. */
export interface Sight {
  /** The exact change, with all that it concerns claimed; undefined for a tool that only reads. */
  planOf: (call: Call, claims: Claims) => Promise<Plan | undefined> | undefined
  listAdmins: ListAdmins
}

/** What must hold of the tenants that a call names, and again of those that its plan reaches. */
const permitted = ({
  settings,
  mustExist,
  canSeeTenants,
  isSupported,
  isReadOnly,
  freezes,
  sharing,
}: CallPolicy): readonly CallGuard[] => [
  access({ mustExist, canSeeTenants, isSupported }),
  readOnly({ everywhere: settings.readOnly, at: isReadOnly }),
  killSwitch(freezes, sharing),
]

const planned = ({ claims, confirming }: CallPolicy, { planOf }: Sight): CallGuard =>
  planning(planOf, claims, (tenant) => confirming.policy.about(tenant).facts)

const keepsAnAdmin = ({ store, confirming }: CallPolicy, { listAdmins }: Sight): CallGuard =>
  lastAdmin(listAdmins, store, (tenant) => confirming.policy.about(tenant).namesPrivilege)

/** The guards that every call of every tool passes, outermost first. */
export const callGuards = (policy: CallPolicy, sight: Sight): readonly CallGuard[] => [
  traced(policy.tracing),
  measured(policy.meter),
  journalled(policy.journalling),
  untrustedText(),
  declaredOnly(),
  ...permitted(policy),
  callDeadline(),
  saysNo(policy.confirming),
  planned(policy, sight),
  ...permitted(policy),
  knownNames(policy.store),
  protectedAccounts(policy.settings.protected, policy.appOf),
  keepsAnAdmin(policy, sight),
  ...(policy.ownGuards ?? []),
  withinLimits(policy.blast),
  confirm(policy.confirming),
  // After the yes: only what is about to be changed counts.
  blastRadius(policy.blast),
]

/**
 * The guards that each step of a run passes. The run was approved as a whole and has limits of its own; what a step would
 * do now is judged like any other change.
 */
export const stepGuards = (policy: CallPolicy, sight: Sight): readonly CallGuard[] => [
  journalled(policy.journalling),
  ...permitted(policy),
  async function approved(call, next) {
    const { approval } = call
    return next(approval ? { ...call, record: (event) => call.record({ ...event, approval }) } : call)
  },
  planned(policy, sight),
  ...permitted(policy),
  protectedAccounts(policy.settings.protected, policy.appOf),
  keepsAnAdmin(policy, sight),
  ...(policy.ownGuards ?? []),
]
