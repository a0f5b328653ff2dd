import type { Settings } from '../config.ts'
import { UnknownOutcome } from '../errors.ts'
import type { Plan } from '../identity/plan.ts'
import { access } from './access.ts'
import { appText } from './app-text.ts'
import { type BlastRadius, blastRadius } from './blast-radius.ts'
import type { Call, CallGuard } from './call.ts'
import { type Confirming, confirm } from './confirm.ts'
import { deadline } from './deadline.ts'
import { declaredOnly } from './declared-only.ts'
import { type Journalling, journalled } from './journal.ts'
import { planning } from './planning.ts'
import { protectedAccounts } from './protected.ts'
import { readOnly } from './read-only.ts'

/** What the guards decide from. */
export interface CallPolicy {
  settings: Pick<Settings, 'readOnly' | 'protected'>
  journalling: Journalling
  /** Throws `UnknownTenant`. */
  mustExist: (tenant: string) => unknown
  isOffered: (tool: string) => boolean
  isReadOnly: (tenant: string) => boolean
  blast: BlastRadius
  confirming: Confirming
}

/** The policy for calls, outermost first: what every call of every tool goes through. */
export const callGuards = (
  { settings, journalling, mustExist, isOffered, isReadOnly, blast, confirming }: CallPolicy,
  planOf: (call: Call) => Promise<Plan> | undefined,
): readonly CallGuard[] => [
  journalled(journalling),
  appText(),
  declaredOnly(),
  access({ mustExist, isOffered }),
  readOnly({ everywhere: settings.readOnly, at: isReadOnly }),
  deadline((call) => call.deadline, undefined, lost),
  planning(planOf),
  protectedAccounts(settings.protected),
  blastRadius(blast),
  confirm(confirming),
]

/** What a call ends with that is still not back some time after its deadline: it may have changed something. */
const lost = ({ tool }: Call, reason: unknown) =>
  tool.effect === 'reads'
    ? reason
    : new UnknownOutcome(
        'Time ran out, and what came of the change is not known.',
        'Look the account up with find_user before doing anything else; the journal has more.',
      )
