import type { Settings } from '../config/settings.ts'
import type { Plan } from '../domain/change.ts'
import type { Grant } from '../domain/scopes.ts'
import type { Freezes } from '../limits/freezes.ts'
import type { Meter } from '../meter.ts'
import type { Claims } from '../store/claims.ts'
import type { Store } from '../store/store.ts'
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
import { untrustedText } from './untrusted-text.ts'

/** What the guards decide from. */
export interface CallPolicy {
  meter: Meter
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
}

/** How the guards see what a call would do. */
export interface Sight {
  /** The exact change, with all that it concerns claimed; undefined for a tool that only reads. */
  planOf: (call: Call, claims: Claims) => Promise<Plan | undefined> | undefined
  listAdmins: ListAdmins
}

/** The guards that every call of every tool passes, outermost first. */
export const callGuards = (
  {
    meter,
    settings,
    journalling,
    mustExist,
    canSeeTenants,
    isSupported,
    isReadOnly,
    appOf,
    sharing,
    blast,
    freezes,
    store,
    claims,
    confirming,
  }: CallPolicy,
  { planOf, listAdmins }: Sight,
): readonly CallGuard[] => [
  measured(meter),
  journalled(journalling),
  untrustedText(),
  declaredOnly(),
  access({ mustExist, canSeeTenants, isSupported }),
  readOnly({ everywhere: settings.readOnly, at: isReadOnly }),
  killSwitch(freezes, sharing),
  callDeadline(),
  saysNo(confirming),
  planning(planOf, claims, (tenant) => confirming.policy.about(tenant).facts),
  // Again: a plan can reach tenants that no argument names.
  access({ mustExist, canSeeTenants, isSupported }),
  readOnly({ everywhere: settings.readOnly, at: isReadOnly }),
  killSwitch(freezes, sharing),
  knownNames(store),
  protectedAccounts(settings.protected, appOf),
  lastAdmin(listAdmins, store, (tenant) => confirming.policy.about(tenant).namesPrivilege),
  withinLimits(blast),
  confirm(confirming),
  // After the yes: only what is about to be changed counts.
  blastRadius(blast),
]

/**
 * The guards that each step of a run passes. The run was approved as a whole and has limits of its own; what a step would
 * do now is judged like any other change.
 */
export const stepGuards = (
  {
    settings,
    journalling,
    mustExist,
    canSeeTenants,
    isSupported,
    isReadOnly,
    appOf,
    sharing,
    ...rest
  }: CallPolicy,
  { planOf, listAdmins }: Sight,
): readonly CallGuard[] => {
  const { freezes, store, claims, confirming } = rest
  const may = [
    access({ mustExist, canSeeTenants, isSupported }),
    readOnly({ everywhere: settings.readOnly, at: isReadOnly }),
    killSwitch(freezes, sharing),
  ]
  return [
    journalled(journalling),
    ...may,
    async function approved(call, next) {
      const { approval } = call
      return next(approval ? { ...call, record: (event) => call.record({ ...event, approval }) } : call)
    },
    planning(planOf, claims, (tenant) => confirming.policy.about(tenant).facts),
    ...may,
    protectedAccounts(settings.protected, appOf),
    lastAdmin(listAdmins, store, (tenant) => confirming.policy.about(tenant).namesPrivilege),
  ]
}
