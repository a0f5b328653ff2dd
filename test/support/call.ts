import * as z from 'zod'
import type { Account } from '../../src/domain/account.ts'
import { namesOfCaller } from '../../src/domain/caller-names.ts'
import type { Change, Plan } from '../../src/domain/change.ts'
import type { Facts } from '../../src/domain/facts.ts'
import { privilegeNames } from '../../src/domain/privilege.ts'
import { EVERYTHING } from '../../src/domain/scopes.ts'
import type { Call, Reply } from '../../src/guards/call.ts'
import type { TenantTraits } from '../../src/guards/policy.ts'

/** An app where nothing is unknown. */
export const FACTS: Facts = { deactivate: 'reversible', delete: 'hard', endsSessions: 'no', audit: 'none' }
/** What changes in any tenant are judged by. */
export const TRAITS: TenantTraits = {
  vendor: 'netskope',
  environment: 'production',
  address: 'https://app.example.com',
  facts: FACTS,
  namesPrivilege: privilegeNames(),
}

export const account = (more: Partial<Account> = {}): Account => ({
  tenant: 'acme',
  vendor: 'netskope',
  id: 'id-1',
  userName: 'ada@example.com',
  status: 'active',
  ...more,
})

export const change = (more: Partial<Account> = {}): Change => {
  const concerned = account(more)
  const subject = { id: concerned.id, userName: concerned.userName }
  return {
    tenant: concerned.tenant,
    accounts: [concerned],
    subject,
    operation: 'deactivateAccount',
    ask: subject,
  }
}

export const plan = (...changes: Change[]): Plan => ({
  changes,
  lines: ['Deactivate somebody.'],
  reason: 'left',
})

/** A call as a guard gets it; `events` collects what the guard records. */
export function makeCall(more: Partial<Call> = {}): Call & { events: Record<string, unknown>[] } {
  const events: Record<string, unknown>[] = []
  const { caller = { id: 'local:grace', client: 'test/1' } } = more
  return {
    id: 'call-1',
    tool: {
      name: 'a_tool',
      effect: 'removes',
      needs: [],
      input: () =>
        z.strictObject({
          user: z.string(),
          tenants: z.array(z.string()),
          approvalId: z.string().optional(),
        }),
      output: () => z.object({ status: z.string() }),
    },
    input: { user: 'ada@example.com', tenants: ['acme'] },
    caller,
    self: { names: namesOfCaller(caller.id), mayBe: [] },
    grant: EVERYTHING,
    canAsk: true,
    signal: new AbortController().signal,
    deadline: Date.now() + 10_000,
    record: async (event) => void events.push(event),
    ...more,
    events,
  }
}

/** The next step after the guard; `reached` collects the calls that get there. */
export function recordingNext() {
  const reached: Call[] = []
  const next = async (call: Call): Promise<Reply> => {
    reached.push(call)
    return { answer: { status: 'done' } }
  }
  return { next, reached }
}

/** The code of the error that `work` rejects with. */
export const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: { code?: unknown }) => error.code ?? error,
  )
