import type { Account } from '../domain/account.ts'
import type { Change } from '../domain/change.ts'
import { knownInside, membershipIn } from '../domain/membership.ts'
import type { NewPerson, RunInput, RunStep } from '../domain/run.ts'
import type { Ask } from '../engine/ask.ts'
import { newAccount } from '../engine/new-account.ts'
import { reversalOfAll } from '../engine/reversal.ts'
import type { ChangingTool } from '../engine/tool.ts'
import { Conflict, NotFound, Refused } from '../errors.ts'
import { fingerprintOf, isStillThatPerson } from './fingerprint.ts'

/** What one step of a run is to do. */
export interface StepInput {
  tenant: string
  account: { id: string; userName: string }
  step: RunStep
  /** What the account was like when it was planned, or made. */
  frozen: string
  reason: string
  /** The run, where a process that was killed may have made this step. */
  begun?: { run: string; caller: string } | undefined
  undo?: RunInput['undo']
  /** Of an account that is to be made. */
  fields?: NewPerson | undefined
  /** Of a group that is to be joined. */
  group?: { id: string; name: string } | undefined
}

/** The error of an account that is not as it was when a person approved the run. */
export class ChangedSince extends Conflict {
  constructor(
    tenant: string,
    message = 'It has changed since the run was planned, so it is left alone.',
    hint = 'Look it up with find_user.',
  ) {
    super(message, hint, { tenant })
  }
}

type Context = Pick<Parameters<ChangingTool['plan']>[1], 'ask' | 'hold' | 'pastAt'>
/** The change that a step makes now, or the account that shows that there is nothing to do. */
type StepChange = { change: Change } | { already: Account }

/** How each step is planned, from what is claimed by it. Throws where the account is left alone. */
export const STEP_CHANGES: Readonly<
  Record<RunStep, (input: StepInput, context: Context) => Promise<StepChange>>
> = {
  endSessions: async (input, context) => {
    const account = await recordOf(input, context)
    if (account.status === 'inactive') return { already: account }
    mustBeAsPlanned(account, input, context.ask)
    const { tenant, id, userName } = account
    const isTold = context.ask.tenants.get(tenant).offers('readSessions')
    const before = isTold ? await context.ask.one(tenant, 'readSessions', { id }) : undefined
    const subject = { id, userName }
    return {
      change: { tenant, accounts: [account], subject, ask: subject, operation: 'endSessions', before },
    }
  },

  deactivateAccount: async (input, context) => {
    const account = await recordOf(input, context)
    if (account.status === 'inactive') return { already: account }
    mustBeAsPlanned(account, input, context.ask)
    const { tenant, id, userName } = account
    const subject = { id, userName }
    return { change: { tenant, accounts: [account], subject, ask: subject, operation: 'deactivateAccount' } }
  },

  undo: async (input, context) => {
    const { undo, tenant } = input
    if (!undo) throw new TypeError('a step that undoes nothing')
    const account = await recordOf(input, context)
    const subject = { tenant, id: account.id, userName: account.userName }
    const writes = await context.pastAt({ call: undo.run, caller: undo.caller, subject })
    const reversal = await reversalOfAll(writes, context)
    if ('change' in reversal) {
      mustBeAsPlanned(account, input, context.ask)
      return { change: reversal.change }
    }
    if (reversal.outcome === 'unchanged') return { already: account }
    if (reversal.outcome === 'left_alone') throw new ChangedSince(tenant, reversal.note)
    throw new Refused(reversal.note, 'Look it up with find_user.', { tenant })
  },

  createAccount: async ({ tenant, fields }, context) => {
    if (!fields) throw new TypeError('an account of nobody')
    const found = await newAccount(tenant, fields, context)
    return 'change' in found ? found : { already: found.there[0] }
  },

  joinGroup: async (input, context) => {
    const { tenant, group } = input
    if (!group) throw new TypeError('no group to join')
    await context.hold.names(tenant, [group.id])
    const account = await recordOf(input, context)
    if (!isStillThatPerson(input.frozen, fingerprintOf(account, namesOf(input, context.ask))))
      throw new ChangedSince(tenant)
    const now = await context.ask.one(tenant, 'readGroup', { id: group.id })
    if (!now) throw new NotFound(`The group ${group.name} is gone.`, 'See list_groups.', { tenant })
    // A person agreed to the group by its name.
    if (now.name !== group.name)
      throw new ChangedSince(
        tenant,
        `The group ${group.name} has another name now.`,
        'update_group_members asks anew.',
      )
    const { id, userName } = account
    if (membershipIn(now)(account)) return { already: account }
    const change = {
      tenant,
      accounts: [account],
      subject: { id: group.id, userName: group.name },
      operation: 'updateMembers',
      ask: { group, add: [{ id, userName }], remove: [] },
      inside: knownInside(now, [account]),
    } as const
    return { change }
  },
}

const namesOf = ({ tenant }: StepInput, ask: Ask) => ask.tenants.get(tenant).namesPrivilege

async function recordOf({ tenant, account }: StepInput, { ask, hold }: Context): Promise<Account> {
  const { vendor } = ask.tenants.get(tenant)
  const row: Account = { tenant, vendor: vendor.name, ...account, status: 'unknown' }
  return (await hold.records([row]))(row)
}

function mustBeAsPlanned(account: Account, input: StepInput, ask: Ask): void {
  if (fingerprintOf(account, namesOf(input, ask)) !== input.frozen) throw new ChangedSince(input.tenant)
}
